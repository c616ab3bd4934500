using System.Globalization;

namespace Graft.Transfer;

/// <summary>Training met an infinite or NaN value; the parameters are as they were before the step.</summary>
public sealed class NonFiniteException : ArithmeticException
{
    /// <summary>Makes the exception of an unnamed value.</summary>
    public NonFiniteException() : this("a number that is not finite came up in training")
    {
    }

    /// <summary>Makes the exception with a whole message.</summary>
    public NonFiniteException(string message) : base(message)
    {
    }

    /// <summary>Makes the exception with a whole message and its cause.</summary>
    public NonFiniteException(string message, Exception? innerException) : base(message, innerException)
    {
    }

    internal NonFiniteException(string what, double value, string where = "")
        : base($"{what} is {value.ToString(CultureInfo.InvariantCulture)}{where}: lower the learning rate, or look for broken inputs")
    {
    }
}
