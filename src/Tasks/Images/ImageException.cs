namespace Graft.Tasks;

/// <summary>An image file, or a folder of images, that cannot be used: the message names it and says what is wrong.</summary>
public sealed class ImageException : IOException
{
    /// <summary>Makes the exception of an unnamed image.</summary>
    public ImageException() : this("an image", "cannot be read")
    {
    }

    /// <summary>Makes the exception with a whole message.</summary>
    public ImageException(string message) : base(message)
    {
    }

    /// <summary>Makes the exception with a whole message and its cause.</summary>
    public ImageException(string message, Exception? innerException) : base(message, innerException)
    {
    }

    internal ImageException(string name, string problem, Exception? innerException = null)
        : base($"{Printable.Whole(name)}: {problem}", innerException)
    {
    }
}
