namespace Graft.Tasks.Tests;

/// <summary>Arrays that Golden/make_goldens.py wrote with Pillow, torchvision and PyTorch.</summary>
internal static class GoldenFile
{
    public static Dictionary<string, NumpyArray> Read(string name)
    {
        using var archive = NumpyArchive.Open(Path.Combine(AppContext.BaseDirectory, "Golden", name));
        return archive.Names.ToDictionary(array => array, archive.Read);
    }

    public static RgbImage Image(this NumpyArray array) => new(array.Shape[1], array.Shape[0], array.Bytes);

    /// <summary>A picture whose bytes look random but are the same in every run.</summary>
    public static RgbImage Noise(int width, int height, int seed)
    {
        var image = new RgbImage(width, height);
        new Random(seed).NextBytes(image.Pixels);
        return image;
    }
}
