using System.Globalization;

namespace Graft.Transfer;

/// <summary>Training met an infinite or NaN value; the parameters are as they were before the step.</summary>
public sealed class NonFiniteException : ArithmeticException
{
    internal const string Loss = "the loss";

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

    internal NonFiniteException(string what, double value, string where = "", Exception? innerException = null)
        : base($"{what} is {value.ToString(CultureInfo.InvariantCulture)}{where}: lower the learning rate, or look for broken inputs", innerException) =>
        (What, Value) = (what, value);

    /// <summary>The step that it came up in, from 1; null outside a training.</summary>
    public int? Step { get; init; }

    /// <summary>The epoch, from 1; null outside a training.</summary>
    public int? Epoch { get; init; }

    /// <summary>The key of the first layer whose output is not finite, or of the first parameter from the loss down whose gradient is not; null where it is none.</summary>
    public string? Module { get; init; }

    /// <summary>What the step's batch calls its examples; empty where nothing is known.</summary>
    public IReadOnlyList<string> Examples { get; init; } = [];

    internal string What { get; } = "a number";

    internal double Value { get; } = double.NaN;
}
