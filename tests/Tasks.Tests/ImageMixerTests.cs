using Graft.Tensors;

namespace Graft.Tasks.Tests;

public sealed class ImageMixerTests : IDisposable
{
    private readonly CpuDevice device = new(1);

    public void Dispose() => device.Dispose();

    /// <summary>Numbers of Golden/mixing.py.</summary>
    [Theory]
    [InlineData(32, 32, 0.3, 3, 30, 0, 16, 17, 32, 0.765625)]
    [InlineData(24, 40, 0.75, 12, 20, 6, 18, 10, 30, 0.75)]
    [InlineData(7, 5, 0.01, 0, 0, 0, 3, 0, 2, 0.828571429)]
    [InlineData(9, 9, 1.0, 4, 4, 4, 4, 4, 4, 1.0)]
    public void A_rectangle_is_timms(int height, int width, double share, int row, int column, int top, int bottom, int left, int right, double kept)
    {
        var (box, left2) = ImageMixer.Rectangle(height, width, share, row, column);
        Assert.Equal((top, bottom, left, right), box);
        Assert.Equal(kept, left2, 1e-8);
    }

    [Fact]
    public void Two_pictures_shine_through_each_other()
    {
        using var batch = Batch(3);
        float[] before = batch.Images.Span().ToArray();
        ImageMixer.Mix(batch, 0.75, box: null);
        Assert.Equal(0.75f, batch.Mix!.Share);
        Assert.Equal([12, 11, 10], batch.Mix.Others);
        float[] after = batch.Images.Span().ToArray();
        int length = before.Length / 3;
        for (int i = 0; i < length; i++)
        {
            Assert.Equal(0.75f * before[i] + 0.25f * before[2 * length + i], after[i]);
            Assert.Equal(before[length + i], after[length + i]);
            Assert.Equal(0.75f * before[2 * length + i] + 0.25f * before[i], after[2 * length + i]);
        }
    }

    [Fact]
    public void A_rectangle_of_one_picture_is_in_the_other()
    {
        using var batch = Batch(2);
        float[] before = batch.Images.Span().ToArray();
        ImageMixer.Mix(batch, 0.75, (1, 3, 0, 2));
        float[] after = batch.Images.Span().ToArray();
        for (int y = 0; y < 4; y++)
        {
            for (int x = 0; x < 4; x++)
            {
                int at = (y * 4 + x) * 3, other = y is 1 or 2 && x < 2 ? 48 : 0;
                Assert.Equal(before[at + other], after[at]);
                Assert.Equal(before[at + 48 - other], after[at + 48]);
            }
        }
    }

    [Fact]
    public void A_whole_share_mixes_nothing_nor_does_one_picture()
    {
        using var batch = Batch(2);
        float[] before = batch.Images.Span().ToArray();
        ImageMixer.Mix(batch, 1, box: null);
        Assert.Null(batch.Mix);
        Assert.Equal(before, batch.Images.Span().ToArray());
        using var one = Batch(1);
        ImageMixer.Mix(one, 0.5, box: null);
        Assert.Null(one.Mix);
    }

    /// <summary>Of Beta(a, a): the mean 1/2, the variance 1 / (4 (2a + 1)).</summary>
    [Theory]
    [InlineData(0.1)]
    [InlineData(0.4)]
    [InlineData(1)]
    [InlineData(2.5)]
    [InlineData(30)]
    public void Shares_are_of_a_beta_distribution(double alpha)
    {
        const int Count = 20_000;
        var shares = new BetaDistribution(new RandomStream(3, "shares"));
        double sum = 0, squares = 0;
        for (ulong i = 0; i < Count; i++)
        {
            double share = shares.Draw(alpha, i, 2);
            Assert.InRange(share, 0, 1);
            sum += share;
            squares += Math.Pow(share - 0.5, 2);
        }
        double variance = 1 / (4 * (2 * alpha + 1));
        Assert.Equal(0.5, sum / Count, 5 * Math.Sqrt(variance / Count));
        Assert.Equal(variance, squares / Count, 0.03 * variance);
    }

    [Fact]
    public void What_a_batch_has_follows_from_the_seed_the_epoch_and_its_number()
    {
        float[] Mixed(ulong seed, int epoch, int number)
        {
            using var batch = Batch(4);
            new ImageMixer(new MixingOptions { Mixup = 1, CutMix = 1 }, seed).Mix(batch, epoch, number);
            return batch.Images.Span().ToArray();
        }

        Assert.Equal(Mixed(1, 2, 3), Mixed(1, 2, 3));
        Assert.NotEqual(Mixed(1, 2, 3), Mixed(1, 2, 4));
        Assert.NotEqual(Mixed(1, 2, 3), Mixed(1, 3, 3));
        Assert.NotEqual(Mixed(1, 2, 3), Mixed(2, 2, 3));
        Assert.Throws<ArgumentException>(() => new MixingOptions { Switch = 0.3, Mixup = 1 }.Validate());
    }

    private ImageBatch Batch(int count)
    {
        var images = device.Rent<float>([count, 3, 4, 4], MemoryFormat.ChannelsLast);
        new RandomStream(5, "pixels").FillUniform(images.Span(), -2f, 2f);
        return new ImageBatch(images, [.. Enumerable.Range(10, count)]);
    }
}
