namespace Graft.Onnx;

/// <summary>Fourier transforms as sums, on the host.</summary>
internal static class SpectrumOperators
{
    public static IEnumerable<Operator> Rows =>
    [
        Operator.Of("DFT", Transform, 1, 2),
        Operator.Of("STFT", ShortTime, 1, 2, 3),
    ];

    /// <summary>The transform along one axis of [..., 1] (real) or [..., 2] (complex): [..., 2].</summary>
    private static HostValue Transform(NodeContext node)
    {
        var x = node.Host(0);
        bool isInverse = node.Attributes.Flag("inverse"), isOneSided = node.Attributes.Flag("onesided");
        // the axis became an input in version 20, counted from the last by default
        int axis = Dimensions.Axis(node.Has(2) ? node.Int64(2) : node.Attributes.Int("axis", node.Version >= 20 ? -2 : 1), x.Rank), parts = x.Dims[^1];
        int length = node.Has(1) ? checked((int)node.Int64(1)) : isInverse && isOneSided ? 2 * (x.Dims[axis] - 1) : x.Dims[axis];
        bool toReal = isInverse && isOneSided;
        int[] dims = [.. x.Dims[..^1], toReal ? 1 : 2];
        dims[axis] = isOneSided && !isInverse ? length / 2 + 1 : length;
        var y = x.Element.Zeros(dims);
        int inner = Dimensions.Product(x.Dims, axis + 1, x.Rank - 1), outer = Dimensions.Product(x.Dims, 0, axis), had = x.Dims[axis];
        for (int row = 0; row < outer * inner; row++)
        {
            var (real, imaginary) = (new double[length], new double[length]);
            for (int at = 0; at < length; at++)
            {
                // of a one-sided spectrum the other side mirrors it
                int from = toReal && at >= had ? length - at : at;
                if (from >= had) continue;
                int place = ((row / inner * had + from) * inner + row % inner) * parts;
                real[at] = x.GetDouble(place);
                if (parts > 1) imaginary[at] = toReal && at >= had ? -x.GetDouble(place + 1) : x.GetDouble(place + 1);
            }
            for (int bin = 0; bin < dims[axis]; bin++)
            {
                var (sumReal, sumImaginary) = Bin(real, imaginary, bin, isInverse);
                int place = ((row / inner * dims[axis] + bin) * inner + row % inner) * dims[^1];
                y.SetDouble(place, sumReal);
                if (!toReal) y.SetDouble(place + 1, sumImaginary);
            }
        }
        return y;
    }

    private static (double Real, double Imaginary) Bin(double[] real, double[] imaginary, int bin, bool isInverse)
    {
        double sumReal = 0, sumImaginary = 0;
        int length = real.Length;
        for (int at = 0; at < length; at++)
        {
            double angle = (isInverse ? 2 : -2) * Math.PI * ((long)bin * at % length) / length, cos = Math.Cos(angle), sin = Math.Sin(angle);
            sumReal += real[at] * cos - imaginary[at] * sin;
            sumImaginary += real[at] * sin + imaginary[at] * cos;
        }
        return isInverse ? (sumReal / length, sumImaginary / length) : (sumReal, sumImaginary);
    }

    /// <summary>The spectra of pieces of a signal [N, T, 1 or 2], each under a window: [N, pieces, bins, 2].</summary>
    private static HostValue ShortTime(NodeContext node)
    {
        var x = node.Host(0);
        int step = checked((int)node.Int64(1)), parts = x.Rank > 2 ? x.Dims[2] : 1;
        double[]? window = node.Has(2) ? node.Host(2).ToDoubles() : null;
        int length = node.Has(3) ? checked((int)node.Int64(3)) : window?.Length ?? x.Dims[1];
        if (step < 1 || length < 1 || length > x.Dims[1]) throw new ArgumentException($"pieces of {length} every {step} are none of a signal of {x.Dims[1]}");
        int pieces = (x.Dims[1] - length) / step + 1, bins = node.Attributes.Flag("onesided", true) ? length / 2 + 1 : length;
        var y = x.Element.Zeros([x.Dims[0], pieces, bins, 2]);
        for (int row = 0; row < x.Dims[0] * pieces; row++)
        {
            var (real, imaginary) = (new double[length], new double[length]);
            for (int at = 0; at < length; at++)
            {
                int place = (row / pieces * x.Dims[1] + row % pieces * step + at) * parts;
                double share = window is null ? 1 : window[at];
                real[at] = x.GetDouble(place) * share;
                if (parts > 1) imaginary[at] = x.GetDouble(place + 1) * share;
            }
            for (int bin = 0; bin < bins; bin++)
            {
                var (sumReal, sumImaginary) = Bin(real, imaginary, bin, isInverse: false);
                y.SetDouble((row * bins + bin) * 2, sumReal);
                y.SetDouble((row * bins + bin) * 2 + 1, sumImaginary);
            }
        }
        return y;
    }
}
