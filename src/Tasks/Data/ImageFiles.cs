namespace Graft.Tasks;

/// <summary>Pictures by their paths; without labels those that a prediction is wanted for.</summary>
internal sealed class ImageFiles(IReadOnlyList<string> paths, IReadOnlyList<int>? labels = null) : IImageSource
{
    private const int Unknown = -1;

    public int Count => paths.Count;

    public int Label(int index) => labels is null ? Unknown : labels[index];

    public string Name(int index) => paths[index];

    public RgbImage Load(int index) => ImageDecoder.Decode(paths[index]);
}
