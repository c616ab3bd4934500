using Graft.Tensors;
using Xunit;

namespace Graft.Testing;

/// <summary>Reduce: sums, sums of squares and maxima over any set of axes.</summary>
public sealed class ReduceTests<TDevice> : DeviceTests<TDevice> where TDevice : ITestedDevice
{
    private static readonly int[][] Shapes = [[7], [37], [5, 19], [16, 3], [1, 6], [3, 4, 17], [5, 1, 8], [2, 5, 3, 7], [3, 16, 2, 2]];

    private static readonly int[][] TinyShapes = [[7], [5, 3], [2, 3, 4], [2, 3, 2, 2]];

    [Fact]
    public void Sum_over_every_set_of_axes() => EverySetOfAxes<SumOf>(0, (running, x) => running + x, Math.Abs);

    [Fact]
    public void Sum_of_squares_over_every_set_of_axes() => EverySetOfAxes<SumOfSquares>(0, (running, x) => running + x * x, x => x * x);

    [Fact]
    public void Maximum_over_every_set_of_axes() => EverySetOfAxes<MaximumOf>(double.NegativeInfinity, Math.Max, x => x);

    [Fact]
    public void Result_is_scaled()
    {
        var y = Output([1, 2]);
        Device.Reduce<SumOf>(Input([3, 2], [1f, 2, 3, 4, 5, 6]).Tensor, y.Tensor, 0.5f);
        Check.Close("y", y.Read("y"), [4.5, 6], 0);
    }

    [Fact]
    public void Outer_axes_that_the_result_lacks_are_summed_over()
    {
        int[][] shapes = Tiny ? TinyShapes : [.. Shapes, [700, 33], [3, 400, 5]];
        var cases = from shape in shapes from rank in Enumerable.Range(0, shape.Length) select (Shape: new Shape(shape), Rank: rank);
        Each(cases, item =>
        {
            var x = Draw.Uniform("reduce", item.Shape.ElementCount);
            var y = Output(new Shape(item.Shape.ToArray().AsSpan(^item.Rank..)));
            Device.Reduce<SumOf>(Input(item.Shape, x, Layout.Contiguous).Tensor, y.Tensor, 2f);

            var sums = new Expected((int)y.Tensor.ElementCount);
            for (int i = 0; i < x.Length; i++) sums.Add(i % sums.Values.Length, 2.0 * x[i]);
            Check.Close("y", y.Read("y"), sums.Values, sums.Magnitudes, Check.SumTolerance(x.Length));
        });
    }

    [Fact]
    public void Nothing_at_all_gives_the_identity()
    {
        Each<int[]>([[0, 3], [2, 0], [0]], lengths =>
        {
            Shape x = new(lengths);
            Shape one = new(lengths.Select(_ => 1).ToArray());
            var y = Output(one);
            Device.Reduce<SumOf>(Input(x, Array.Empty<float>()).Tensor, y.Tensor, 3f);
            Check.Close("sum", y.Read("sum"), [0], 0);
            var largest = Output(one);
            Device.Reduce<MaximumOf>(Input(x, Array.Empty<float>()).Tensor, largest.Tensor);
            Check.Close("maximum", largest.Read("maximum"), [double.NegativeInfinity], 0);
        });
    }

    [Fact]
    public void Kept_axes_may_be_empty()
    {
        var y = Output([0, 1]);
        Device.Reduce<SumOf>(Input([0, 5], Array.Empty<float>()).Tensor, y.Tensor);
        Assert.Empty(y.Read("y"));
    }

    [Fact]
    public void Long_sums_stay_accurate()
    {
        // all terms of one sign: the running sum grows, and a single running sum would lose its small terms
        foreach (var (rows, columns) in Tiny ? [(1, 300)] : new[] { (1, 1_000_003), (1_000_003, 1), (3, 200_001), (70_001, 5) })
        {
            var x = Draw.Uniform("long", (long)rows * columns, 0, 1);
            var input = Input([rows, columns], x);
            var total = Output([1, 1]);
            Device.Reduce<SumOf>(input.Tensor, total.Tensor);
            double exact = x.Sum(value => (double)value);
            Check.Close($"sum of [{rows}, {columns}]", total.Read("y"), [exact], 4e-6);

            var columnSums = Output([1, columns]);
            Device.Reduce<SumOf>(input.Tensor, columnSums.Tensor);
            var exactColumns = new double[columns];
            for (int i = 0; i < x.Length; i++) exactColumns[i % columns] += x[i];
            Check.Close($"sums down [{rows}, {columns}]", columnSums.Read("y"), exactColumns, 4e-6);
        }
    }

    [Fact]
    public void Every_reduction_has_a_test()
    {
        Type[] tested = [typeof(SumOf), typeof(SumOfSquares), typeof(MaximumOf)];
        // a generic one wraps one of these
        var all = typeof(Device).Assembly.GetTypes().Where(
            type => type.IsValueType && !type.IsGenericType && typeof(IReduction).IsAssignableFrom(type));
        Assert.Empty(all.Except(tested));
    }

    private void EverySetOfAxes<TReduction>(double identity, Func<double, double, double> step, Func<double, double> size)
        where TReduction : struct, IReduction
    {
        var cases =
            from shape in Tiny ? TinyShapes : Shapes
            from kept in Enumerable.Range(0, 1 << shape.Length)
            from layout in Enum.GetValues<Layout>()
            select new Case(new Shape(shape), kept, layout);
        Each(cases, item =>
        {
            var x = Draw.Uniform("reduce", item.Shape.ElementCount);
            Shape result = new(item.Shape.Select((length, axis) => (item.Kept >> axis & 1) == 1 ? length : 1).ToArray());
            var y = Output(result);
            Device.Reduce<TReduction>(Input(item.Shape, x, item.Layout).Tensor, y.Tensor);

            var places = Broadcast.To(Enumerable.Range(0, (int)result.ElementCount).ToArray(), result, item.Shape);
            var expected = new double[result.ElementCount];
            var magnitude = new double[result.ElementCount];
            Array.Fill(expected, identity);
            for (int i = 0; i < x.Length; i++)
            {
                expected[places[i]] = step(expected[places[i]], x[i]);
                magnitude[places[i]] += size(x[i]);
            }
            Check.Close("y", y.Read("y"), expected, magnitude, typeof(TReduction) == typeof(MaximumOf) ? 0 : Check.SumTolerance(x.Length));
        });
    }

    private sealed record Case(Shape Shape, int Kept, Layout Layout)
    {
        public override string ToString() => $"{Shape} {Layout}, kept axes {string.Join(' ', Enumerable.Range(0, Shape.Rank).Where(axis => (Kept >> axis & 1) == 1))}";
    }
}
