using Graft.Autograd;

namespace Graft.Onnx;

/// <summary>Sums, means, maxima and the like over axes; the places of the largest; sums along an axis.</summary>
internal static class ReductionOperators
{
    public static IEnumerable<Operator> Rows =>
    [
        Reduce("ReduceSum", static (x, axes, keep) => x.Sum(axes, keep), static row => row.Sum(), static row => row.Aggregate((Int128)0, static (a, b) => a + b)),
        Reduce("ReduceMean", static (x, axes, keep) => x.Mean(axes, keep), static row => row.Sum() / row.Length),
        Reduce("ReduceMax", static (x, axes, keep) => x.Max(axes, keep), static row => row.DefaultIfEmpty(double.NegativeInfinity).Max(), static row => row.Max()),
        Reduce("ReduceMin", static (x, axes, keep) => x.Min(axes, keep), static row => row.DefaultIfEmpty(double.PositiveInfinity).Min(), static row => row.Min()),
        Reduce("ReduceL1", static (x, axes, keep) => x.Abs().Sum(axes, keep), static row => row.Sum(Math.Abs)),
        Reduce("ReduceL2", static (x, axes, keep) => x.Square().Sum(axes, keep).Sqrt(), static row => Math.Sqrt(row.Sum(static x => x * x))),
        Reduce("ReduceSumSquare", static (x, axes, keep) => x.Square().Sum(axes, keep), static row => row.Sum(static x => x * x)),
        Reduce("ReduceLogSum", static (x, axes, keep) => x.Sum(axes, keep).Log(), static row => Math.Log(row.Sum())),
        Reduce("ReduceLogSumExp", LogSumExp, static row => row.Length == 0 ? double.NegativeInfinity : row.Max() + Math.Log(row.Sum(x => Math.Exp(x - row.Max())))),
        Reduce("ReduceProd", null, static row => row.Aggregate(1.0, static (a, b) => a * b)),
        Operator.Of("ArgMax", static node => Arg(node, static (a, b) => a > b)),
        Operator.Of("ArgMin", static node => Arg(node, static (a, b) => a < b)),
        new Operator("TopK", TopK) { HostInputs = [1] },
        Operator.Of("CumSum", static node => Cumulate(node, 0, static (a, b) => a + b), 1),
        Operator.Of("CumProd", static node => Cumulate(node, 1, static (a, b) => a * b), 1),
    ];

    private static Variable LogSumExp(Variable x, int[] axes, bool keep)
    {
        var largest = x.Max(axes, keepAxes: true).Detach();
        var sum = (x - largest).Exp().Sum(axes, keepAxes: true).Log() + largest;
        return keep ? sum : sum.Sum(axes, keepAxes: false);
    }

    private static Operator Reduce(
        string name, Func<Variable, int[], bool, Variable>? device, Func<double[], double> floats, Func<Int128[], Int128>? integers = null) => Operator.Of(name, node =>
    {
        var x = node.Tensor(0);
        long[] given = node.Int64s(1, "axes") ?? [];
        bool keep = node.Attributes.Flag("keepdims", true);
        if (given.Length == 0 && node.Attributes.Flag("noop_with_empty_axes")) return Elementwise(x, node, device, floats, integers);
        int[] axes = Dimensions.Axes(given, x.Rank);
        bool isEmpty = axes.Any(axis => x.Dims[axis] == 0);
        if (device is not null && x is DeviceValue value && !isEmpty && axes.Length > 0) return new DeviceValue(device(value.Variable, axes, keep), value.Element);
        if (x is DeviceValue { Variable.NeedsGradient: true } wanted) HostMath.RequireNoGradient(name, wanted.Variable);
        var result = OnHost(node.Host(0), axes, keep, floats, integers);
        return x is DeviceValue && result.Element == Elements.Single ? new DeviceValue(Conversion.ToVariable(result, node.Pass)) : result;
    }, 1);

    /// <summary>Over no axis at all: what it does to a single element.</summary>
    private static TensorValue Elementwise(
        TensorValue x, NodeContext node, Func<Variable, int[], bool, Variable>? device, Func<double[], double> floats, Func<Int128[], Int128>? integers)
    {
        if (device is not null && x is DeviceValue value) return new DeviceValue(device(value.Variable.Unsqueeze(-1), [x.Rank], false), value.Element);
        return HostMath.Unary(node.Host(0), one => floats([one]), integers is null ? null : one => integers([one]));
    }

    private static HostValue OnHost(HostValue x, int[] axes, bool keep, Func<double[], double> floats, Func<Int128[], Int128>? integers)
    {
        int[] dims = Dimensions.Reduced(x.Dims, axes, keep);
        int[][] rows = RowsOf(x.Dims, axes);
        bool isWhole = !x.Element.IsFloating && integers is not null && rows.All(row => row.Length > 0);
        return isWhole
            ? x.Element.FromIntegers(dims, at => integers!(Array.ConvertAll(rows[at], x.GetInteger)))
            : x.Element.FromDoubles(dims, at => floats(Array.ConvertAll(rows[at], x.GetDouble)));
    }

    /// <summary>The places of the elements that become one, for each element of the result.</summary>
    private static int[][] RowsOf(int[] dims, int[] axes)
    {
        var strides = Dimensions.Strides(dims);
        int[] left = [.. Enumerable.Range(0, dims.Length).Where(axis => !axes.Contains(axis))];
        int[] firsts = Dimensions.Places([.. left.Select(axis => dims[axis])], [.. left.Select(axis => strides[axis])], 0);
        int[] steps = Dimensions.Places([.. axes.Select(axis => dims[axis])], [.. axes.Select(axis => strides[axis])], 0);
        return Array.ConvertAll(firsts, first => Array.ConvertAll(steps, step => first + step));
    }

    private static HostValue Arg(NodeContext node, Func<double, double, bool> isBetter)
    {
        var x = node.Host(0);
        int axis = Dimensions.Axis(node.Attributes.Int("axis"), x.Rank);
        bool last = node.Attributes.Flag("select_last_index");
        int[][] rows = RowsOf(x.Dims, [axis]);
        return Elements.Int64.FromIntegers(Dimensions.Reduced(x.Dims, [axis], node.Attributes.Flag("keepdims", true)), at =>
        {
            int best = 0;
            for (int i = 1; i < rows[at].Length; i++)
            {
                double here = x.GetDouble(rows[at][i]), there = x.GetDouble(rows[at][best]);
                if (isBetter(here, there) || (last && here == there)) best = i;
            }
            return best;
        });
    }

    private static Value?[] TopK(NodeContext node)
    {
        var tensor = node.Tensor(0);
        var x = node.Host(0);
        int axis = Dimensions.Axis(node.Attributes.Int("axis", -1), x.Rank);
        int count = checked((int)(node.Has(1) ? node.Int64(1) : node.Attributes.Int("k")));
        bool largest = node.Attributes.Flag("largest", true);
        if (count < 0 || count > x.Dims[axis]) throw new ArgumentException($"there are not {count} elements on the axis {axis} of {x}");
        int[] dims = [.. x.Dims];
        dims[axis] = count;
        int inner = Dimensions.Product(dims, axis + 1, dims.Length);
        var strides = Dimensions.Strides(x.Dims);
        var (indices, places) = (new long[Dimensions.Count(dims)], new int[Dimensions.Count(dims)]);
        int[][] rows = RowsOf(x.Dims, [axis]);
        for (int row = 0; row < rows.Length; row++)
        {
            int[] order = [.. Enumerable.Range(0, rows[row].Length)];
            var keys = rows[row].Select(x.GetDouble).ToArray();
            order = largest ? [.. order.OrderByDescending(at => keys[at])] : [.. order.OrderBy(at => keys[at])];
            for (int i = 0; i < count; i++)
            {
                int at = (row / inner * count + i) * inner + row % inner;
                (indices[at], places[at]) = (order[i], rows[row][order[i]]);
            }
        }
        return [Selection.Pick(tensor, places, dims), new HostValue<long>(Elements.Int64, dims, indices)];
    }

    private static TensorValue Cumulate(NodeContext node, double initial, Func<double, double, double> combine)
    {
        var x = node.Host(0);
        int axis = Dimensions.Axis(node.Int64(1), x.Rank);
        bool isExclusive = node.Attributes.Flag("exclusive"), isReverse = node.Attributes.Flag("reverse");
        if (node.Tensor(0) is DeviceValue { Variable.NeedsGradient: true } device) HostMath.RequireNoGradient("CumSum", device.Variable);
        var result = x.Element.Zeros(x.Dims);
        foreach (int[] row in RowsOf(x.Dims, [axis]))
        {
            double sum = initial;
            for (int i = 0; i < row.Length; i++)
            {
                int at = row[isReverse ? row.Length - 1 - i : i];
                if (isExclusive) result.SetDouble(at, sum);
                sum = combine(sum, x.GetDouble(at));
                if (!isExclusive) result.SetDouble(at, sum);
            }
        }
        return result.Element == Elements.Single && node.IsOnDevice(0) ? new DeviceValue(Conversion.ToVariable(result, node.Pass)) : result;
    }
}
