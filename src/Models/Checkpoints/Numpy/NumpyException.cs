namespace Graft.Models;

/// <summary>A NumPy file that cannot be read, or an array in it of an unexpected type or shape: the message names it and says why.</summary>
public sealed class NumpyException : IOException
{
    /// <summary>Makes the exception of an unnamed file.</summary>
    public NumpyException() : this("a NumPy file cannot be read")
    {
    }

    /// <summary>Makes the exception with a whole message.</summary>
    public NumpyException(string message) : base(message)
    {
    }

    /// <summary>Makes the exception with a whole message and its cause.</summary>
    public NumpyException(string message, Exception? innerException) : base(message, innerException)
    {
    }
}
