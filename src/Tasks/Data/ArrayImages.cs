namespace Graft.Tasks;

/// <summary>Pictures in memory, drawn by a program.</summary>
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
}
