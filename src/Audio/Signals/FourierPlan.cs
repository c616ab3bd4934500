namespace Graft.Audio;

/// <summary>The discrete Fourier transform of one length, by its prime factors (Cooley and Tukey 1965).</summary>
/// <remarks>Windows of speech are 400 or 480 samples as often as a power of two, which is all that NWaves and FftSharp take.</remarks>
internal sealed class FourierPlan
{
    private readonly int length;
    private readonly int[] factors;
    private readonly double[] cosines;
    private readonly double[] sines;
    private readonly double[] real;
    private readonly double[] imaginary;
    private readonly double[] partsReal;
    private readonly double[] partsImaginary;

    /// <summary>Plans a length; a plan is used by one thread at a time.</summary>
    public FourierPlan(int length)
    {
        this.length = length;
        factors = Factors(length);
        (cosines, sines) = (new double[length], new double[length]);
        for (int at = 0; at < length; at++) (sines[at], cosines[at]) = Math.SinCos(-2 * Math.PI * at / length);
        (real, imaginary) = (new double[length], new double[length]);
        int largest = factors.Length == 0 ? 1 : factors.Max();
        (partsReal, partsImaginary) = (new double[largest], new double[largest]);
    }

    /// <summary>|X|^2 of the lower half of the spectrum.</summary>
    /// <param name="frame">The plan's length of numbers.</param>
    /// <param name="power">Receives length / 2 + 1 numbers.</param>
    public void Power(ReadOnlySpan<double> frame, Span<double> power)
    {
        Transform(frame, 0, 1, 0, length, 0);
        for (int bin = 0; bin < power.Length; bin++) power[bin] = real[bin] * real[bin] + imaginary[bin] * imaginary[bin];
    }

    /// <summary>The transform of every stride-th number, written to size places: of its factor's parts, then of what they have in common.</summary>
    private void Transform(ReadOnlySpan<double> frame, int from, int stride, int to, int size, int level)
    {
        if (size == 1)
        {
            (real[to], imaginary[to]) = (frame[from], 0);
            return;
        }
        int factor = factors[level], part = size / factor, step = length / size;
        for (int j = 0; j < factor; j++) Transform(frame, from + j * stride, stride * factor, to + j * part, part, level + 1);
        for (int k = 0; k < part; k++)
        {
            for (int j = 0; j < factor; j++)
            {
                int at = to + j * part + k, turn = j * k * step;
                partsReal[j] = real[at] * cosines[turn] - imaginary[at] * sines[turn];
                partsImaginary[j] = real[at] * sines[turn] + imaginary[at] * cosines[turn];
            }
            for (int q = 0; q < factor; q++)
            {
                double sumReal = partsReal[0], sumImaginary = partsImaginary[0];
                for (int j = 1; j < factor; j++)
                {
                    int turn = (int)((long)j * q * part * step % length);
                    sumReal += partsReal[j] * cosines[turn] - partsImaginary[j] * sines[turn];
                    sumImaginary += partsReal[j] * sines[turn] + partsImaginary[j] * cosines[turn];
                }
                (real[to + q * part + k], imaginary[to + q * part + k]) = (sumReal, sumImaginary);
            }
        }
    }

    private static int[] Factors(int number)
    {
        var found = new List<int>();
        for (int factor = 2; number > 1; factor++)
            for (; number % factor == 0; number /= factor) found.Add(factor);
        return [.. found];
    }
}
