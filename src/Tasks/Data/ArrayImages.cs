namespace Graft.Tasks;

/// <summary>Pictures in memory: drawn by a program, or the arrays of a NumPy archive.</summary>
internal sealed class ArrayImages : IImageSource
{
    private readonly string name;
    private readonly IReadOnlyList<RgbImage> images;
    private readonly IReadOnlyList<int> labels;

    /// <summary>Takes pictures and a class number for each.</summary>
    /// <exception cref="ArgumentException">There are not as many labels as pictures.</exception>
    public ArrayImages(string name, IReadOnlyList<RgbImage> images, IReadOnlyList<int> labels)
    {
        if (images.Count != labels.Count) throw new ArgumentException($"{name}: {labels.Count} labels do not fit {images.Count} pictures");
        this.name = name;
        this.images = images;
        this.labels = labels;
    }

    public int Count => images.Count;

    public int Label(int index) => labels[index];

    public string Name(int index) => $"{name}[{index}]";

    public RgbImage Load(int index) => images[index];

    /// <summary>Makes pictures of bytes [N, H, W], [N, H, W, 1] (grey) or [N, H, W, 3], and of labels [N] or [N, 1].</summary>
    /// <exception cref="NumpyException">The arrays have other types or shapes, or do not fit together.</exception>
    public static ArrayImages From(string name, NumpyArray pictures, NumpyArray labels)
    {
        var shape = pictures.Shape;
        int channels = shape.Count switch { 3 => 1, 4 => shape[3], _ => 0 };
        if (channels is not (1 or RgbImage.Channels) || pictures.Type != NumpyType.UInt8 || shape[1] == 0 || shape[2] == 0)
            throw new NumpyException($"{name}: {pictures} is no array of pictures; uint8 [N, H, W] or [N, H, W, 3] is");
        if (labels.ElementCount != shape[0] || labels.Shape.Count is not (1 or 2))
            throw new NumpyException($"{name}: {labels} does not label {shape[0]} pictures; [N] or [N, 1] does");
        int height = shape[1], width = shape[2], length = height * width * channels;
        var images = new RgbImage[shape[0]];
        for (int i = 0; i < images.Length; i++)
        {
            var image = new RgbImage(width, height);
            var from = pictures.Bytes.AsSpan(checked(i * length), length);
            if (channels == RgbImage.Channels) from.CopyTo(image.Pixels);
            else for (int at = 0; at < from.Length; at++) image.Pixels.AsSpan(at * RgbImage.Channels, RgbImage.Channels).Fill(from[at]);
            images[i] = image;
        }
        return new ArrayImages(name, images, labels.ToInt32());
    }
}
