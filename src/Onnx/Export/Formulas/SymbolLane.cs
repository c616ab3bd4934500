using Graft.Tensors;

namespace Graft.Onnx.Export;

/// <summary>A lane of terms instead of numbers: a formula that runs over it is written down.</summary>
/// <param name="term">The number of the term in the formula that the thread is writing.</param>
internal readonly struct SymbolLane(int term) : ILane<SymbolLane>
{
    [ThreadStatic]
    private static Formula? writing;

    /// <summary>The formula that the thread is writing.</summary>
    public static Formula? Writing
    {
        get => writing;
        set => writing = value;
    }

    /// <summary>The number of the term.</summary>
    public int Term => term;

    public static SymbolLane Splat(float value) => Step(new(FormulaKind.Constant, Value: value));

    public static SymbolLane operator +(SymbolLane left, SymbolLane right) => Step(new(FormulaKind.Add, left.Term, right.Term));

    public static SymbolLane operator -(SymbolLane left, SymbolLane right) => Step(new(FormulaKind.Subtract, left.Term, right.Term));

    public static SymbolLane operator *(SymbolLane left, SymbolLane right) => Step(new(FormulaKind.Multiply, left.Term, right.Term));

    public static SymbolLane operator /(SymbolLane left, SymbolLane right) => Step(new(FormulaKind.Divide, left.Term, right.Term));

    public static SymbolLane operator -(SymbolLane value) => Step(new(FormulaKind.Negate, value.Term));

    public static SymbolLane FusedMultiplyAdd(SymbolLane left, SymbolLane right, SymbolLane addend) =>
        Step(new(FormulaKind.MultiplyAdd, left.Term, right.Term, addend.Term));

    public static SymbolLane WhereGreater(SymbolLane left, SymbolLane right, SymbolLane whenTrue, SymbolLane whenFalse) =>
        Step(new(FormulaKind.WhereGreater, left.Term, right.Term, whenTrue.Term, whenFalse.Term));

    public static SymbolLane Abs(SymbolLane value) => Step(new(FormulaKind.Absolute, value.Term));

    public static SymbolLane Sqrt(SymbolLane value) => Step(new(FormulaKind.SquareRoot, value.Term));

    public static SymbolLane Exp(SymbolLane value) => Step(new(FormulaKind.Exponential, value.Term));

    public static SymbolLane Log(SymbolLane value) => Step(new(FormulaKind.Logarithm, value.Term));

    public static SymbolLane Tanh(SymbolLane value) => Step(new(FormulaKind.Tanh, value.Term));

    public static SymbolLane Erf(SymbolLane value) => Step(new(FormulaKind.Erf, value.Term));

    public static SymbolLane Max(SymbolLane left, SymbolLane right) => Step(new(FormulaKind.Maximum, left.Term, right.Term));

    public static SymbolLane Min(SymbolLane left, SymbolLane right) => Step(new(FormulaKind.Minimum, left.Term, right.Term));

    private static SymbolLane Step(in FormulaTerm step) => new(writing!.Add(step));
}
