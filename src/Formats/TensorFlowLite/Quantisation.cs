using System.Globalization;

namespace Graft.Formats;

/// <summary>How the whole numbers of a tensor stand for others: number = scale * (stored - zero point).</summary>
/// <param name="Scales">One scale, or one for each place on <paramref name="Axis"/>.</param>
/// <param name="ZeroPoints">As many zero points, or none for zeros.</param>
/// <param name="Axis">The axis along which the scales differ.</param>
internal sealed record Quantisation(float[] Scales, long[] ZeroPoints, int Axis)
{
    public override string ToString()
    {
        if (Scales.Length > 1) return string.Create(CultureInfo.InvariantCulture, $"{Scales.Length} scales on axis {Axis}");
        long zero = ZeroPoints.Length > 0 ? ZeroPoints[0] : 0;
        return string.Create(CultureInfo.InvariantCulture, $"scale {Scales[0]}, zero point {zero}");
    }

    /// <summary>The numbers that stored ones of that shape stand for, in their place.</summary>
    public void Apply(Span<float> numbers, IReadOnlyList<long> lengths)
    {
        long inner = 1;
        for (int axis = Axis + 1; axis < lengths.Count; axis++) inner *= lengths[axis];
        for (int at = 0; at < numbers.Length; at++)
        {
            int place = Scales.Length == 1 ? 0 : (int)(at / inner % Scales.Length);
            numbers[at] = Scales[place] * (numbers[at] - (ZeroPoints.Length > place ? ZeroPoints[place] : 0));
        }
    }
}
