using Graft.Autograd;
using Graft.Models;

namespace Graft.Transfer;

/// <summary>Which gradient the weights that steps begin with learn by.</summary>
public enum SteppedGradient
{
    /// <summary>That of the loss after the steps, through them (MAML; Finn et al. 2017).</summary>
    SecondOrder,

    /// <summary>That of the loss after the steps where it stands (FOMAML).</summary>
    FirstOrder,

    /// <summary>The way back from where the steps lead (Reptile; Nichol et al. 2018).</summary>
    WayBack,
}

/// <summary>Methods that learn a task by a few steps of gradient descent (<see cref="ModelAgnostic"/>, <see cref="Reptile"/>) as a training of episodes: the head has a row for
/// each class of an episode, and its weights, and the trunk's unless the head alone adapts, are those that the steps begin with; or every task's steps begin with a head of zeros
/// (the zeroing trick; Kao, Chiu and Chen 2022), so that what a class is called in an episode makes no difference and the trunk alone is learnt.</summary>
/// <remarks>Batch norms normalise by the task's batches, in training and where it is asked, as in the papers' code.</remarks>
public sealed class SteppedEpisodes : MetaLearningMethod, IDisposable
{
    private readonly ModelAgnostic training, testing;
    private readonly BackwardRule rule;
    private readonly bool zeroHead;

    /// <summary>Prepares it.</summary>
    /// <param name="setting">What for, with its steps.</param>
    /// <param name="gradient">What is learnt by.</param>
    /// <param name="headAlone">Whether the head alone adapts (ANIL; Raghu et al. 2020).</param>
    /// <param name="zeroHead">Whether the model's head is set to zeros, here and for good.</param>
    /// <exception cref="ArgumentException">Too few classes have as many examples as an episode takes, or the model's head has not a row for each class of an episode.</exception>
    public SteppedEpisodes(MetaLearningSetting setting, SteppedGradient gradient, bool headAlone = false, bool zeroHead = false) : base(setting)
    {
        if (!Enum.IsDefined(gradient)) throw new ArgumentOutOfRangeException(nameof(gradient), gradient, "there is no such gradient");
        RequireWays(setting.Ways);
        this.zeroHead = zeroHead;
        var inner = setting.Inner ?? new InnerLoop();
        var head = new ParameterGroups(setting.Model)[^1].Parameters.ToHashSet();
        if (headAlone) inner = inner with { Adapts = head.Contains };
        if (zeroHead)
        {
            foreach (var parameter in head) parameter.Value.CopyFrom(new float[parameter.Shape.ElementCount]);
        }
        training = new ModelAgnostic(setting.Model, setting.Device, inner) { IsFirstOrder = gradient == SteppedGradient.FirstOrder };
        testing = new ModelAgnostic(setting.Model, setting.Device, inner with { Steps = setting.TestSteps ?? inner.Steps });
        rule = gradient == SteppedGradient.WayBack ? new Reptile(setting.Model, setting.Device, inner) : training;
    }

    /// <inheritdoc/>
    public override BackwardRule Backward => rule;

    /// <inheritdoc/>
    public override bool LearnsHead => !zeroHead;

    /// <inheritdoc/>
    public override bool KeepsWays => true;

    /// <inheritdoc/>
    public override BatchNormPolicy Norms => BatchNormPolicy.AlwaysBatchStatistics;

    /// <inheritdoc/>
    public override int[] Answers(Episode episode, EpisodeInput examples)
    {
        ArgumentNullException.ThrowIfNull(episode);
        ArgumentNullException.ThrowIfNull(examples);
        RequireWays(episode.Ways);
        var adapted = testing.Adapt(TaskOf(episode, examples, round: null));
        using var pass = Pass.Train(Setting.Device);
        adapted.SubstituteIn(pass);
        var logits = Setting.Model.Forward(examples(pass, episode.Queries, null));
        pass.DiscardDeferred();
        return Largest(logits);
    }

    /// <summary>Gives back what its steps keep.</summary>
    public void Dispose()
    {
        training.Dispose();
        testing.Dispose();
        rule.Dispose();
    }

    /// <inheritdoc/>
    protected override ITrainingBatch BatchAt(long number) => training.BatchOf(TaskOf(Draw.At(number), Setting.Examples, number));

    private MetaTask TaskOf(Episode episode, EpisodeInput examples, long? round) => new(
        pass => Setting.Model.Forward(examples(pass, episode.Support, round)).CrossEntropy(episode.SupportLabels),
        pass => Setting.Model.Forward(examples(pass, episode.Queries, round)).CrossEntropy(episode.QueryLabels), episode.Queries.Count);

    private void RequireWays(int ways)
    {
        if (Setting.Model.Classes != ways)
            throw new ArgumentException(
                $"the head of {Setting.Model.Name} has {Setting.Model.Classes} classes and an episode {ways}: what learns by steps answers as many as it learnt with");
    }
}
