namespace Graft.Tasks;

/// <summary>Numbered, labelled pictures: a folder's, or arrays in memory. Several threads may load at once.</summary>
internal interface IImageSource
{
    /// <summary>How many pictures there are.</summary>
    int Count { get; }

    /// <summary>The picture's class number; negative where it is not known.</summary>
    int Label(int index);

    /// <summary>What messages and reports call the picture: its path, or where it lies in an array.</summary>
    string Name(int index);

    /// <summary>The decoded picture; the caller does not write into it.</summary>
    /// <exception cref="ImageException">It cannot be decoded.</exception>
    RgbImage Load(int index);
}
