using Graft.Autograd;

namespace Graft.Transfer;

/// <summary>Prototypical networks (Snell et al. 2017) as a training of episodes: queries are to be nearest to the mean of their class's examples, by squared distance.</summary>
public sealed class PrototypeEpisodes : MetaLearningMethod
{
    /// <summary>Prepares it.</summary>
    /// <param name="setting">What for.</param>
    /// <exception cref="ArgumentException">Too few classes have as many examples as an episode takes.</exception>
    public PrototypeEpisodes(MetaLearningSetting setting) : base(setting)
    {
    }

    /// <inheritdoc/>
    public override int[] Answers(Episode episode, EpisodeInput examples)
    {
        ArgumentNullException.ThrowIfNull(episode);
        ArgumentNullException.ThrowIfNull(examples);
        using var pass = Pass.Infer(Setting.Device);
        return Largest(Logits(pass, episode, examples, round: null));
    }

    /// <inheritdoc/>
    protected override ITrainingBatch BatchAt(long number)
    {
        var episode = Draw.At(number);
        return new LossBatch(episode.Queries.Count, pass => Logits(pass, episode, Setting.Examples, number).CrossEntropy(episode.QueryLabels));
    }

    private Variable Logits(Pass pass, Episode episode, EpisodeInput examples, long? round)
    {
        var features = Setting.Model.Features(examples(pass, [.. episode.Support, .. episode.Queries], round));
        int support = episode.Support.Count;
        return PrototypicalNetwork.Logits(features.Slice(0, support, episode.Queries.Count), PrototypicalNetwork.Prototypes(features.Slice(0, 0, support), episode.Ways));
    }
}
