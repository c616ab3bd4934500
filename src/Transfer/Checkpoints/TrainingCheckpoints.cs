namespace Graft.Transfer;

/// <summary>Where a training is kept while it runs, how often, and whether one that was kept goes on: everything that it needs to end with the weights
/// that it would have had without an interruption, bit for bit.</summary>
/// <remarks>A checkpoint is one safetensors file that ends with a checksum. It is written aside, flushed to the disk and renamed; older ones go when it
/// stands. Of one that is damaged the one before is taken.</remarks>
/// <example><code>
/// var trainer = new Trainer(optimiser, device) { Checkpoints = new TrainingCheckpoints("run/checkpoints") { Resume = true } };
/// trainer.Fit(trainingSet, epochs: 20);      // goes on where it ended, or begins
/// </code></example>
public sealed record TrainingCheckpoints
{
    /// <summary>Chooses a folder.</summary>
    /// <param name="folder">The folder, of this training alone; it is made with the first checkpoint.</param>
    public TrainingCheckpoints(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        Folder = folder;
    }

    /// <summary>The folder.</summary>
    public string Folder { get; }

    /// <summary>After how many steps one is written; null to go by epochs or time.</summary>
    public int? EverySteps { get; init; }

    /// <summary>Whether one is written at each epoch's end.</summary>
    public bool EveryEpoch { get; init; }

    /// <summary>Where neither steps nor epochs are given: the time after which one is written, or a quarter of it at an epoch's end. A minute, so that a training that
    /// is shorter is not slowed by any and a longer one by what writing takes of a minute.</summary>
    public TimeSpan Every { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How many are kept, the last ones; beside them the one of the best evaluation is.</summary>
    public int Keep { get; init; } = 2;

    /// <summary>The figure of evaluations by which one is the best.</summary>
    public string Metric { get; init; } = Metrics.Loss;

    /// <summary>Whether a larger figure is better.</summary>
    public bool LargerIsBetter { get; init; }

    /// <summary>Whether a training that is kept there goes on; else a new one takes its place.</summary>
    public bool Resume { get; init; }

    /// <summary>What has to be the same for a training to go on, by name: the recipe, the data, the model's first weights.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Identity { get; init; } = [];

    /// <summary>Told what is worth knowing: a checkpoint that is damaged and passed over, the step that the training goes on from.</summary>
    public Action<string>? Note { get; init; }

    /// <summary>Stands between a checkpoint and its file.</summary>
    internal Func<Stream, Stream>? Through { get; init; }

    /// <summary>Whether the folder has a checkpoint.</summary>
    public bool Exist => new CheckpointFolder(this).Files().Count > 0;

    /// <summary>Removes all checkpoints, and the folder where nothing else is in it: the training is done.</summary>
    /// <exception cref="IOException">One cannot be removed.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be written to.</exception>
    public void Clear() => new CheckpointFolder(this).Clear();

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Keep, 1);
        if (EverySteps is { } steps) ArgumentOutOfRangeException.ThrowIfLessThan(steps, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(Every, TimeSpan.Zero);
        ArgumentException.ThrowIfNullOrEmpty(Metric);
    }
}
