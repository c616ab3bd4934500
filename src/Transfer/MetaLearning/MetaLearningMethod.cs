using Graft.Autograd;
using Graft.Models;
using Graft.Tensors;

namespace Graft.Transfer;

/// <summary>A method by which a model learns to learn classes from a few examples each. What it has of layers of its own learns with the trunk and is thrown away afterwards.</summary>
/// <remarks>Used by one training at a time, on its thread.</remarks>
public abstract class MetaLearningMethod : Module
{
    private protected MetaLearningMethod(MetaLearningSetting setting)
    {
        ArgumentNullException.ThrowIfNull(setting);
        setting.Validate();
        Setting = setting;
        Draw = setting.Draw();
    }

    /// <summary>What it was made for.</summary>
    public MetaLearningSetting Setting { get; }

    /// <summary>How gradients come about; null for one backward.</summary>
    public virtual BackwardRule? Backward => null;

    /// <summary>Whether the model's own head learns too, whose classes are then an episode's.</summary>
    public virtual bool LearnsHead => false;

    /// <summary>Whether it answers episodes of as many classes as it learnt with and no others.</summary>
    public virtual bool KeepsWays => LearnsHead;

    /// <summary>What batch norms normalise by: by default a training's batches, and statistics of them where it is asked.</summary>
    public virtual BatchNormPolicy Norms => BatchNormPolicy.FollowFreezing;

    /// <summary>The episodes that are trained with.</summary>
    protected EpisodeDraw Draw { get; }

    /// <summary>What is learnt from, in parts that may be tested in between.</summary>
    /// <param name="episodesPerEpoch">How many episodes an epoch has.</param>
    public ITrainingSet Over(int episodesPerEpoch)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(episodesPerEpoch);
        return new Episodes(this, episodesPerEpoch);
    }

    /// <summary>The answers to an episode's queries, after its examples were looked at: for each the number in the episode of a class.</summary>
    /// <param name="episode">The episode, of the setting's examples or of others.</param>
    /// <param name="examples">What makes an input of those.</param>
    /// <exception cref="ArgumentException">It has more or fewer classes than the model's head, and the method <see cref="KeepsWays"/>.</exception>
    public abstract int[] Answers(Episode episode, EpisodeInput examples);

    /// <summary>The batch of a number, which counts on from epoch to epoch.</summary>
    protected abstract ITrainingBatch BatchAt(long number);

    /// <summary>The number of the largest logit of each row.</summary>
    private protected static int[] Largest(Variable logits) =>
        [.. logits.Value.ToArray().Chunk(logits.Shape[1]).Select(static row => Array.IndexOf(row, row.Max()))];

    private sealed class Episodes(MetaLearningMethod method, int count) : ITrainingSet
    {
        public int BatchesPerEpoch => count;

        public IEnumerable<ITrainingBatch> Epoch(int epoch, CancellationToken cancellation) => EpochFrom(epoch, 0, cancellation);

        public IEnumerable<ITrainingBatch> EpochFrom(int epoch, int batchesDone, CancellationToken cancellation)
        {
            for (int number = batchesDone; number < count; number++) yield return method.BatchAt((long)epoch * count + number);
        }
    }

    /// <summary>Examples whose loss is one expression.</summary>
    private protected sealed class LossBatch(int count, Func<Pass, Variable> loss) : ITrainingBatch
    {
        public int Count => count;

        public Variable Loss(Pass pass) => loss(pass);
    }
}

/// <summary>Makes a model's input of examples.</summary>
/// <param name="pass">The run.</param>
/// <param name="examples">The examples' numbers.</param>
/// <param name="round">What a variation of them is drawn by; null for examples as they are.</param>
/// <returns>[examples, C, H, W].</returns>
public delegate Variable EpisodeInput(Pass pass, IReadOnlyList<int> examples, long? round);

/// <summary>What a method of meta-learning is made for.</summary>
/// <param name="Model">The model that learns.</param>
/// <param name="Features">How many features its trunk makes.</param>
/// <param name="Labels">The class of each example.</param>
/// <param name="Examples">What makes an input of examples.</param>
/// <param name="Device">Where it computes.</param>
public sealed record MetaLearningSetting(ImageModel Model, int Features, IReadOnlyList<int> Labels, EpisodeInput Examples, Device Device)
{
    /// <summary>How many classes a training's episode has.</summary>
    public int Ways { get; init; } = 5;

    /// <summary>How many examples of each are learnt from.</summary>
    public int Shots { get; init; } = 1;

    /// <summary>How many of each are asked about.</summary>
    public int Queries { get; init; } = 5;

    /// <summary>The steps on a task, of methods that learn by steps; null for those of its <see cref="MetaLearningKind"/>.</summary>
    public InnerLoop? Inner { get; init; }

    /// <summary>How many steps are made where it is tested, of methods that learn by steps; null as before.</summary>
    public int? TestSteps { get; init; }

    /// <summary>The seed of whatever is drawn.</summary>
    public ulong Seed { get; init; }

    internal EpisodeDraw Draw() => new(Labels, Ways, Shots, Queries, Seed);

    internal void Validate()
    {
        ArgumentNullException.ThrowIfNull(Model);
        ArgumentNullException.ThrowIfNull(Labels);
        ArgumentNullException.ThrowIfNull(Examples);
        ArgumentNullException.ThrowIfNull(Device);
        if (TestSteps is { } steps) ArgumentOutOfRangeException.ThrowIfNegative(steps, nameof(TestSteps));
    }
}
