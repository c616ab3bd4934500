using Graft.Tensors;
using Xunit;

namespace Graft.Testing;

/// <summary>Maximum and average pooling, forward and backward.</summary>
public sealed class PoolingTests<TDevice> : DeviceTests<TDevice> where TDevice : ITestedDevice
{
    private static readonly (Pool2dGeometry Geometry, int[] X)[] Windows =
    [
        (Pool2dGeometry.Square(1, 1), [1, 1, 1, 1]),
        (Pool2dGeometry.Square(2, 2), [2, 3, 4, 6]),
        (Pool2dGeometry.Square(3, 2, 1), [1, 5, 5, 7]),
        (Pool2dGeometry.Square(3, 2, 1, ceilMode: true), [1, 2, 6, 6]),
        (Pool2dGeometry.Square(2, 2, ceilMode: true), [1, 3, 5, 3]),
        (new Pool2dGeometry(3, 2, 1, 2, 1, 0, 1, 0), [2, 2, 4, 5]),
        (new Pool2dGeometry(2, 3, 2, 1, 1, 0, 0, 1, CountIncludePad: false), [1, 2, 4, 5]),
        (new Pool2dGeometry(1, 3, 1, 2, 0, 1, 0, 0), [1, 2, 1, 8]),
        (Pool2dGeometry.Adaptive(2, 3), [2, 2, 5, 4]),
        (Pool2dGeometry.Adaptive(4, 7), [1, 2, 3, 2]),
        (Pool2dGeometry.Square(2, 3), [1, 2, 7, 7]),
        (Pool2dGeometry.Square(3, 2, 1, ceilMode: true, countIncludePad: false), [1, 2, 6, 6]),
        (Pool2dGeometry.Square(3, 1, 1, countIncludePad: false), [2, 3, 4, 4]),
    ];

    private static readonly (Pool2dGeometry Geometry, int[] X)[] Larger =
    [
        (Pool2dGeometry.Square(3, 2, 1), [2, 16, 17, 19]),
        (Pool2dGeometry.Square(3, 2, 1), [2, 17, 32, 32]),
        (Pool2dGeometry.Square(3, 2, 0, ceilMode: true), [1, 33, 14, 15]),
        (Pool2dGeometry.Square(5, 1, 2), [1, 64, 9, 9]),
        (new Pool2dGeometry(7, 5, 7, 5, 0, 0, 0, 0), [3, 64, 7, 5]),
        (new Pool2dGeometry(3, 3, 2, 2, 0, 0, 1, 1), [2, 24, 16, 18]),
        (new Pool2dGeometry(4, 3, 3, 2, 2, 1, 0, 1, CeilMode: true, CountIncludePad: false), [2, 17, 15, 14]),
        (new Pool2dGeometry(4, 3, 3, 2, 0, 0, 2, 1, CeilMode: true), [2, 17, 15, 14]),
        (Pool2dGeometry.Adaptive(1, 1), [3, 64, 7, 7]),
        (Pool2dGeometry.Adaptive(7, 7), [2, 33, 12, 9]),
        (Pool2dGeometry.Adaptive(6, 6), [2, 16, 13, 6]),
        (Pool2dGeometry.Adaptive(7, 7), [1, 20, 3, 5]),
        (Pool2dGeometry.Square(2, 1, 1, countIncludePad: false), [1, 48, 8, 7]),
    ];

    private static IEnumerable<Case> Cases => (Tiny ? Windows : [.. Windows, .. Larger]).Select(item => new Case(item.Geometry, new Shape(item.X)));

    [Fact]
    public void Maximum_and_its_place_agree_with_the_definition()
    {
        Each(Cases, item =>
        {
            // few different values, so that ties are common
            Maximum(item, [.. Draw.Integers("levels", item.X.ElementCount, -3, 3).Select(level => (float)level)]);
            Maximum(item, Draw.Uniform("x", item.X.ElementCount));
        });
    }

    [Fact]
    public void Maximum_of_nothing_but_minus_infinity_is_the_first_place()
    {
        var item = new Case(Pool2dGeometry.Square(3, 2, 1), [1, 3, 4, 4]);
        Maximum(item, [.. Enumerable.Repeat(float.NegativeInfinity, (int)item.X.ElementCount)]);
    }

    [Fact]
    public void Maximum_backward_sums_at_the_winners()
    {
        Each(Cases, item =>
        {
            var x = Draw.Uniform("x", item.X.ElementCount);
            var dy = Draw.Uniform("dy", item.Y.ElementCount);
            var (_, winners) = item.Maximum(x);
            var dx = Output(item.X, Layout.ChannelsLast);
            Device.MaxPool2dBackward(
                item.Geometry, Input(item.Y, dy, Layout.ChannelsLast).Tensor, Input(item.Y, winners, Layout.ChannelsLast).Tensor, dx.Tensor);
            var expected = new Expected(x.Length);
            for (int i = 0; i < dy.Length; i++) expected.Add((long)(i / item.OutputPlane) * item.InputPlane + winners[i], dy[i]);
            Check.Close("dx", dx.Read("dx"), expected.Values, expected.Magnitudes, Check.SumTolerance(1));
        });
    }

    [Fact]
    public void Average_agrees_with_the_definition()
    {
        Each(Cases, item =>
        {
            var x = Draw.Uniform("x", item.X.ElementCount);
            var y = Output(item.Y, Layout.ChannelsLast);
            Device.AveragePool2d(item.Geometry, Input(item.X, x, Layout.ChannelsLast).Tensor, y.Tensor);
            var expected = new Expected(item.Y.ElementCount);
            item.ForEachTerm((atX, atY, _, count) => expected.Add(atY, (double)x[atX] / count));
            Check.Close("y", y.Read("y"), expected.Values, expected.Magnitudes, Check.SumTolerance(item.WindowPlaces));
        });
    }

    [Fact]
    public void Average_backward_spreads_over_the_window()
    {
        Each(Cases, item =>
        {
            var dy = Draw.Uniform("dy", item.Y.ElementCount);
            var dx = Output(item.X, Layout.ChannelsLast);
            Device.AveragePool2dBackward(item.Geometry, Input(item.Y, dy, Layout.ChannelsLast).Tensor, dx.Tensor);
            var expected = new Expected(item.X.ElementCount);
            item.ForEachTerm((atX, atY, _, count) => expected.Add(atX, (double)dy[atY] / count));
            Check.Close("dx", dx.Read("dx"), expected.Values, expected.Magnitudes, Check.SumTolerance(item.WindowPlaces));
        });
    }

    private void Maximum(Case item, float[] x)
    {
        var y = Output(item.Y, Layout.ChannelsLast);
        var indices = new Placed<int>(Device, item.Y, Layout.ChannelsLast);
        Device.MaxPool2d(item.Geometry, Input(item.X, x, Layout.ChannelsLast).Tensor, y.Tensor, indices.Tensor);
        var (values, winners) = item.Maximum(x);
        Check.SameBits("y", y.Read("y"), values);
        Assert.Equal(winners, indices.Read("indices"));
        var alone = Output(item.Y, Layout.ChannelsLast);
        Device.MaxPool2d(item.Geometry, Input(item.X, x, Layout.ChannelsLast).Tensor, alone.Tensor, null);
        Check.SameBits("y where no place is wanted", alone.Read("y"), values);
    }

    private sealed record Case(Pool2dGeometry Geometry, Shape X)
    {
        public Shape Y => [X[0], X[1], Geometry.OutputHeight(X[2]), Geometry.OutputWidth(X[3])];

        public int InputPlane => X[2] * X[3];

        public int OutputPlane => Y[2] * Y[3];

        public int WindowPlaces => Geometry.IsAdaptive ? X[2] * X[3] : Geometry.KernelHeight * Geometry.KernelWidth;

        public (float[] Values, int[] Winners) Maximum(float[] x)
        {
            var values = new float[Y.ElementCount];
            var winners = new int[values.Length];
            Array.Fill(winners, -1);
            ForEachTerm((atX, atY, place, _) =>
            {
                if (winners[atY] >= 0 && !(x[atX] > values[atY])) return;
                values[atY] = x[atX];
                winners[atY] = place;
            });
            return (values, winners);
        }

        /// <summary>Calls with the places in x and y, the place in x's plane, and what an average divides by.</summary>
        public void ForEachTerm(Action<int, int, int, int> term)
        {
            var (height, width, y) = (X[2], X[3], 0);
            for (int plane = 0; plane < X[0] * X[1]; plane++)
                for (int row = 0; row < Y[2]; row++)
                    for (int column = 0; column < Y[3]; column++, y++)
                    {
                        var (top, bottom, padBottom) = Window(row, height, Y[2], Geometry.KernelHeight, Geometry.StrideHeight, Geometry.PadTop, Geometry.PadBottom);
                        var (left, right, padRight) = Window(column, width, Y[3], Geometry.KernelWidth, Geometry.StrideWidth, Geometry.PadLeft, Geometry.PadRight);
                        // what lies beyond even the padding is not counted
                        int count = Geometry.CountIncludePad
                            ? (Math.Min(bottom, height + padBottom) - top) * (Math.Min(right, width + padRight) - left)
                            : Inside(top, bottom, height) * Inside(left, right, width);
                        for (int h = Math.Max(0, top); h < Math.Min(height, bottom); h++)
                            for (int w = Math.Max(0, left); w < Math.Min(width, right); w++)
                                term((plane * height + h) * width + w, y, h * width + w, count);
                    }
        }

        private (int First, int End, int PadAfter) Window(int output, int length, int outputs, int kernel, int stride, int padBefore, int padAfter) =>
            Geometry.IsAdaptive
                ? ((int)Math.Floor((double)output * length / outputs), (int)Math.Ceiling((output + 1.0) * length / outputs), 0)
                : (output * stride - padBefore, output * stride - padBefore + kernel, padAfter);

        private static int Inside(int start, int end, int limit) => Math.Min(end, limit) - Math.Max(start, 0);
    }
}
