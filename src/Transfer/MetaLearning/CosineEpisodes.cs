using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Transfer;

/// <summary>Baseline++ (Chen et al. 2019): all classes are told apart at once by the cosines of their features, and a new <see cref="CosineHead"/> is fitted to an episode's few
/// examples. A step has as many examples as an episode, of any classes.</summary>
public sealed class CosineEpisodes : MetaLearningMethod
{
    private readonly CosineHead head;
    private readonly int[] classes;
    private readonly RandomStream drawn;

    /// <summary>Prepares it.</summary>
    /// <param name="setting">What for.</param>
    /// <exception cref="ArgumentException">Too few classes have as many examples as an episode takes.</exception>
    public CosineEpisodes(MetaLearningSetting setting) : base(setting)
    {
        var numbers = setting.Labels.Distinct().Order().Index().ToDictionary(static one => one.Item, static one => one.Index);
        classes = [.. setting.Labels.Select(label => numbers[label])];
        head = Add("head", new CosineHead(setting.Features, numbers.Count));
        drawn = new RandomStream(setting.Seed, "examples of cosines");
    }

    /// <inheritdoc/>
    public override int[] Answers(Episode episode, EpisodeInput examples)
    {
        ArgumentNullException.ThrowIfNull(episode);
        ArgumentNullException.ThrowIfNull(examples);
        using var pass = Pass.Infer(Setting.Device);
        var features = Setting.Model.Features(examples(pass, [.. episode.Support, .. episode.Queries], null));
        float[][] rows = [.. features.Value.ToArray().Chunk(features.Shape[1])];
        return CosineHead.Fit(rows[..episode.Support.Count], episode.SupportLabels, Setting.Device, new CosineHeadOptions { Seed = Setting.Seed })
            .Answers(rows[episode.Support.Count..], Setting.Device);
    }

    /// <inheritdoc/>
    protected override ITrainingBatch BatchAt(long number)
    {
        int count = Setting.Ways * (Setting.Shots + Setting.Queries);
        int[] examples = [.. Enumerable.Range(0, count).Select(place => drawn.Below(classes.Length, (ulong)(number * count + place)))];
        return new LossBatch(count, pass =>
            head.Forward(Setting.Model.Features(Setting.Examples(pass, examples, number))).CrossEntropy([.. examples.Select(example => classes[example])]));
    }
}
