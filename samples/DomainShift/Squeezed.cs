using Graft.Tasks;
using SkiaSharp;

namespace Graft.Samples.DomainShift;

/// <summary>Pictures that were saved as JPEG once more, at a low quality.</summary>
internal static class Squeezed
{
    /// <summary>The same pictures after that, with the same labels.</summary>
    /// <param name="pictures">The pictures.</param>
    /// <param name="quality">Of JPEG, from 1 to 100.</param>
    public static LabelledImages Of(LabelledImages pictures, int quality)
    {
        string name = $"{pictures.Root} at quality {quality}";
        RgbImage[] squeezed = [.. Enumerable.Range(0, pictures.Count).Select(index => Once(pictures.Load(index), quality, pictures.Name(index)))];
        return new LabelledImages(name, pictures.ClassNames, new InMemoryImages(name, squeezed), [.. Enumerable.Range(0, pictures.Count).Select(pictures.Label)]);
    }

    private static RgbImage Once(RgbImage image, int quality, string name)
    {
        using var bitmap = new SKBitmap(image.Width, image.Height, SKColorType.Rgba8888, SKAlphaType.Opaque);
        for (int y = 0; y < image.Height; y++)
        {
            var row = image.Row(y);
            for (int x = 0; x < image.Width; x++) bitmap.SetPixel(x, y, new SKColor(row[3 * x], row[3 * x + 1], row[3 * x + 2]));
        }
        using var encoded = bitmap.Encode(SKEncodedImageFormat.Jpeg, quality);
        return RgbImage.Decode(encoded.AsSpan(), name);
    }
}
