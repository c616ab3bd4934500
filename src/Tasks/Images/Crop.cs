namespace Graft.Tasks;

/// <summary>Cuts pictures; pixels outside the picture are black, as in Pillow.</summary>
internal static class Crop
{
    /// <summary>The middle of a picture (torchvision's <c>CenterCrop</c>): an odd margin is split by rounding half to even, and a
    /// picture that is too small is padded, the larger half after it.</summary>
    public static RgbImage Center(RgbImage image, ImageSize size)
    {
        if (image.Size == size) return image;
        return At(image, Start(image.Height, size.Height), Start(image.Width, size.Width), size);
    }

    /// <summary>A rectangle whose upper left corner is (<paramref name="top"/>, <paramref name="left"/>), which may be outside.</summary>
    public static RgbImage At(RgbImage image, int top, int left, ImageSize size)
    {
        if (top == 0 && left == 0 && image.Size == size) return image;
        var result = new RgbImage(size.Width, size.Height);
        int from = Math.Max(0, left), to = (int)Math.Min(image.Width, (long)left + size.Width);
        if (from >= to) return result;
        for (int y = Math.Max(0, -top); y < size.Height && y + top < image.Height; y++)
        {
            image.Row(y + top)[(from * RgbImage.Channels)..(to * RgbImage.Channels)]
                .CopyTo(result.Row(y)[((from - left) * RgbImage.Channels)..]);
        }
        return result;
    }

    private static int Start(int length, int wanted) => wanted > length
        ? -((wanted - length) / 2)
        : (int)Math.Round((length - wanted) / 2.0, MidpointRounding.ToEven);
}
