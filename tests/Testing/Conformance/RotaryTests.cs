using Graft.Tensors;
using Xunit;

namespace Graft.Testing;

/// <summary>Rotary position embeddings.</summary>
public sealed class RotaryTests<TDevice> : DeviceTests<TDevice> where TDevice : ITestedDevice
{
    private static readonly (int Rows, int Heads, int Depth, int Turned, int Tokens, bool HasPositions)[] Full =
    [
        (1, 1, 2, 2, 1, false), (6, 2, 4, 4, 3, false), (5, 1, 7, 4, 5, true), (4, 3, 34, 34, 2, true), (12, 4, 64, 64, 6, false), (9, 2, 40, 36, 3, true),
        (100, 3, 130, 128, 50, false), (0, 2, 4, 4, 1, false),
    ];

    private static IEnumerable<(int Rows, int Heads, int Depth, int Turned, int Tokens, bool HasPositions)> Cases => Tiny ? Full.Take(3) : Full;

    [Fact]
    public void Points_are_turned_by_the_angles_of_their_positions_and_back() => Each(Cases, item =>
    {
        var (rows, heads, depth, turned, tokens, hasPositions) = item;
        const int Positions = 60;
        int half = turned / 2;
        float[] x = Draw.Normal("x", rows * heads * depth), angles = Draw.Uniform("angles", Positions * half, -4, 4);
        float[] cosines = [.. angles.Select(MathF.Cos)], sines = [.. angles.Select(MathF.Sin)];
        int[] positions = Draw.Integers("positions", rows, 0, Positions);
        foreach (bool isInverse in (bool[])[false, true])
        {
            var y = Output([rows, heads * depth]);
            Device.Rotate(
                new RotarySettings(heads, tokens, isInverse), Input([rows, heads * depth], x).Tensor, Input([Positions, half], cosines).Tensor, Input([Positions, half], sines).Tensor,
                hasPositions ? Input([rows], positions).Tensor : null, y.Tensor);
            var expected = new double[x.Length];
            var magnitudes = new double[x.Length];
            for (int i = 0; i < x.Length; i++)
            {
                int number = i % depth, row = i / depth / heads, column = number % half;
                (expected[i], magnitudes[i]) = (x[i], 0);
                if (number >= turned) continue;
                int at = (hasPositions ? positions[row] : row % tokens) * half + column;
                double left = (double)x[i] * cosines[at], right = (double)(number < half ? -x[i + half] : x[i - half]) * sines[at] * (isInverse ? -1 : 1);
                (expected[i], magnitudes[i]) = (left + right, Math.Abs(left) + Math.Abs(right));
            }
            Check.Close("y", y.Read("y"), expected, magnitudes, Check.SumTolerance(2));
        }
    });
}
