using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Graft.Tensors.Tests;

/// <summary>An emulated multiply-add has the bits of the instruction, whatever the numbers.</summary>
public sealed class EmulatedFmaTests
{
    /// <summary>Where MathF has the instruction, that is what is compared with; else it is the C library's, a hundred times slower.</summary>
    private static int Rounds => Fma.IsSupported || AdvSimd.IsSupported ? 4_000 : 100;

    [Fact]
    public void Of_any_bits()
    {
        var random = new Numbers(1);
        Compare(Rounds, _ => (random.Any(), random.Any(), random.Any()));
    }

    [Fact]
    public void Of_an_addend_near_the_product()
    {
        var random = new Numbers(2);
        Compare(Rounds, _ =>
        {
            float left = random.Any(), right = random.Any();
            return (left, right, random.Near(-(left * right)));
        });
    }

    [Fact]
    public void Of_numbers_around_a_half_way_point()
    {
        // left * right = a float and half its last place and a bit of 2^-46 or 0; the addend moves the sum's last place
        var random = new Numbers(3);
        Compare(Rounds, i =>
        {
            float left = 1 + MathF.ScaleB(1, -23) * random.Below(4), right = 1 + MathF.ScaleB(random.Below(5) - 2, -24 + i % 3);
            float addend = MathF.ScaleB(random.Below(1 << 24) - (1 << 23), random.Below(8));
            return (MathF.ScaleB(left, -1), right, addend);
        });
    }

    [Fact]
    public void Of_results_below_the_normal_numbers()
    {
        // products around 2^-150, half of the smallest number there is, and addends of whole smallest numbers
        var random = new Numbers(4);
        Compare(Rounds, _ => (
            MathF.ScaleB(1 + MathF.ScaleB(random.Below(9) - 4, -23), -75 + random.Below(3)),
            MathF.ScaleB(1 + MathF.ScaleB(random.Below(9) - 4, -23), -75 - random.Below(3)),
            random.Below(1 << 23) * float.Epsilon * (random.Below(2) * 2 - 1)));
        float below = 1 - MathF.ScaleB(1, -23), above = 1 + MathF.ScaleB(1, -23);
        // the sum's nearest double is half-way between two floats, the sum itself below it: to 53 bits and then to a float goes wrong
        float addend = MathF.ScaleB(1, -127) + float.Epsilon;
        Assert.Equal(addend, EmulatedFma.MultiplyAdd(MathF.ScaleB(above, -75), MathF.ScaleB(below, -75), addend));
    }

    [Fact]
    public void Of_the_ends_of_the_range()
    {
        float[] ends =
        [
            0f, -0f, float.Epsilon, -float.Epsilon, MathF.ScaleB(1, -126), MathF.BitDecrement(MathF.ScaleB(1, -126)), 1f, -1f,
            MathF.BitIncrement(1f), MathF.BitDecrement(1f), MathF.ScaleB(1, 64), MathF.ScaleB(1, 103), float.MaxValue, float.MinValue,
            MathF.ScaleB(1, -24), MathF.ScaleB(1, -75), MathF.ScaleB(1, -149), float.PositiveInfinity, float.NegativeInfinity, float.NaN,
        ];
        int count = ends.Length;
        Compare((count * count * count + 1023) / 1024, i => (ends[i % count], ends[i / count % count], ends[i / count / count % count]));
    }

    [Theory]
    [InlineData(4, nameof(SumsBefore.None))]
    [InlineData(8, nameof(SumsBefore.GoOn))]
    [InlineData(8, nameof(SumsBefore.Add))]
    public unsafe void A_tile_of_emulated_multiply_adds_is_a_chain_of_them(int wanted, string named)
    {
        var before = Enum.Parse<SumsBefore>(named);
        Assert.SkipUnless(Vector128.IsHardwareAccelerated, "this machine has no vectors");
        const int Columns = 8, Depth = 37;
        var random = new Numbers(5);
        float** rows = stackalloc float*[MicroKernel.Rows];
        for (int round = 0; round < 400; round++)
        {
            // most rounds of ordinary numbers with zeros among them, some of anything
            float Next() => round % 4 == 3 ? random.Any() : random.Below(3) == 0 ? 0 : random.Ordinary();
            float[] left = [.. Enumerable.Range(0, MicroKernel.Rows * Depth).Select(_ => Next())];
            float[] right = [.. Enumerable.Range(0, Depth * Columns).Select(_ => Next())];
            float[] sums = [.. Enumerable.Range(0, MicroKernel.Rows * Columns).Select(_ => Next())];
            float[] expected = [.. sums];
            for (int row = 0; row < MicroKernel.Rows; row++)
            {
                for (int column = 0; column < wanted; column++)
                {
                    ref float sum = ref expected[row * Columns + column];
                    float was = sum;
                    if (before != SumsBefore.GoOn) sum = 0;
                    for (int k = 0; k < Depth; k++) sum = MathF.FusedMultiplyAdd(left[row * Depth + k], right[k * Columns + column], sum);
                    if (before == SumsBefore.Add) sum += was;
                }
            }
            fixed (float* l = left, r = right, s = sums)
            {
                for (int row = 0; row < MicroKernel.Rows; row++) rows[row] = l + row * Depth;
                nint start = 0;
                EmulatedMicroKernel.Panel(rows, 1, r, new DepthWalk(1, Depth, &start, 1, Columns), s, Columns, wanted, before);
            }
            for (int at = 0; at < sums.Length; at++) AssertSame(expected[at], sums[at], $"sum {at} of round {round}");
        }
    }

    private static void Compare(int rounds, Func<int, (float Left, float Right, float Addend)> numbers)
    {
        const int Length = 1024;
        float[] left = new float[Length], right = new float[Length], addend = new float[Length];
        for (int round = 0; round < rounds; round++)
        {
            for (int i = 0; i < Length; i++) (left[i], right[i], addend[i]) = numbers(round * Length + i);
            for (int i = 0; i < Length; i += 4)
            {
                var four = EmulatedFma.MultiplyAdd(Vector128.Create(left, i), Vector128.Create(right, i), Vector128.Create(addend, i));
                for (int place = 0; place < 4; place++)
                {
                    int at = i + place;
                    float expected = MathF.FusedMultiplyAdd(left[at], right[at], addend[at]);
                    float one = EmulatedFma.MultiplyAdd(left[at], right[at], addend[at]);
                    if (Same(expected, one) && Same(expected, four[place])) continue;
                    string line = $"{left[at]:R} * {right[at]:R} + {addend[at]:R}";
                    AssertSame(expected, one, line);
                    AssertSame(expected, four[place], $"{line}, four at once");
                }
            }
        }
    }

    private static bool Same(float expected, float actual) =>
        float.IsNaN(expected) ? float.IsNaN(actual) : BitConverter.SingleToInt32Bits(expected) == BitConverter.SingleToInt32Bits(actual);

    private static void AssertSame(float expected, float actual, string what)
    {
        if (!Same(expected, actual)) Assert.Fail($"{what}: {expected:R} expected, {actual:R} came");
    }

    /// <summary>A small generator (splitmix64), for speed.</summary>
    private sealed class Numbers(ulong state)
    {
        public float Any() => BitConverter.UInt32BitsToSingle((uint)Next());

        public float Ordinary() => (int)(uint)Next() * MathF.ScaleB(1, -31);

        public int Below(int count) => (int)((uint)Next() * (ulong)count >> 32);

        /// <summary>The number, some last places away, and every other time some powers of two smaller.</summary>
        public float Near(float number)
        {
            int bits = BitConverter.SingleToInt32Bits(number) + Below(9) - 4;
            return BitConverter.Int32BitsToSingle(Below(2) == 0 ? bits : bits - (Below(60) << 23));
        }

        private ulong Next()
        {
            state += 0x9E3779B97F4A7C15;
            ulong z = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            return z ^ (z >> 31);
        }
    }
}
