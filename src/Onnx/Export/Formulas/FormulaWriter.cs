namespace Graft.Onnx.Export;

/// <summary>Writes a formula as nodes.</summary>
/// <param name="graph">The graph to write to.</param>
/// <param name="formula">The formula.</param>
/// <param name="operands">The value of each operand, made where it is read first.</param>
internal sealed class FormulaWriter(ExportGraph graph, Formula formula, Func<int, ExportValue> operands)
{
    private readonly Dictionary<int, ExportValue> written = [];

    /// <summary>Gives a term a value that is there already: a product with its bias.</summary>
    public void Set(int term, ExportValue value) => written[term] = value;

    /// <summary>The value of the whole formula.</summary>
    public ExportValue Write() => Write(formula.Root);

    /// <summary>The value of a term.</summary>
    public ExportValue Write(int term)
    {
        if (written.TryGetValue(term, out var value)) return value;
        value = formula[term].Kind > FormulaKind.Constant && FormulaRow.Find(formula, term, out int x, out var parameters) is { } row
            ? row.Write(graph, Write(x), parameters)
            : InSteps(formula[term]);
        written.Add(term, value);
        return value;
    }

    private ExportValue InSteps(in FormulaTerm term) => term.Kind switch
    {
        FormulaKind.Operand => operands(term.A),
        FormulaKind.Constant => graph.Scalar(term.Value),
        FormulaKind.Add => Binary("Add", term),
        FormulaKind.Subtract => Binary("Sub", term),
        FormulaKind.Multiply => Binary("Mul", term),
        FormulaKind.Divide => Binary("Div", term),
        FormulaKind.Maximum => Binary("Max", term),
        FormulaKind.Minimum => Binary("Min", term),
        FormulaKind.MultiplyAdd => graph.Binary("Add", Binary("Mul", term), Write(term.C)),
        FormulaKind.Negate => Unary("Neg", term),
        FormulaKind.Absolute => Unary("Abs", term),
        FormulaKind.SquareRoot => Unary("Sqrt", term),
        FormulaKind.Exponential => Unary("Exp", term),
        FormulaKind.Logarithm => Unary("Log", term),
        FormulaKind.Tanh => Unary("Tanh", term),
        FormulaKind.Erf => Unary("Erf", term),
        FormulaKind.WhereGreater => graph.Where(graph.Greater(Write(term.A), Write(term.B)), Write(term.C), Write(term.D)),
        _ => throw new InvalidOperationException($"a formula has no {term.Kind}"),
    };

    private ExportValue Unary(string type, in FormulaTerm term)
    {
        var x = Write(term.A);
        return graph.Add(type, x.Shape, [x]);
    }

    private ExportValue Binary(string type, in FormulaTerm term) => graph.Binary(type, Write(term.A), Write(term.B));
}
