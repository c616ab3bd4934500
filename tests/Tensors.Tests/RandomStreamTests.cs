namespace Graft.Tensors.Tests;

public class RandomStreamTests
{
    // the known answers published with Random123: all zeros, all ones, the digits of pi
    [Theory]
    [InlineData(0u, 0u, 0u, 0u, 0u, 0u, 0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u)]
    [InlineData(
        0xffffffffu, 0xffffffffu, 0xffffffffu, 0xffffffffu, 0xffffffffu, 0xffffffffu, 0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu)]
    [InlineData(
        0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u, 0xa4093822u, 0x299f31d0u, 0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u)]
    public void Philox_gives_the_published_vectors(
        uint c0, uint c1, uint c2, uint c3, uint k0, uint k1, uint first, uint second, uint third, uint fourth) =>
        Assert.Equal((first, second, third, fourth), RandomStream.Philox((c0, c1, c2, c3), (k0, k1)));

    [Fact]
    public void Seed_name_place_and_step_each_matter()
    {
        var stream = new RandomStream(1, "crop");
        var numbers = new[]
        {
            stream.Bits(0), stream.Bits(1), stream.Bits(1UL << 32), stream.Bits(0, 1), stream.Bits(0, 1UL << 32),
            new RandomStream(2, "crop").Bits(0), new RandomStream(1, "flip").Bits(0), new RandomStream(1, "").Bits(0),
        };
        Assert.Equal(numbers.Length, numbers.Distinct().Count());
        Assert.Equal(stream.Bits(5, 7), new RandomStream(1, "crop").Bits(5, 7));
    }

    [Fact]
    public void Streams_are_equal_by_what_they_draw()
    {
        Assert.True(new RandomStream(1, "a") == new RandomStream(1, "a"));
        Assert.True(new RandomStream(1, "a") != new RandomStream(1, "b"));
        Assert.True(new RandomStream(1, "a").Equals((object)new RandomStream(1, "a")));
        Assert.Equal(new RandomStream(1, "a").GetHashCode(), new RandomStream(1, "a").GetHashCode());
    }

    [Fact]
    public void Uniform_numbers_fill_the_range_evenly()
    {
        var numbers = new float[40_000];
        new RandomStream(3, "uniform").FillUniform(numbers, -2, 6);
        Assert.All(numbers, number => Assert.InRange(number, -2, 6));
        var counts = new int[16];
        foreach (float number in numbers) counts[(int)((number + 2) * 2)]++;
        // 2,500 expected in each of 16 bins; the statistic has 15 degrees of freedom and exceeds 44.3 once in 10,000
        double chiSquared = counts.Sum(count => Math.Pow(count - 2500.0, 2) / 2500);
        Assert.InRange(chiSquared, 2, 44.3);
    }

    [Fact]
    public void Normal_numbers_have_their_moments()
    {
        var numbers = new float[40_001];
        new RandomStream(3, "normal").FillNormal(numbers, 5, 2);
        double mean = numbers.Average(), variance = numbers.Average(number => Math.Pow(number - mean, 2));
        double skew = numbers.Average(number => Math.Pow((number - mean) / 2, 3)), fourth = numbers.Average(number => Math.Pow((number - mean) / 2, 4));
        Assert.InRange(mean, 5 - 0.05, 5 + 0.05);
        Assert.InRange(variance, 4 - 0.12, 4 + 0.12);
        Assert.InRange(skew, -0.06, 0.06);
        Assert.InRange(fourth, 3 - 0.2, 3 + 0.2);
        // neighbours share a draw and have to be independent all the same
        double neighbours = Enumerable.Range(0, 20_000).Average(i => (numbers[2 * i] - 5.0) * (numbers[2 * i + 1] - 5.0) / 4);
        Assert.InRange(neighbours, -0.04, 0.04);
    }

    [Fact]
    public void Numbers_below_a_maximum_are_even_and_stay_below_it()
    {
        var stream = new RandomStream(4, "below");
        var counts = new int[7];
        for (ulong place = 0; place < 14_000; place++) counts[stream.Below(7, place)]++;
        // 6 degrees of freedom: 27.9 is exceeded once in 10,000
        Assert.InRange(counts.Sum(count => Math.Pow(count - 2000.0, 2) / 2000), 0, 27.9);
        Assert.Equal(0, stream.Below(1, 9));
        Assert.Throws<ArgumentOutOfRangeException>(() => stream.Below(0, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => stream.Below(-1, 0));
    }

    [Fact]
    public void Permutations_hold_each_number_once_and_every_order_is_as_likely()
    {
        var stream = new RandomStream(5, "shuffle");
        Assert.Equal(Enumerable.Range(0, 1000), stream.Permutation(1000).Order());
        Assert.NotEqual(stream.Permutation(1000), stream.Permutation(1000, step: 1));
        Assert.Empty(stream.Permutation(0));
        var counts = new Dictionary<string, int>();
        for (ulong step = 0; step < 6000; step++)
        {
            string order = string.Join(' ', stream.Permutation(3, step));
            counts[order] = counts.GetValueOrDefault(order) + 1;
        }
        Assert.Equal(6, counts.Count);
        // 5 degrees of freedom: 25.7 is exceeded once in 10,000
        Assert.InRange(counts.Values.Sum(count => Math.Pow(count - 1000.0, 2) / 1000), 0, 25.7);
        Assert.Throws<ArgumentOutOfRangeException>(() => stream.Permutation(-1));
    }

    [Fact]
    public void A_stream_needs_a_name() => Assert.Throws<ArgumentNullException>(() => new RandomStream(0, null!));
}
