namespace Graft.Tasks;

/// <summary>Pictures by the paths of their files.</summary>
/// <param name="paths">The files.</param>
public sealed class ImageFiles(IReadOnlyList<string> paths) : IImageDataset
{
    /// <inheritdoc/>
    public int Count => paths.Count;

    /// <inheritdoc/>
    public string Name(int index) => paths[index];

    /// <inheritdoc/>
    public RgbImage Load(int index) => ImageDecoder.Decode(paths[index]);
}
