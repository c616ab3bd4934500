namespace Graft.Tasks;

/// <summary>Pictures whose class is not known, by their paths: what a prediction is wanted for.</summary>
internal sealed class ImageFiles(IReadOnlyList<string> paths) : IImageSource
{
    private const int Unknown = -1;

    public int Count => paths.Count;

    public int Label(int index) => Unknown;

    public string Name(int index) => paths[index];

    public RgbImage Load(int index) => ImageDecoder.Decode(paths[index]);
}
