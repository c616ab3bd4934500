namespace Graft.Tasks;

/// <summary>Several sources one after the other: files beside the archives that were named with them.</summary>
internal sealed class CombinedImages : IImageSource
{
    private readonly IReadOnlyList<IImageSource> parts;
    private readonly int[] ends;

    public CombinedImages(IReadOnlyList<IImageSource> parts)
    {
        this.parts = parts;
        ends = new int[parts.Count];
        for (int part = 0; part < ends.Length; part++) ends[part] = (part == 0 ? 0 : ends[part - 1]) + parts[part].Count;
    }

    public int Count => ends.Length == 0 ? 0 : ends[^1];

    public int Label(int index) => At(index, out int place).Label(place);

    public string Name(int index) => At(index, out int place).Name(place);

    public RgbImage Load(int index) => At(index, out int place).Load(place);

    private IImageSource At(int index, out int place)
    {
        int part = Array.FindIndex(ends, end => index < end);
        place = index - (part == 0 ? 0 : ends[part - 1]);
        return parts[part];
    }
}
