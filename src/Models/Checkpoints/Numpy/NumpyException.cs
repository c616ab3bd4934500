namespace Graft.Models;

/// <summary>A NumPy file that cannot be read, or an array in it that is not what was wanted: the message names it and says why.</summary>
#pragma warning disable CA1032 // thrown by this assembly alone, always with a message
internal sealed class NumpyException(string message, Exception? innerException = null) : IOException(message, innerException);
#pragma warning restore CA1032
