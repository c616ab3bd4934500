using Graft.Tensors;

namespace Graft.Onnx.Export;

/// <summary>What a term of a formula does.</summary>
internal enum FormulaKind
{
    Operand,
    Constant,
    Add,
    Subtract,
    Multiply,
    Divide,
    Negate,
    MultiplyAdd,
    WhereGreater,
    Absolute,
    SquareRoot,
    Exponential,
    Logarithm,
    Tanh,
    Erf,
    Maximum,
    Minimum,
}

/// <summary>A step of a formula: what it does to which earlier steps; an operand has its number, a constant its value.</summary>
internal readonly record struct FormulaTerm(FormulaKind Kind, int A = -1, int B = -1, int C = -1, int D = -1, float Value = 0f);

/// <summary>What an op, an epilogue or a reduction computes, as a graph of terms: the formula is run once over a lane that writes down
/// what is done to it. Equal terms are one.</summary>
internal sealed class Formula
{
    private readonly List<FormulaTerm> terms = [];
    private readonly Dictionary<FormulaTerm, int> known = [];

    private Formula()
    {
    }

    /// <summary>The term that is the result.</summary>
    public int Root { get; private set; }

    /// <summary>How many terms there are.</summary>
    public int Count => terms.Count;

    /// <summary>A term by its number.</summary>
    public FormulaTerm this[int term] => terms[term];

    /// <summary>y = op(x): x is operand 0.</summary>
    public static Formula Of<TOp>(TOp op) where TOp : unmanaged, IUnaryOp => Trace(operand => op.Forward(operand(0)));

    /// <summary>y = op(a, b): operands 0 and 1.</summary>
    public static Formula OfPair<TOp>(TOp op) where TOp : unmanaged, IBinaryOp => Trace(operand => op.Forward(operand(0), operand(1)));

    /// <summary>An epilogue of the sum (operand 0), the scale (1), the bias (2) and the residual (3).</summary>
    public static Formula OfEpilogue<TEpilogue>(TEpilogue epilogue) where TEpilogue : unmanaged, IEpilogue =>
        Trace(operand => epilogue.Apply(operand(0), operand(1), operand(2), operand(3)));

    /// <summary>A step of a reduction, of the running result (operand 0) and the next number (1).</summary>
    public static Formula OfReduction<TReduction>() where TReduction : struct, IReduction =>
        Trace(operand => TReduction.Accumulate(operand(0), operand(1)));

    /// <summary>The number of an equal term, which is added where there is none.</summary>
    public int Add(in FormulaTerm term)
    {
        if (known.TryGetValue(term, out int number)) return number;
        terms.Add(term);
        known.Add(term, terms.Count - 1);
        return terms.Count - 1;
    }

    /// <summary>The number of a term that is there; -1 where there is none.</summary>
    public int Find(in FormulaTerm term) => known.GetValueOrDefault(term, -1);

    /// <summary>The terms that a term reads.</summary>
    public IEnumerable<int> ReadBy(int term)
    {
        var step = terms[term];
        if (step.Kind == FormulaKind.Operand) yield break;
        foreach (int read in (int[])[step.A, step.B, step.C, step.D])
            if (read >= 0) yield return read;
    }

    /// <summary>Whether a term's value is read by one term alone.</summary>
    public bool IsReadOnce(int term) => Enumerable.Range(0, Count).Sum(reader => ReadBy(reader).Count(read => read == term)) == 1;

    /// <summary>Whether a term is another, or is computed from it.</summary>
    public bool DependsOn(int term, int other) => term == other || ReadBy(term).Any(read => DependsOn(read, other));

    private static Formula Trace(Func<Func<int, SymbolLane>, SymbolLane> compute)
    {
        var formula = new Formula();
        var outer = SymbolLane.Writing;
        SymbolLane.Writing = formula;
        try
        {
            formula.Root = compute(number => new SymbolLane(formula.Add(new FormulaTerm(FormulaKind.Operand, A: number)))).Term;
        }
        finally
        {
            SymbolLane.Writing = outer;
        }
        return formula;
    }
}
