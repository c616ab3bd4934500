namespace Graft.Tasks;

/// <summary>Indexed pictures of any source (PyTorch's map-style <c>Dataset</c>): files, an archive, a database, memory. Labels are separate
/// (<see cref="LabelledImages"/>).</summary>
/// <remarks>Several threads ask for pictures at once.</remarks>
public interface IImageDataset
{
    /// <summary>How many pictures there are.</summary>
    int Count { get; }

    /// <summary>A picture's name in messages and predictions: its path, or its index in an archive.</summary>
    /// <param name="index">The picture's index, from 0.</param>
    string Name(int index);

    /// <summary>The decoded picture; the caller does not write into it.</summary>
    /// <param name="index">The picture's index, from 0.</param>
    /// <exception cref="ImageException">It cannot be decoded.</exception>
    RgbImage Load(int index);

    /// <summary>Adds what tells a picture from others, by which a run that goes on knows its data again: its name, unless a set knows better; of labelled
    /// pictures the label too.</summary>
    /// <param name="print">What it is added to.</param>
    /// <param name="index">The picture's index, from 0.</param>
    void AddTo(DataFingerprint print, int index)
    {
        ArgumentNullException.ThrowIfNull(print);
        print.Add(Name(index));
    }
}
