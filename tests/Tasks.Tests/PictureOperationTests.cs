using System.Globalization;

namespace Graft.Tasks.Tests;

/// <summary>Numbers of Golden/operations.py.</summary>
public sealed class PictureOperationTests
{
    private static readonly Dictionary<string, NumpyArray> Golden = GoldenFile.Read("operations.npz");

    public static TheoryData<string> Operated => [.. Golden.Keys.Where(static name => name.Count(static character => character == '/') == 2)];

    public static TheoryData<string> Tables => [.. Golden.Keys.Where(static name => name.Contains(':', StringComparison.Ordinal))];

    [Theory]
    [MemberData(nameof(Operated))]
    public void Each_operation_makes_the_bytes_of_torchvision(string name)
    {
        string[] parts = name.Split('/');
        var operation = PictureOperation.All.Single(operation => operation.Name == parts[1]);
        var expected = Golden[name];
        var actual = operation.Apply(Golden[parts[0]].Image(), double.Parse(parts[2], CultureInfo.InvariantCulture));
        Assert.Equal(new ImageSize(expected.Shape[0], expected.Shape[1]), actual.Size);
        Assert.Equal(expected.Bytes, actual.Pixels);
    }

    [Theory]
    [MemberData(nameof(Tables))]
    public void The_tables_are_torchvisions(string name)
    {
        string[] parts = name.Split(':');
        var operation = PictureOperation.All.Single(operation => operation.Name == parts[1]);
        float[] expected = Golden[name].ToSingle();
        var scale = parts[0] == "rand" ? operation.Rand?.Invoke(new ImageSize(17, 23)) : operation.Trivial;
        Assert.Equal(parts[2] == "1", operation.IsSigned);
        if (expected.Length == 1) Assert.Null(scale);
        else for (int place = 0; place < expected.Length; place++) Assert.Equal(expected[place], (float)scale!.Value.At(place), 1e-5f);
    }

    /// <summary>Numbers of Golden/jitter.py.</summary>
    [Fact]
    public void Hues_turn_and_pictures_are_grey_as_in_torchvision()
    {
        var golden = GoldenFile.Read("jitter.npz");
        var picture = golden["picture"].Image();
        Assert.Equal(golden["grey"].Bytes, PixelOperations.Greyscale(picture).Pixels);
        string[] turned = [.. golden.Keys.Where(static name => name.StartsWith("hue/", StringComparison.Ordinal))];
        Assert.Equal(7, turned.Length);
        foreach (string name in turned)
            Assert.Equal(golden[name].Bytes, PixelOperations.Hue(picture, double.Parse(name[4..], CultureInfo.InvariantCulture)).Pixels);
    }

    [Fact]
    public void Colours_jitter_in_four_of_five_pictures_and_a_fifth_is_grey()
    {
        var variation = new PictureVariation(new VariationOptions { Policy = AugmentationPolicy.ColorJitter }, seed: 4);
        var picture = GoldenFile.Noise(6, 5, seed: 2);
        int asIs = 0, grey = 0;
        const int Drawn = 2000;
        for (int example = 0; example < Drawn; example++)
        {
            var varied = variation.Apply(picture, example, 1);
            Assert.Equal(varied.Pixels, variation.Apply(picture, example, 1).Pixels);
            if (varied.Pixels.AsSpan().SequenceEqual(picture.Pixels)) asIs++;
            if (Enumerable.Range(0, 30).All(pixel => varied.Pixels[3 * pixel] == varied.Pixels[3 * pixel + 1] && varied.Pixels[3 * pixel] == varied.Pixels[3 * pixel + 2])) grey++;
        }
        Assert.InRange(asIs / (double)Drawn, 0.13, 0.19);
        Assert.InRange(grey / (double)Drawn, 0.17, 0.23);
    }

    [Fact]
    public void An_erased_rectangle_is_of_torchvisions_range_and_is_the_mean_colour()
    {
        var size = new ImageSize(20, 30);
        var variation = new PictureVariation(new VariationOptions { Erasing = 0.999 }, seed: 3);
        var sizes = new HashSet<ImageSize>();
        for (int example = 0; example < 200; example++)
        {
            var (top, left, area) = variation.Rectangle(size, example, 0)!.Value;
            Assert.InRange(area.Height * area.Width / 600.0, 0.01, 0.36);
            Assert.InRange((double)area.Height / area.Width, 0.2, 4.5);
            Assert.True(top >= 0 && left >= 0 && top + area.Height <= 20 && left + area.Width <= 30);
            sizes.Add(area);
            float[] numbers = [.. Enumerable.Repeat(1f, 20 * 30 * 3)];
            variation.Erase(numbers, size, example, 0);
            int erased = numbers.Count(static number => number == 0);
            Assert.True(erased == 0 || erased == area.Height * area.Width * 3);
        }
        Assert.True(sizes.Count > 20);
    }

    [Fact]
    public void What_is_drawn_follows_from_the_seed_the_picture_and_the_epoch()
    {
        var image = GoldenFile.Noise(12, 12, 4);
        foreach (var policy in Enum.GetValues<AugmentationPolicy>())
        {
            byte[] Drawn(ulong seed, int example, ulong round) => new PictureVariation(new VariationOptions { Policy = policy }, seed).Apply(image, example, round).Pixels;
            Assert.Equal(Drawn(1, 2, 3), Drawn(1, 2, 3));
            Assert.True(Enumerable.Range(0, 40).Select(example => Convert.ToHexString(Drawn(1, example, 0))).Distinct().Count() > 10);
            Assert.True(Enumerable.Range(0, 40).Select(round => Convert.ToHexString(Drawn(1, 0, (ulong)round))).Distinct().Count() > 10);
        }
        Assert.Throws<ArgumentException>(() => new VariationOptions { Magnitude = 3 }.Validate());
        Assert.Throws<ArgumentOutOfRangeException>(() => new VariationOptions { Policy = AugmentationPolicy.RandAugment, Magnitude = 31 }.Validate());
    }
}
