using Graft.Tensors;

namespace Graft.Onnx.Export;

/// <summary>An op for which ONNX has an operator, or a form that its runtimes know: the op's own formula is the pattern by which it is
/// found, alone or within a larger formula. One row makes an op readable in the file; ops without one are written in steps.</summary>
internal sealed class FormulaRow
{
    // numbers that no formula has, in the places of an op's parameters
    private const float First = 1.0078e-31f;
    private const float Second = 2.0079e-31f;

    private static readonly FormulaRow[] All =
    [
        Of(default(HardSwish), static (graph, x, _) => graph.Add("HardSwish", x.Shape, [x])),
        Of(default(HardSigmoid), static (graph, x, _) => graph.Add(
            "HardSigmoid", x.Shape, [x], ExportAttribute.Of("alpha", 1f / 6f), ExportAttribute.Of("beta", 0.5f))),
        Of(default(Relu), static (graph, x, _) => graph.Add("Relu", x.Shape, [x])),
        Of(new Clamp(First, Second), static (graph, x, p) => graph.Add("Clip", x.Shape, [x, graph.Scalar(p[0]), graph.Scalar(p[1])])),
        Of(new LeakyRelu(First), static (graph, x, p) => graph.Add("LeakyRelu", x.Shape, [x], ExportAttribute.Of("alpha", p[0]))),
        Of(new Elu(First), static (graph, x, p) => graph.Add("Elu", x.Shape, [x], ExportAttribute.Of("alpha", p[0]))),
        Of(default(Silu), static (graph, x, _) => graph.Binary("Mul", x, graph.Add("Sigmoid", x.Shape, [x]))),
        Of(default(QuickGelu), static (graph, x, _) =>
            graph.Binary("Mul", x, graph.Add("Sigmoid", x.Shape, [graph.Binary("Mul", x, graph.Scalar(1.702f))]))),
        Of(default(Sigmoid), static (graph, x, _) => graph.Add("Sigmoid", x.Shape, [x])),
        Of(default(Softplus), static (graph, x, _) => graph.Add("Softplus", x.Shape, [x])),
        Of(default(Mish), static (graph, x, _) => graph.Binary("Mul", x, graph.Add("Tanh", x.Shape, [graph.Add("Softplus", x.Shape, [x])]))),
        // in the order in which PyTorch's exports have it, which runtimes fuse
        Of(default(Gelu), static (graph, x, _) =>
        {
            var erf = graph.Add("Erf", x.Shape, [graph.Binary("Div", x, graph.Scalar(MathF.Sqrt(2f)))]);
            return graph.Binary("Mul", graph.Binary("Mul", x, graph.Binary("Add", erf, graph.Scalar(1f))), graph.Scalar(0.5f));
        }),
        Of(default(Reciprocal), static (graph, x, _) => graph.Add("Reciprocal", x.Shape, [x])),
    ];

    private readonly Formula pattern;
    private readonly Func<ExportGraph, ExportValue, float[], ExportValue> write;

    private FormulaRow(Formula pattern, Func<ExportGraph, ExportValue, float[], ExportValue> write) => (this.pattern, this.write) = (pattern, write);

    /// <summary>y = 1 / sqrt(x + epsilon): what makes a batch norm's factor of a variance.</summary>
    public static FormulaRow InverseSquareRoot { get; } = Of(new InverseSquareRoot(First), static (_, x, _) => x);

    /// <summary>The first row whose pattern a term of a formula is; null where there is none.</summary>
    /// <param name="formula">The formula.</param>
    /// <param name="term">The term.</param>
    /// <param name="x">The term that stands where the pattern has its operand.</param>
    /// <param name="parameters">The op's parameters.</param>
    public static FormulaRow? Find(Formula formula, int term, out int x, out float[] parameters)
    {
        foreach (var row in All)
            if (row.Matches(formula, term, out x, out parameters)) return row;
        (x, parameters) = (-1, []);
        return null;
    }

    /// <summary>Whether a term of a formula is this op of some other term.</summary>
    public bool Matches(Formula formula, int term, out int x, out float[] parameters)
    {
        (x, parameters) = (-1, [0f, 0f]);
        return Matches(pattern.Root, formula, term, ref x, parameters) && x >= 0;
    }

    /// <summary>Writes the op.</summary>
    public ExportValue Write(ExportGraph graph, ExportValue x, float[] parameters) => write(graph, x, parameters);

    private static FormulaRow Of<TOp>(TOp op, Func<ExportGraph, ExportValue, float[], ExportValue> write) where TOp : unmanaged, IUnaryOp =>
        new(Formula.Of(op), write);

    private bool Matches(int own, Formula formula, int term, ref int x, float[] parameters)
    {
        FormulaTerm mine = pattern[own], other = formula[term];
        if (mine.Kind == FormulaKind.Operand)
        {
            if (x >= 0) return x == term;
            x = term;
            return true;
        }
        if (mine.Kind != other.Kind) return false;
        if (mine.Kind == FormulaKind.Constant)
        {
            if (mine.Value == First) parameters[0] = other.Value;
            else if (mine.Value == Second) parameters[1] = other.Value;
            else return mine.Value.Equals(other.Value);
            return true;
        }
        return Same(mine.A, other.A, formula, ref x, parameters) && Same(mine.B, other.B, formula, ref x, parameters)
            && Same(mine.C, other.C, formula, ref x, parameters) && Same(mine.D, other.D, formula, ref x, parameters);
    }

    private bool Same(int own, int term, Formula formula, ref int x, float[] parameters) =>
        own < 0 || term < 0 ? own == term : Matches(own, formula, term, ref x, parameters);
}
