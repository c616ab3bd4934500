using Graft.Transfer;

namespace Graft.Tasks;

/// <content>What was learnt earlier and is not to be forgotten.</content>
public abstract partial class ImageTask<TData, TPrediction>
{
    /// <summary>Pictures that the model has learnt earlier, with the labels that it has now.</summary>
    /// <exception cref="ArgumentException">The task has none of that kind.</exception>
    private protected virtual TData EarlierOf(EarlierOptions options, IReadOnlyList<string> labels) =>
        throw new ArgumentException("what was learnt earlier is kept of pictures of one class each: leave it out");

    /// <summary>As many of each class.</summary>
    private protected virtual TData SomeOfEach(TData data, int count, ulong seed) => data;

    /// <summary>The training with what keeps earlier pictures from being forgotten.</summary>
    /// <param name="copy">The model that is to learn.</param>
    /// <param name="data">The new pictures as a training set.</param>
    /// <param name="how">How it learns.</param>
    /// <param name="unreadable">Reports each picture that cannot be read; null to end there.</param>
    /// <param name="cancellation">Ends the measuring.</param>
    private (ITrainingSet Data, ElasticWeights? Held, TData? Earlier) WithEarlier(
        TaskState<ImageModel, ImagePreprocessing, ImageFineTuneOptions> copy, ITrainingSet data, ImageFineTuneOptions how, Action<int, ImageException>? unreadable,
        CancellationToken cancellation)
    {
        if (!how.Earlier.IsAsked) return (data, null, null);
        if (copy.Model.IsHeadNew) throw new ArgumentException("the model has learnt nothing of these classes yet that it could forget: leave the earlier pictures out");
        var earlier = EarlierOf(how.Earlier, copy.Labels);
        ElasticWeights? held = null;
        if (how.Earlier.ElasticWeights is { } lambda)
        {
            var norms = copy.Model.Descendants().OfType<BatchNorm2d>().Select(static norm => (Norm: norm, norm.Policy)).ToList();
            // one picture at a time has no statistics of its own
            foreach (var (norm, _) in norms) norm.Policy = BatchNormPolicy.AlwaysRunningStatistics;
            held = ElasticWeights.Measure(
                copy.Model, Over(earlier, batchSize: 1, TrainingAugmentation.None), Device, lambda, how.Earlier.ElasticExamples ?? EarlierOptions.UsualExamples, cancellation);
            foreach (var (norm, policy) in norms) norm.Policy = policy;
        }
        if (how.Earlier.Replay is not { } count) return (data, held, earlier);
        var kept = SomeOfEach(earlier, count, how.Recipe.Seed);
        return (new JoinedTasks((data, 1), (Over(kept, how.BatchSize!.Value, how.Augmentation!), 1)), held, kept);

        ImageTrainingSet Over(TData pictures, int batchSize, TrainingAugmentation augmentation) => new(
            copy.Model,
            Beside(
                pictures, copy.Inputs with { Augmentation = augmentation }, how, "earlier", unreadable,
                augmentation == TrainingAugmentation.None ? new VariationOptions() : how.Variation, batchSize),
            LossOver(pictures, how));
    }
}
