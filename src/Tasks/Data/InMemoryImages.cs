namespace Graft.Tasks;

/// <summary>Decoded pictures in memory, drawn by a program or read by one.</summary>
/// <param name="name">The dataset's name in messages.</param>
/// <param name="images">The pictures.</param>
public sealed class InMemoryImages(string name, IReadOnlyList<RgbImage> images) : IImageDataset
{
    /// <inheritdoc/>
    public int Count => images.Count;

    /// <inheritdoc/>
    public string Name(int index) => $"{name}[{index}]";

    /// <inheritdoc/>
    public RgbImage Load(int index) => images[index];

    /// <inheritdoc/>
    public void AddTo(DataFingerprint print, int index)
    {
        ArgumentNullException.ThrowIfNull(print);
        var image = Load(index);
        print.Add(image.Width);
        print.Add(image.Pixels);
    }
}
