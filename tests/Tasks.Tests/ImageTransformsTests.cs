using Graft.Tensors;

namespace Graft.Tasks.Tests;

public sealed class ImageTransformsTests
{
    private static readonly Dictionary<string, NumpyArray> Golden = GoldenFile.Read("resample.npz");

    [Theory]
    [InlineData("normalised_imagenet")]
    [InlineData("normalised_half")]
    public void Every_byte_is_normalised_to_PyTorchs_bits(string name)
    {
        var half = new RgbValues(0.5f, 0.5f, 0.5f);
        var preprocessing = name == "normalised_half" ? new ImagePreprocessing { Mean = half, StandardDeviation = half } : new ImagePreprocessing();
        var image = new RgbImage(256, 1);
        for (int i = 0; i < image.Pixels.Length; i++) image.Pixels[i] = (byte)(i / 3);
        var actual = new float[256 * 3];
        new ImageTransforms(preprocessing).Write(image, 0, 0, actual);
        float[] expected = Golden[name].ToSingle();
        for (int value = 0; value < 256; value++)
            for (int channel = 0; channel < 3; channel++)
                Assert.Equal(BitConverter.SingleToUInt32Bits(expected[channel * 256 + value]), BitConverter.SingleToUInt32Bits(actual[value * 3 + channel]));
    }

    [Fact]
    public void The_whole_way_gives_torchvisions_bits_in_a_channels_last_batch()
    {
        var preprocessing = ImagePreprocessing.ImageNet with { ResizeShorterSide = 16, CropSize = new ImageSize(12, 12) };
        var transforms = new ImageTransforms(preprocessing);
        using var device = new CpuDevice(1);
        using var batch = device.Rent<float>([2, 3, 12, 12], MemoryFormat.ChannelsLast);
        var prepared = transforms.Prepare(Golden["picture"].Image(), "picture");
        transforms.Write(prepared, 0, 0, ImageTransforms.Place(batch, 1));
        float[] expected = Golden["whole"].ToSingle();
        var actual = ImageTransforms.Place(batch, 1);
        for (int channel = 0; channel < 3; channel++)
            for (int at = 0; at < 144; at++)
                Assert.Equal(BitConverter.SingleToUInt32Bits(expected[channel * 144 + at]), BitConverter.SingleToUInt32Bits(actual[at * 3 + channel]));
    }

    [Fact]
    public void A_padded_crop_and_a_resized_crop_agree_with_torchvision()
    {
        var picture = Golden["picture"].Image();
        var padded = Crop.At(picture, 7 - 4, 2 - 4, new ImageSize(19, 16));
        for (int y = 0; y < 19; y++)
            for (int x = 0; x < 16; x++)
                Assert.Equal(Golden["padded_crop_7_2"].Image().Row(y).Slice((15 - x) * 3, 3), padded.Row(y).Slice(x * 3, 3));
        var resized = Resize.To(Crop.At(picture, 3, 5, new ImageSize(11, 9)), new ImageSize(8, 8), Interpolation.Bilinear);
        Assert.Equal(Golden["resized_crop_3_5_11_9"].Bytes, resized.Pixels);
    }

    [Fact]
    public void A_mirrored_picture_is_written_from_right_to_left()
    {
        var plain = new ImagePreprocessing { Mean = default, StandardDeviation = new RgbValues(1, 1, 1) };
        var mirroring = plain with { Augmentation = new TrainingAugmentation { HorizontalFlipProbability = 1 } };
        var image = GoldenFile.Noise(5, 3, 9);
        var straight = Written(new ImageTransforms(mirroring), image);
        var mirrored = Written(new ImageTransforms(mirroring, trainingSeed: 3), image);
        for (int y = 0; y < 3; y++)
            for (int x = 0; x < 5; x++)
                Assert.Equal(straight.AsSpan((y * 5 + x) * 3, 3), mirrored.AsSpan((y * 5 + 4 - x) * 3, 3));
    }

    [Fact]
    public void Padded_crops_reach_every_place_and_flips_come_half_of_the_time()
    {
        var augment = new Augment(TrainingAugmentation.Cifar, seed: 1);
        var image = new RgbImage(8, 8);
        var corners = new HashSet<(int, int)>();
        int mirrored = 0;
        for (int example = 0; example < 2000; example++)
        {
            var corner = augment.PaddedCrop(image.Size, image.Size, 4, example, round: 2);
            Assert.InRange(corner.Top, -4, 4);
            Assert.InRange(corner.Left, -4, 4);
            corners.Add(corner);
            mirrored += augment.Apply(image, null, Interpolation.Bilinear, example, 2).Mirrored ? 1 : 0;
        }
        Assert.Equal(81, corners.Count);
        Assert.InRange(mirrored, 900, 1100);
    }

    [Fact]
    public void Resized_crops_keep_their_range_and_cover_it()
    {
        var augment = new Augment(TrainingAugmentation.ImageNet, seed: 1);
        var image = new ImageSize(300, 400);
        double smallest = 1, largest = 0;
        for (int example = 0; example < 2000; example++)
        {
            var (top, left, size) = augment.ResizedCrop(image, new ResizedCropRange(), example, round: 0);
            Assert.InRange(top, 0, 300 - size.Height);
            Assert.InRange(left, 0, 400 - size.Width);
            Assert.InRange((double)size.Width / size.Height, 0.74, 1.35);
            double area = (double)size.Width * size.Height / (300 * 400);
            smallest = Math.Min(smallest, area);
            largest = Math.Max(largest, area);
        }
        Assert.InRange(smallest, 0.075, 0.09);
        Assert.InRange(largest, 0.9, 1);
    }

    [Theory]
    [InlineData(1000, 10)]
    [InlineData(10, 1000)]
    [InlineData(1, 1)]
    public void A_picture_too_long_for_the_range_gives_its_middle(int height, int width)
    {
        var range = new ResizedCropRange { SmallestArea = 0.99 };
        var (top, left, size) = new Augment(TrainingAugmentation.ImageNet, 1).ResizedCrop(new ImageSize(height, width), range, 0, 0);
        Assert.InRange(size.Width, 1, width);
        Assert.InRange(size.Height, 1, height);
        Assert.Equal(((height - size.Height) / 2, (width - size.Width) / 2), (top, left));
    }

    [Fact]
    public void What_is_drawn_depends_on_seed_picture_and_epoch()
    {
        var image = GoldenFile.Noise(32, 32, 4);
        float[] Draw(ulong seed, int example, int epoch)
        {
            var transforms = new ImageTransforms(ImagePreprocessing.Cifar, seed);
            var values = new float[32 * 32 * 3];
            transforms.Write(transforms.Prepare(image, "image"), example, (ulong)epoch, values);
            return values;
        }
        Assert.Equal(Draw(1, 2, 3), Draw(1, 2, 3));
        Assert.NotEqual(Draw(1, 2, 3), Draw(2, 2, 3));
        Assert.NotEqual(Draw(1, 2, 3), Draw(1, 3, 3));
        Assert.NotEqual(Draw(1, 2, 3), Draw(1, 2, 4));
    }

    [Fact]
    public void Impossible_settings_are_refused()
    {
        var good = ImagePreprocessing.ImageNet;
        ImagePreprocessing[] bad =
        [
            good with { ResizeTo = new ImageSize(8, 8) },
            good with { ResizeShorterSide = 0 },
            good with { CropSize = new ImageSize(-1, 4) },
            good with { StandardDeviation = default },
            good with { Mean = new RgbValues(float.NaN, 0, 0) },
            good with { RescaleFactor = 0 },
            good with { Interpolation = (Interpolation)7 },
            good with { CropSize = null },
            good with { Augmentation = new TrainingAugmentation { HorizontalFlipProbability = 2 } },
            good with { Augmentation = new TrainingAugmentation { CropPadding = -1 } },
            good with { Augmentation = good.Augmentation with { CropPadding = 1 } },
            good with { Augmentation = good.Augmentation with { ResizedCrop = new ResizedCropRange { SmallestArea = 2 } } },
        ];
        Assert.All(bad, settings => Assert.Throws<ArgumentException>(() => new ImageTransforms(settings)));
    }

    [Fact]
    public void A_thread_of_a_picture_is_not_blown_up()
    {
        var transforms = new ImageTransforms(ImagePreprocessing.ImageNet);
        var thrown = Assert.Throws<ImageException>(() => transforms.Prepare(new RgbImage(1, 60_000), "thread.png"));
        Assert.StartsWith("thread.png: ", thrown.Message, StringComparison.Ordinal);
    }

    private static float[] Written(ImageTransforms transforms, RgbImage image)
    {
        var values = new float[image.Pixels.Length];
        transforms.Write(transforms.Prepare(image, "image"), 0, 0, values);
        return values;
    }
}
