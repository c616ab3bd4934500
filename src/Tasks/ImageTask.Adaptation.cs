using Graft.Autograd;
using Graft.Transfer;

namespace Graft.Tasks;

/// <content>Adapts a model to pictures of another kind, of which nobody says what they show.</content>
public abstract partial class ImageTask<TData, TPrediction>
{
    /// <summary>Gives the model's batch norms the statistics of pictures without labels (AdaBN; Li et al. 2016). No weight moves.</summary>
    /// <param name="target">The pictures; a few hundred at least.</param>
    /// <param name="unreadable">Reports each picture that cannot be read and is left out; null to end there.</param>
    /// <param name="cancellation">Ends the work; nothing was changed.</param>
    /// <exception cref="ArgumentException">The model has no batch norms, or there are fewer than two pictures.</exception>
    /// <exception cref="ImageException">A picture cannot be decoded and <paramref name="unreadable"/> is null.</exception>
    /// <exception cref="InvalidOperationException">Another thread is fine-tuning it; nothing was changed.</exception>
    public void AdaptStatistics(IImageDataset target, Action<int, ImageException>? unreadable = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(target);
        RequireTwo(target);
        ChangeCopy(copy =>
        {
            var norms = copy.Model.Descendants().OfType<BatchNorm2d>().Select(static norm => (Norm: norm, norm.Policy)).ToList();
            if (norms.Count == 0) throw new ArgumentException($"{copy.Model.Name} has no batch norms whose statistics could be the target's: choose another method");
            var loader = new ImageLoader(target, copy.Inputs with { Augmentation = TrainingAugmentation.None }, decoding, new ImageLoaderOptions
            {
                BatchSize = InferenceBatch,
                Training = true,
                Workers = decoding.Threads,
                Unreadable = unreadable,
            });
            foreach (var (norm, _) in norms) norm.Policy = BatchNormPolicy.AlwaysBatchStatistics;
            NormStatistics.Estimate([copy.Model], new ImageTrainingSet(copy.Model, loader, static (outputs, _) => outputs.Sum()), Device, cancellation: cancellation);
            foreach (var (norm, policy) in norms) norm.Policy = policy;
            cancellation.ThrowIfCancellationRequested();
        });
    }

    /// <summary>Adapts the model to pictures alone: its norms learn by a loss of what it answers.</summary>
    private protected FitReport AdaptAlone(
        IImageDataset target, ImageFineTuneOptions options, Func<Variable, Variable> loss, IProgress<FitProgress>? progress, CancellationToken cancellation)
    {
        options.Validate();
        RequireTrainedHead();
        var before = Model;
        try
        {
            return Fit(Labels, options.Recipe.Seed, copy => PrepareAlone(copy, target, options, loss), progress, cancellation);
        }
        finally
        {
            // what was frozen for this learns again in another training
            if (Model != before) Model.Unfreeze();
        }
    }

    /// <summary>What a model is to be trained on that has the target alone.</summary>
    private TaskRun<ImageFineTuneOptions> PrepareAlone(
        TaskState<ImageModel, ImagePreprocessing, ImageFineTuneOptions> copy, IImageDataset target, ImageFineTuneOptions options, Func<Variable, Variable> loss)
    {
        RequireTwo(target);
        var how = options.Resolved(copy.Model, target.Count, options.Augmentation ?? TrainingAugmentation.None);
        how = how with
        {
            Recipe = how.Recipe with
            {
                Strategy = FineTuneStrategy.Full,
                BatchNorm = BatchNormPolicy.AlwaysBatchStatistics,
            },
        };
        var norms = copy.Model.Descendants().Where(static module => module is BatchNorm2d or LayerNorm or GroupNorm or RmsNorm).SelectMany(static norm => norm.Parameters()).ToHashSet();
        if (norms.Count == 0) throw new ArgumentException($"{copy.Model.Name} has no norms that could learn: choose another method");
        foreach (var parameter in copy.Model.Parameters()) parameter.IsFrozen = !norms.Contains(parameter);
        var loader = new ImageLoader(target, copy.Inputs with { Augmentation = how.Augmentation! }, decoding, new ImageLoaderOptions
        {
            BatchSize = how.BatchSize!.Value,
            Training = true,
            Variation = how.Variation,
            Seed = how.Recipe.Seed,
            Workers = decoding.Threads,
            Unreadable = Once(options.Unreadable),
        });
        return new TaskRun<ImageFineTuneOptions>(
            new ImageTrainingSet(copy.Model, loader, (outputs, _) => loss(outputs)), null,
            how with { Recipe = how.Recipe with { Run = null } }, how.Recipe, print => AddTo(print, target));
    }

    /// <summary>The domain that a model is adapted to while it learns, and its pictures; neither where it is adapted to none.</summary>
    private (ImageTarget? Target, IImageDataset? Pictures) TargetOf(
        ImageModel model, ImagePreprocessing inputs, ImageFineTuneOptions how, int batches, Action<int, ImageException>? unreadable)
    {
        if (how.Adaptation.Method is not { } kind || kind == DomainMethodKind.SourceOnly) return (null, null);
        if (!kind.NeedsSource) throw new ArgumentException($"{kind} learns from the target alone: leave the source and its labels out");
        var pictures = how.Adaptation.Pictures ?? UnlabelledImages.Open(how.Adaptation.Target!);
        RequireTwo(pictures);
        var setting = new DomainSetting(ImageTarget.FeaturesOf(model, Device, inputs.OutputSize), model.Classes, how.Recipe.Seed)
        {
            Strength = how.Adaptation.Strength,
            Threshold = how.Adaptation.Threshold,
        };
        long steps = ((long)how.Recipe.Epochs! + how.Recipe.FrozenEpochs!.Value) * batches;
        return (new ImageTarget(kind, setting, model, Load, steps), pictures);

        ImageLoader Load(VariationOptions? variation) => Beside(pictures, inputs, how, "target", unreadable, variation);
    }

    private static void RequireTwo(IImageDataset target)
    {
        if (target.Count < 2)
            throw new ArgumentException($"the target has {target.Count} {(target.Count == 1 ? "picture" : "pictures")}, of which nothing can be learnt about a domain: give some hundred");
    }
}
