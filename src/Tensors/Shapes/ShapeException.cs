using System.Diagnostics.CodeAnalysis;

namespace Graft.Tensors;

/// <summary>Tensors whose shapes do not fit an operation: which operation, which operands, which rule, in which module.</summary>
/// <remarks>For example <c>linear: input [32, 128, 512] does not fit weight [3072, 768]: the input's last axis is 512,
/// the weight's axis 1 is 768 (in bert.encoder.layer.0.intermediate.dense)</c>.</remarks>
public sealed class ShapeException : ArgumentException
{
    private readonly string what;

    private ShapeException(string what) : base(what) => this.what = what;

    /// <summary>The key of the module in which it happened, or null outside any module.</summary>
    public string? ModuleKey { get; private set; }

    /// <inheritdoc/>
    public override string Message => ModuleKey is null ? what : $"{what} (in {ModuleKey})";

    /// <summary>Names the module; always false, so that it can stand in an exception filter and unwind nothing.</summary>
    public bool NameModule(string key)
    {
        if (key.Length > 0) ModuleKey ??= key;
        return false;
    }

    /// <summary>The one place where a shape error is thrown.</summary>
    /// <param name="operation">The operation's name in the field's words.</param>
    /// <param name="operands">What came in, each with its shape.</param>
    /// <param name="rule">The rule that is broken, with its numbers.</param>
    [DoesNotReturn]
    public static void Throw(string operation, string operands, string rule) =>
        throw new ShapeException($"{operation}: {operands}: {rule}");
}
