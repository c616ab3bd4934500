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

    /// <inheritdoc/>
    /// <remarks>Its file's name and length; the folder may be another.</remarks>
    public void AddTo(DataFingerprint print, int index)
    {
        ArgumentNullException.ThrowIfNull(print);
        print.Add(Path.GetFileName(paths[index]));
        print.Add(new FileInfo(paths[index]) is { Exists: true } file ? file.Length : -1);
    }
}
