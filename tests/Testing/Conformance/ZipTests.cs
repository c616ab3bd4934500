using Graft.Tensors;
using Xunit;

namespace Graft.Testing;

/// <summary>Zip and ZipBackward, for every op of two variables.</summary>
public sealed class ZipTests<TDevice> : DeviceTests<TDevice> where TDevice : ITestedDevice
{
    private static readonly (int[] A, int[] B, int[] Y)[] Broadcasts =
    [
        ([3, 4, 17], [3, 4, 17], [3, 4, 17]),
        ([3, 4, 17], [17], [3, 4, 17]),
        ([17], [3, 4, 17], [3, 4, 17]),
        ([3, 4, 17], [1], [3, 4, 17]),
        ([3, 4, 17], [], [3, 4, 17]),
        ([], [], []),
        ([3, 1, 17], [1, 4, 1], [3, 4, 17]),
        ([3, 4, 1], [3, 1, 17], [3, 4, 17]),
        ([2, 5, 3, 3], [1, 5, 1, 1], [2, 5, 3, 3]),
        ([2, 5, 3, 3], [5, 1, 1], [2, 5, 3, 3]),
        ([2, 1, 1, 1], [2, 5, 3, 3], [2, 5, 3, 3]),
        ([0, 4], [4], [0, 4]),
        ([1, 4], [0, 1], [0, 4]),
    ];

    [Theory, MemberData(nameof(OpCases.BinaryNames), MemberType = typeof(OpCases))]
    public void Forward_agrees_with_the_reference_at_every_size(string op)
    {
        var row = OpCases.BinaryOf(op);
        Each<int>(Tiny ? [0, 1, 33] : [0, 1, 3, 4, 5, 7, 8, 9, 15, 16, 17, 33, 1001, 70003], size =>
        {
            Run(row, [size], [size], [size], Layout.Contiguous, Layout.Contiguous, Layout.Contiguous);
            RunBackward(row, [size], [size], [size], Layout.Contiguous, Layout.Contiguous);
        });
    }

    [Theory, MemberData(nameof(OpCases.BinaryNames), MemberType = typeof(OpCases))]
    public void Forward_broadcasts_as_NumPy_does(string op)
    {
        var row = OpCases.BinaryOf(op);
        Each(Cases(), item => Run(row, item.A, item.B, item.Y, item.Input, Layout.Contiguous, item.Output));
    }

    [Theory, MemberData(nameof(OpCases.BinaryNames), MemberType = typeof(OpCases))]
    public void Backward_gives_both_gradients_at_the_full_shape(string op)
    {
        var row = OpCases.BinaryOf(op);
        Each(Cases(), item => RunBackward(row, item.A, item.B, item.Y, item.Input, item.Output));
    }

    [Theory, MemberData(nameof(OpCases.BinaryNames), MemberType = typeof(OpCases))]
    public void Forward_may_overwrite_either_input(string op)
    {
        var row = OpCases.BinaryOf(op);
        var a = row.LeftInputs(35);
        var b = row.RightInputs(35);
        var left = Input([35], a);
        row.Zip(Device, left.Tensor, Input([35], b).Tensor, left.Tensor);
        ExpectForward(row, a, b, left.Read("y in a's place"));
        var right = Input([35], b);
        row.Zip(Device, Input([35], a).Tensor, right.Tensor, right.Tensor);
        ExpectForward(row, a, b, right.Read("y in b's place"));
    }

    [Theory, MemberData(nameof(OpCases.BinaryNames), MemberType = typeof(OpCases))]
    public void Of_equals_each_takes_half_the_gradient(string op)
    {
        var row = OpCases.BinaryOf(op);
        if (!row.CornerWhereEqual) return;
        var equal = row.LeftInputs(19);
        var dy = Draw.Uniform("dy", 19);
        var da = Output([19]);
        var db = Output([19]);
        row.ZipBackward(Device, Input([19], dy).Tensor, Input([19], equal).Tensor, Input([19], equal).Tensor, null, da.Tensor, db.Tensor);
        var half = dy.Select(value => value * 0.5).ToArray();
        Check.Close("da", da.Read("da"), half, 0);
        Check.Close("db", db.Read("db"), half, 0);
    }

    private static IEnumerable<Case> Cases() =>
        from shapes in Broadcasts
        from input in Tiny ? [Layout.Contiguous, Layout.Reversed] : Enum.GetValues<Layout>()
        from output in new[] { Layout.Contiguous, Layout.ChannelsLast }
        select new Case(new Shape(shapes.A), new Shape(shapes.B), new Shape(shapes.Y), input, output);

    private void Run(BinaryCase row, Shape a, Shape b, Shape y, Layout left, Layout right, Layout output)
    {
        var (leftValues, rightValues) = (row.LeftInputs(a.ElementCount), row.RightInputs(b.ElementCount));
        var result = Output(y, output);
        row.Zip(Device, Input(a, leftValues, left).Tensor, Input(b, rightValues, right).Tensor, result.Tensor);
        ExpectForward(row, Broadcast.To(leftValues, a, y), Broadcast.To(rightValues, b, y), result.Read("y"));
    }

    private void RunBackward(BinaryCase row, Shape a, Shape b, Shape y, Layout left, Layout output)
    {
        var (leftValues, rightValues) = (row.LeftInputs(a.ElementCount), row.RightInputs(b.ElementCount));
        var (fullLeft, fullRight) = (Broadcast.To(leftValues, a, y), Broadcast.To(rightValues, b, y));
        var dy = Draw.Uniform("dy", y.ElementCount);
        float[] forward = [.. fullLeft.Select((value, i) => (float)row.Reference(value, fullRight[i]))];
        bool input = row.Saves.HasFlag(Saves.Input);
        // first both gradients, then either alone
        foreach (var (wantLeft, wantRight) in new[] { (true, true), (true, false), (false, true) })
        {
            var da = wantLeft ? Output(y, output) : null;
            var db = wantRight ? Output(y, output) : null;
            row.ZipBackward(
                Device, Input(y, dy, output).Tensor, input ? Input(a, leftValues, left).Tensor : null, input ? Input(b, rightValues).Tensor : null,
                row.Saves.HasFlag(Saves.Output) ? Input(y, forward, output).Tensor : null, da?.Tensor, db?.Tensor);
            var exact = dy.Select((value, i) => row.Derivatives(value, fullLeft[i], fullRight[i])).ToArray();
            if (da is not null) Check.Close("da", da.Read("da"), exact.Select(pair => pair.Left).ToArray(), row.Tolerance);
            if (db is not null) Check.Close("db", db.Read("db"), exact.Select(pair => pair.Right).ToArray(), row.Tolerance);
        }
    }

    private static void ExpectForward(BinaryCase row, float[] a, float[] b, float[] y)
    {
        var expected = a.Select((value, i) => row.Reference(value, b[i])).ToArray();
        var magnitude = row.Magnitude is { } size ? a.Select((value, i) => size(value, b[i])).ToArray() : expected;
        Check.Close("y", y, expected, magnitude, row.Tolerance);
    }

    private sealed record Case(Shape A, Shape B, Shape Y, Layout Input, Layout Output)
    {
        public override string ToString() => $"{A} {Input} with {B} to {Y} {Output}";
    }
}
