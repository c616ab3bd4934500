namespace Graft.Tensors.Gpu;

/// <summary>The machine has no such device, or its driver does not answer.</summary>
public sealed class DeviceUnavailableException : InvalidOperationException
{
    /// <summary>Makes an exception without a message.</summary>
    public DeviceUnavailableException()
    {
    }

    /// <summary>Makes an exception that says what is missing and what to do.</summary>
    public DeviceUnavailableException(string message) : base(message)
    {
    }

    /// <summary>Makes an exception that says what is missing and what to do.</summary>
    public DeviceUnavailableException(string message, Exception innerException) : base(message, innerException)
    {
    }
}
