using Graft.Tensors;

namespace Graft.Onnx.Export;

// copies, elementwise kernels and reductions
internal sealed partial class ExportDevice
{
    /// <summary>How far a factor may be from 1 / count to be that of a mean.</summary>
    private const float MeanTolerance = 1e-5f;

    public override void Copy<T>(Tensor<T> source, Tensor<T> destination)
    {
        bool folds = !Varies(source) && !Varies(destination);
        if (folds) Home.Copy(Real(source), Real(destination));
        // a copy of a weight is the weight, and what is repeated, perhaps as often as the batch is long, is repeated in the graph; other
        // copies of what was computed are numbers
        bool isWeight = source.Memory is not ExportMemory || source.Memory is ExportMemory { Writes: [{ Value: not null }] };
        if (folds && !isWeight && !ViewLayout.Of(source).Repeats)
        {
            Computed(destination);
            return;
        }
        var rows = destination.IsContiguous && source.Shape == destination.Shape ? RowsOf(source) : destination.Shape;
        if (rows != destination.Shape)
            ((ExportMemory)destination.Memory).Write(new MemoryWrite(ViewLayout.Contiguous(rows, destination.Offset), ReadAs(source, rows)), !folds);
        else
            ((ExportMemory)destination.Memory).Write(new MemoryWrite(ViewLayout.Of(destination), Graph.Expand(Read(source), destination.Shape)), !folds);
    }

    public override void Fill(Tensor<float> destination, float value)
    {
        var memory = (ExportMemory)destination.Memory;
        if (!memory.Varies) Home.Fill(Real(destination), value);
        memory.Write(new MemoryWrite(ViewLayout.Of(destination), null, value), memory.Varies);
    }

    public override void Map<TOp>(TOp op, Tensor<float> x, Tensor<float> y)
    {
        var formula = Formula.Of(op);
        if (IsFolded(y, x))
        {
            Home.Map(op, Real(x), Real(y));
            Computed(y);
            if (FormulaRow.InverseSquareRoot.Matches(formula, formula.Root, out int operand, out var parameters)
                && formula[operand].Kind == FormulaKind.Operand && this.parameters.ContainsKey(x.Memory))
                ((ExportMemory)y.Memory).Inverse = (x, parameters[0]);
            return;
        }
        var rows = y.IsContiguous && x.Shape == y.Shape ? RowsOf(x) : y.Shape;
        var value = new FormulaWriter(Graph, formula, _ => ReadAs(x, rows)).Write();
        Write(y, rows == y.Shape ? ViewLayout.Of(y) : ViewLayout.Contiguous(rows, y.Offset), Graph.Expand(value, rows));
    }

    public override void Zip<TOp>(TOp op, Tensor<float> a, Tensor<float> b, Tensor<float> y)
    {
        if (IsFolded(y, a, b))
        {
            Home.Zip(op, Real(a), Real(b), Real(y));
            Computed(y);
            return;
        }
        var rows = ZippedRows(a, b, y);
        var value = new FormulaWriter(Graph, Formula.OfPair(op), operand => Operand(operand == 0 ? a : b)).Write();
        if (value.Shape != rows) value = Graph.Expand(Graph.Reshape(value, value.Shape.AlignedTo(rows.Rank)), rows);
        Write(y, rows == y.Shape ? ViewLayout.Of(y) : ViewLayout.Contiguous(rows, y.Offset), value);

        ExportValue Operand(Tensor<float> tensor) => tensor.Shape == y.Shape ? ReadAs(tensor, rows) : Read(tensor);
    }

    public override void Reduce<TReduction>(Tensor<float> x, Tensor<float> y, float scale = 1f)
    {
        if (IsFolded(y, x))
        {
            Home.Reduce<TReduction>(Real(x), Real(y), scale);
            Computed(y);
            return;
        }
        int dropped = x.Shape.Rank - y.Shape.Rank;
        long count = 1;
        var axes = new List<long>();
        for (int axis = 0; axis < x.Shape.Rank; axis++)
        {
            if (x.Shape[axis] == 1 || (axis >= dropped && y.Shape[axis - dropped] == x.Shape[axis])) continue;
            axes.Add(axis);
            count *= x.Shape[axis];
        }
        var value = Reduced<TReduction>(Read(x), [.. axes], count, scale);
        Write(y, Graph.Reshape(value, y.Shape));
    }

    /// <summary>A reduction whose step adds something of the next number to what there is, or takes the larger or smaller of the
    /// two.</summary>
    private ExportValue Reduced<TReduction>(ExportValue x, long[] axes, long count, float scale) where TReduction : struct, IReduction
    {
        var formula = Formula.OfReduction<TReduction>();
        var root = formula[formula.Root];
        int running = formula.Find(new FormulaTerm(FormulaKind.Operand, A: 0)), next = formula.Find(new FormulaTerm(FormulaKind.Operand, A: 1));
        var (type, term) = root switch
        {
            { Kind: FormulaKind.Add } when root.A == running => ("ReduceSum", root.B),
            { Kind: FormulaKind.Add } when root.B == running => ("ReduceSum", root.A),
            { Kind: FormulaKind.MultiplyAdd } when root.C == running => ("ReduceSum", formula.Add(new FormulaTerm(FormulaKind.Multiply, root.A, root.B))),
            { Kind: FormulaKind.Maximum } when root.A == running && root.B == next => ("ReduceMax", next),
            { Kind: FormulaKind.Minimum } when root.A == running && root.B == next => ("ReduceMin", next),
            _ => ("", -1),
        };
        if (term < 0 || formula.DependsOn(term, running))
            Refuse($"the reduction {typeof(TReduction).Name}", "ONNX has no operator for it, and it is neither a sum of something of each number nor a maximum or minimum");
        var value = new FormulaWriter(Graph, formula, _ => x).Write(term);
        if (axes.Length > 0)
        {
            bool isMean = type == "ReduceSum" && MathF.Abs(scale * count - 1f) < MeanTolerance;
            if (isMean) (type, scale) = ("ReduceMean", 1f);
            value = isMean && value.Shape.Rank == 4 && axes is [2, 3]
                ? Graph.Add("GlobalAveragePool", [value.Shape[0], value.Shape[1], 1, 1], [value])
                : Graph.Reduce(type, value, axes);
        }
        return scale == 1f ? value : Graph.Binary("Mul", value, Graph.Scalar(scale));
    }

    /// <summary>The shape under which an elementwise kernel of two operands is written: that of the first of its own rows, where all are
    /// contiguous and the other is of the same shape or a row of it.</summary>
    private static Shape ZippedRows(Tensor<float> a, Tensor<float> b, Tensor<float> y)
    {
        if (!y.IsContiguous || y.Shape.Rank == 0) return y.Shape;
        var whole = a.Shape == y.Shape ? a : b;
        var other = whole == a ? b : a;
        if (whole.Shape != y.Shape) return y.Shape;
        bool fits = (other.Shape == y.Shape && other.IsContiguous) || other.Shape.Rank == 0 || (other.Shape.Rank == 1 && other.Shape[0] == y.Shape[^1]);
        if (!fits) return y.Shape;
        var rows = RowsOf(whole);
        return rows != y.Shape || other.Shape != y.Shape ? rows : RowsOf(other);
    }
}
