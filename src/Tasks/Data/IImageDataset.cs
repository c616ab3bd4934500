namespace Graft.Tasks;

/// <summary>Numbered pictures, wherever they come from: files, an archive, a database, memory. What is to be learnt of them stands
/// beside them (<see cref="LabelledImages"/>).</summary>
/// <remarks>Several threads ask for pictures at once.</remarks>
public interface IImageDataset
{
    /// <summary>How many pictures there are.</summary>
    int Count { get; }

    /// <summary>What messages and predictions call a picture: its path, or where it lies in an archive.</summary>
    /// <param name="index">The picture's number, from 0.</param>
    string Name(int index);

    /// <summary>The decoded picture; the caller does not write into it.</summary>
    /// <param name="index">The picture's number, from 0.</param>
    /// <exception cref="ImageException">It cannot be decoded.</exception>
    RgbImage Load(int index);
}
