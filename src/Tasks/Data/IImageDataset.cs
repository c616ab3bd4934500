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
}
