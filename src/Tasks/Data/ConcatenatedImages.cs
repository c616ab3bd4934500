namespace Graft.Tasks;

/// <summary>Several datasets concatenated (PyTorch's <c>ConcatDataset</c>).</summary>
public sealed class ConcatenatedImages : IImageDataset
{
    private readonly IReadOnlyList<IImageDataset> parts;
    private readonly int[] ends;

    /// <summary>Takes the datasets in their order.</summary>
    /// <param name="parts">The datasets.</param>
    public ConcatenatedImages(IReadOnlyList<IImageDataset> parts)
    {
        ArgumentNullException.ThrowIfNull(parts);
        this.parts = parts;
        ends = new int[parts.Count];
        for (int part = 0; part < ends.Length; part++) ends[part] = (part == 0 ? 0 : ends[part - 1]) + parts[part].Count;
    }

    /// <inheritdoc/>
    public int Count => ends.Length == 0 ? 0 : ends[^1];

    /// <inheritdoc/>
    public string Name(int index) => At(index, out int place).Name(place);

    /// <inheritdoc/>
    public RgbImage Load(int index) => At(index, out int place).Load(place);

    /// <inheritdoc/>
    public void AddTo(DataFingerprint print, int index) => At(index, out int place).AddTo(print, place);

    private IImageDataset At(int index, out int place)
    {
        int part = Array.FindIndex(ends, end => index < end);
        place = index - (part == 0 ? 0 : ends[part - 1]);
        return parts[part];
    }
}
