using Graft.Transfer;

namespace Graft.Tasks;

/// <summary>How a model learns to learn classes from a few pictures each.</summary>
public sealed record ImageMetaLearningOptions
{
    /// <summary>What is learnt.</summary>
    public MetaLearningKind Method { get; init; } = MetaLearningKind.Prototypes;

    /// <summary>How many classes an episode has; more than are asked for later are harder and teach more (Snell et al. 2017), but methods that learn by steps have to have as many.</summary>
    public int Ways { get; init; } = 5;

    /// <summary>How many pictures of each class are learnt from.</summary>
    public int Shots { get; init; } = 1;

    /// <summary>How many of each are asked about.</summary>
    public int Queries { get; init; } = 5;

    /// <summary>How many episodes there are.</summary>
    public int Episodes { get; init; } = 2000;

    /// <summary>How often it is tested on the way, at most, where there are pictures to test it with: after parts of as many episodes each.</summary>
    public int Tests { get; init; } = 5;

    /// <summary>How many episodes a step is made of (the meta-batch); null for the method's own.</summary>
    public int? TasksPerStep { get; init; }

    /// <summary>The highest learning rate, which falls along a cosine; null for the method's own.</summary>
    public double? LearningRate { get; init; }

    /// <summary>The steps on a task, of methods that learn by steps; null for the method's own.</summary>
    public InnerLoop? Inner { get; init; }

    /// <summary>How many steps are made where it is tested; null for the method's own.</summary>
    public int? TestSteps { get; init; }

    /// <summary>How training pictures are cropped and mirrored.</summary>
    public TrainingAugmentation Augmentation { get; init; } = TrainingAugmentation.None;

    /// <summary>What else is done to training pictures.</summary>
    public VariationOptions Variation { get; init; } = new();

    /// <summary>The seed of whatever is drawn.</summary>
    public ulong Seed { get; init; }

    /// <summary>Reports each picture that cannot be read and is left out; null to end there.</summary>
    public Action<ImageException>? Unreadable { get; init; }

    /// <summary>How the run is kept and watched; null for neither.</summary>
    public RunOptions? Run { get; init; }

    internal void Validate()
    {
        ArgumentNullException.ThrowIfNull(Method);
        ArgumentNullException.ThrowIfNull(Augmentation);
        ArgumentNullException.ThrowIfNull(Variation);
        ArgumentOutOfRangeException.ThrowIfLessThan(Episodes, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(Tests, 1);
        if (TasksPerStep is { } tasks) ArgumentOutOfRangeException.ThrowIfLessThan(tasks, 1, nameof(TasksPerStep));
        if (LearningRate is { } rate && !(rate > 0 && double.IsFinite(rate))) throw new ArgumentOutOfRangeException(nameof(LearningRate), LearningRate, "a learning rate is above 0");
        Variation.Validate();
    }
}
