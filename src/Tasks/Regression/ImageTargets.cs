namespace Graft.Tasks;

/// <summary>Pictures with regression targets: ages, angles, prices.</summary>
public sealed class ImageTargets : IImageDataset
{
    private readonly IImageDataset images;
    private readonly float[][] targets;

    /// <summary>Takes pictures and the targets of each.</summary>
    /// <param name="names">The names of the targets, in their order.</param>
    /// <param name="images">The pictures.</param>
    /// <param name="targets">Each picture's targets, as many as there are names.</param>
    /// <exception cref="ArgumentException">There are not as many rows as pictures, or as many targets as names; or a target is not
    /// finite.</exception>
    public ImageTargets(IReadOnlyList<string> names, IImageDataset images, IReadOnlyList<float[]> targets)
    {
        ArgumentNullException.ThrowIfNull(names);
        ArgumentNullException.ThrowIfNull(images);
        ArgumentNullException.ThrowIfNull(targets);
        if (names.Count == 0) throw new ArgumentException("there is nothing to learn without a name of it", nameof(names));
        if (images.Count != targets.Count) throw new ArgumentException($"{targets.Count} rows of numbers do not fit {images.Count} pictures", nameof(targets));
        for (int index = 0; index < targets.Count; index++)
            if (targets[index].Length != names.Count || !targets[index].All(float.IsFinite))
                throw new ArgumentException($"{images.Name(index)} has {targets[index].Length} numbers; it has to have {names.Count} that are finite", nameof(targets));
        (Names, this.images, this.targets) = (names, images, [.. targets]);
    }

    /// <summary>The names of the targets.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <inheritdoc/>
    public int Count => images.Count;

    /// <inheritdoc/>
    public string Name(int index) => images.Name(index);

    /// <inheritdoc/>
    public RgbImage Load(int index) => images.Load(index);

    /// <summary>A picture's targets.</summary>
    /// <param name="index">The picture's index, from 0.</param>
    public ReadOnlySpan<float> Targets(int index) => targets[index];

    /// <inheritdoc/>
    public void AddTo(DataFingerprint print, int index)
    {
        ArgumentNullException.ThrowIfNull(print);
        images.AddTo(print, index);
        print.Add(targets[index].AsSpan());
    }
}
