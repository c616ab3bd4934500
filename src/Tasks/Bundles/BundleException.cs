namespace Graft.Tasks;

/// <summary>A file of a saved model's folder is missing, malformed or contradicts another: the message names it and says how.</summary>
public sealed class BundleException : IOException
{
    /// <summary>Makes the exception of an unnamed file.</summary>
    public BundleException() : this("a saved model's folder cannot be read")
    {
    }

    /// <summary>Makes the exception with a whole message.</summary>
    public BundleException(string message) : base(message)
    {
    }

    /// <summary>Makes the exception with a whole message and its cause.</summary>
    public BundleException(string message, Exception? innerException) : base(message, innerException)
    {
    }
}
