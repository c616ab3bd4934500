using FsCheck;
using FsCheck.Fluent;

namespace Graft.Tasks.Tests;

public sealed class ResizeTests
{
    private static readonly Dictionary<string, NumpyArray> Golden = GoldenFile.Read("resample.npz");

    public static TheoryData<string> Resized => Names("bi");

    public static TheoryData<string> Crops => Names("crop_");

    [Theory]
    [MemberData(nameof(Resized))]
    public void Resizes_to_the_bytes_of_Pillow(string name)
    {
        var expected = Golden[name];
        var interpolation = name.StartsWith("bicubic", StringComparison.Ordinal) ? Interpolation.Bicubic : Interpolation.Bilinear;
        var image = Resize.To(Golden["picture"].Image(), new ImageSize(expected.Shape[0], expected.Shape[1]), interpolation);
        Assert.Equal(expected.Bytes, image.Pixels);
    }

    [Theory]
    [MemberData(nameof(Crops))]
    public void Crops_the_middle_as_torchvision_does(string name)
    {
        var expected = Golden[name];
        var image = Crop.Center(Golden["picture"].Image(), new ImageSize(expected.Shape[0], expected.Shape[1]));
        Assert.Equal(expected.Bytes, image.Pixels);
    }

    [Fact]
    public void The_longer_side_follows_torchvision()
    {
        int[] rows = Golden["sizes"].ToInt32();
        for (int at = 0; at < rows.Length; at += 5)
            Assert.Equal(new ImageSize(rows[at + 4], rows[at + 3]), Resize.ShorterSide(new ImageSize(rows[at + 1], rows[at]), rows[at + 2]));
    }

    [Fact]
    public void A_picture_of_the_wanted_size_is_left_alone()
    {
        var image = GoldenFile.Noise(9, 7, 1);
        Assert.Same(image, Resize.To(image, image.Size, Interpolation.Bilinear));
        Assert.Same(image, Resize.ShorterSide(image, 7, Interpolation.Bicubic));
        Assert.Same(image, Crop.Center(image, image.Size));
    }

    [Fact]
    public void Bilinear_stays_within_the_picture_and_keeps_a_plain_one()
    {
        var sizes = Gen.Choose(1, 40).Four().ToArbitrary();
        Prop.ForAll(sizes, size =>
        {
            var (width, height, toWidth, toHeight) = size;
            var noise = GoldenFile.Noise(width, height, width * 41 + height);
            var scaled = Resize.To(noise, new ImageSize(toHeight, toWidth), Interpolation.Bilinear);
            Assert.InRange(scaled.Pixels.Min(), noise.Pixels.Min(), noise.Pixels.Max());
            Assert.InRange(scaled.Pixels.Max(), noise.Pixels.Min(), noise.Pixels.Max());
            var plain = new RgbImage(width, height);
            Array.Fill(plain.Pixels, (byte)(width * 6));
            foreach (var interpolation in Enum.GetValues<Interpolation>())
                Assert.All(Resize.To(plain, new ImageSize(toHeight, toWidth), interpolation).Pixels, value => Assert.Equal((byte)(width * 6), value));
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData(-3, -2, 8, 9)]
    [InlineData(2, 3, 4, 2)]
    [InlineData(4, 4, 9, 9)]
    [InlineData(-9, 0, 4, 4)]
    [InlineData(0, 40, 3, 3)]
    public void What_lies_outside_a_crop_is_black(int top, int left, int height, int width)
    {
        var image = GoldenFile.Noise(6, 5, 3);
        var crop = Crop.At(image, top, left, new ImageSize(height, width));
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                bool inside = y + top is >= 0 and < 5 && x + left is >= 0 and < 6;
                for (int channel = 0; channel < 3; channel++)
                    Assert.Equal(inside ? image.Row(y + top)[(x + left) * 3 + channel] : 0, crop.Row(y)[x * 3 + channel]);
            }
        }
    }

    private static TheoryData<string> Names(string start) => [.. Golden.Keys.Where(name => name.StartsWith(start, StringComparison.Ordinal))];
}
