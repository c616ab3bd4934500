using Graft.Tensors;
using Xunit;

namespace Graft.Testing;

/// <summary>Map and MapBackward, for every op of one variable.</summary>
public sealed class MapTests<TDevice> : DeviceTests<TDevice> where TDevice : ITestedDevice
{
    private static readonly int[] OddSizes = [0, 1, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33];

    [Theory, MemberData(nameof(OpCases.UnaryNames), MemberType = typeof(OpCases))]
    public void Forward_agrees_with_the_reference_at_every_size(string op)
    {
        var row = OpCases.UnaryOf(op);
        Each<int>(Tiny ? [0, 1, 5, 33] : [.. OddSizes, 1001, 70003], size =>
        {
            var x = row.Inputs(size);
            var y = Output([size]);
            row.Map(Device, Input([size], x).Tensor, y.Tensor);
            ExpectForward(row, x, y.Read("y"));
        });
    }

    [Theory, MemberData(nameof(OpCases.UnaryNames), MemberType = typeof(OpCases))]
    public void Forward_reads_through_any_strides(string op)
    {
        var row = OpCases.UnaryOf(op);
        Shape shape = Tiny ? [2, 3, 2, 5] : [3, 5, 7, 17];
        var x = row.Inputs(shape.ElementCount);
        Each(Pairs(), layouts =>
        {
            var y = Output(shape, layouts.Output);
            row.Map(Device, Input(shape, x, layouts.Input).Tensor, y.Tensor);
            ExpectForward(row, x, y.Read("y"));
        });
    }

    [Theory, MemberData(nameof(OpCases.UnaryNames), MemberType = typeof(OpCases))]
    public void Forward_works_in_place_and_from_an_expanded_input(string op)
    {
        var row = OpCases.UnaryOf(op);
        var x = row.Inputs(23);
        var both = Input([23], x);
        row.Map(Device, both.Tensor, both.Tensor);
        ExpectForward(row, x, both.Read("y in place"));

        var y = Output([3, 23, 2]);
        row.Map(Device, Input([1, 23, 1], x).Tensor.Expand([3, 23, 2]), y.Tensor);
        ExpectForward(row, [.. Enumerable.Range(0, 3 * 23 * 2).Select(i => x[i / 2 % 23])], y.Read("y of an expanded x"));
    }

    [Theory, MemberData(nameof(OpCases.UnaryNames), MemberType = typeof(OpCases))]
    public void Backward_agrees_with_the_exact_derivative(string op)
    {
        var row = OpCases.UnaryOf(op);
        Each<int>(Tiny ? [0, 1, 33] : [.. OddSizes, 1001, 70003], size =>
        {
            var x = row.Inputs(size);
            var dy = Draw.Uniform("dy", size);
            var dx = Output([size]);
            RunBackward(row, [size], x, Input([size], dy), dx, Layout.Contiguous);
            ExpectBackward(row, x, dy, dx.Read("dx"));

            var inPlace = Input([size], dy);
            RunBackward(row, [size], x, inPlace, inPlace, Layout.Contiguous);
            ExpectBackward(row, x, dy, inPlace.Read("dx in dy's place"));
        });
    }

    [Theory, MemberData(nameof(OpCases.UnaryNames), MemberType = typeof(OpCases))]
    public void Backward_reads_through_any_strides(string op)
    {
        var row = OpCases.UnaryOf(op);
        Shape shape = Tiny ? [2, 3, 2, 5] : [3, 5, 7, 17];
        var x = row.Inputs(shape.ElementCount);
        var dy = Draw.Uniform("dy", shape.ElementCount);
        Each(Pairs(), layouts =>
        {
            var dx = Output(shape, layouts.Output);
            RunBackward(row, shape, x, Input(shape, dy, layouts.Input), dx, layouts.Output);
            ExpectBackward(row, x, dy, dx.Read("dx"));
        });
    }

    [Theory, MemberData(nameof(OpCases.UnaryNames), MemberType = typeof(OpCases))]
    public void Derivative_at_a_corner_is_the_documented_one(string op)
    {
        var row = OpCases.UnaryOf(op);
        var x = row.Corners.Select(corner => (float)corner.At).ToArray();
        Shape shape = [x.Length];
        var dx = Output(shape);
        RunBackward(row, shape, x, Input(shape, [.. x.Select(_ => 2f)]), dx, Layout.Contiguous);
        Check.Close("dx", dx.Read("dx"), row.Corners.Select(corner => 2 * corner.Derivative).ToArray(), row.Tolerance);
    }

    private static IEnumerable<(Layout Input, Layout Output)> Pairs() =>
        from input in Enum.GetValues<Layout>()
        from output in new[] { Layout.Contiguous, Layout.ChannelsLast, Layout.Reversed }
        select (input, output);

    private void RunBackward(UnaryCase row, Shape shape, float[] x, Placed<float> dy, Placed<float> dx, Layout saved)
    {
        float[] y = [.. x.Select(value => (float)row.Reference(value))];
        row.MapBackward(
            Device, dy.Tensor,
            row.Saves.HasFlag(Saves.Input) ? Input(shape, x, saved).Tensor : null,
            row.Saves.HasFlag(Saves.Output) ? Input(shape, y, saved).Tensor : null,
            dx.Tensor);
    }

    private static void ExpectForward(UnaryCase row, float[] x, float[] y)
    {
        var expected = x.Select(value => row.Reference(value)).ToArray();
        var magnitude = row.Magnitude is { } size ? x.Select(value => size(value)).ToArray() : expected;
        Check.Close("y", y, expected, magnitude, row.Tolerance);
    }

    private static void ExpectBackward(UnaryCase row, float[] x, float[] dy, float[] dx)
    {
        var expected = x.Select((value, i) => dy[i] * row.Derivative(value)).ToArray();
        var magnitude = row.SlopeMagnitude is { } size ? x.Select((value, i) => dy[i] * size(value)).ToArray() : expected;
        Check.Close("dx", dx, expected, magnitude, 2 * row.Tolerance);
    }
}
