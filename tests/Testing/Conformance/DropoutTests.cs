using Graft.Tensors;
using Xunit;

namespace Graft.Testing;

/// <summary>Dropout, whose every number is known.</summary>
public sealed class DropoutTests<TDevice> : DeviceTests<TDevice> where TDevice : ITestedDevice
{
    private static readonly int[] Full = [1, 63, 64, 65, 200, 15, 0, 4096 + 17, 100_003];

    private static IEnumerable<int> Counts => Tiny ? Full.Take(5) : Full;

    [Fact]
    public void The_mask_is_the_one_that_the_stream_gives() => Each(Counts, count =>
    {
        var stream = new RandomStream(7, "layer.0.dropout");
        var x = Draw.Normal("x", count);
        var (y, inPlace) = (Output([count]), Input([count], x));
        Device.Dropout(new DropoutMask(stream, 0.3f), Input([count], x).Tensor, y.Tensor);
        Device.Dropout(new DropoutMask(stream, 0.3f), inPlace.Tensor, inPlace.Tensor);
        var expected = new float[count];
        for (int i = 0; i < count; i++)
        {
            var (first, second, third, fourth) = stream.Bits((ulong)(i / 64 * 16 + i % 16));
            uint bits = (i % 64 / 16) switch { 0 => first, 1 => second, 2 => third, _ => fourth };
            expected[i] = x[i] * ((bits >> 8) < MathF.Round(0.3f * (1 << 24)) ? 0f : 1f / (1f - 0.3f));
        }
        Check.SameBits("y", y.Read("y"), expected);
        Check.SameBits("y in x's place", inPlace.Read("y"), expected);
    });

    [Fact]
    public void The_part_that_is_dropped_is_the_probability()
    {
        int count = Tiny ? 512 : 100_000;
        var ones = new float[count];
        Array.Fill(ones, 1f);
        foreach (float probability in new[] { 0.1f, 0.5f, 0.9f })
        {
            var y = Output([count]);
            Device.Dropout(new DropoutMask(new RandomStream(1, "part"), probability), Input([count], ones).Tensor, y.Tensor);
            double dropped = y.Read("y").Count(value => value == 0f) / (double)count;
            Assert.InRange(dropped, probability - 2.5 / Math.Sqrt(count), probability + 2.5 / Math.Sqrt(count));
        }
    }

    [Fact]
    public void Probability_one_drops_everything_and_none_drops_nothing()
    {
        var x = Draw.Normal("x", 70);
        var (all, none) = (Output([70]), Output([70]));
        Device.Dropout(new DropoutMask(new RandomStream(1, "all"), 1f), Input([70], x).Tensor, all.Tensor);
        Device.Dropout(DropoutMask.None, Input([70], x).Tensor, none.Tensor);
        Assert.All(all.Read("all"), value => Assert.Equal(0f, value));
        Check.SameBits("none", none.Read("none"), x);
    }
}
