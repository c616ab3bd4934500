namespace Graft.Tasks;

/// <summary>Some pictures of a dataset (PyTorch's <c>Subset</c>).</summary>
/// <param name="whole">The dataset.</param>
/// <param name="places">Their indices in it, in the order wanted.</param>
internal sealed class SomeImages(IImageDataset whole, IReadOnlyList<int> places) : IImageDataset
{
    public int Count => places.Count;

    public string Name(int index) => whole.Name(places[index]);

    public RgbImage Load(int index) => whole.Load(places[index]);

    public void AddTo(DataFingerprint print, int index) => whole.AddTo(print, places[index]);
}
