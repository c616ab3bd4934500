using Graft.Models;

namespace Graft.Transfer;

/// <summary>How a model is fine-tuned. The names and meanings are PyTorch's, the phases are those of <see cref="Strategy"/>: fastai's
/// <c>fine_tune</c> (Howard and Gugger 2020) unless another is chosen.</summary>
public sealed record FineTuneOptions
{
    /// <summary>The epochs where none are given.</summary>
    public const int UsualEpochs = 5;

    /// <summary>What learns when: one of <see cref="FineTuneStrategy.All"/>, or one of the caller's.</summary>
    public FineTuneStrategy Strategy { get; init; } = FineTuneStrategy.FineTune;

    /// <summary>Epochs in which all stages are trained, but those below <see cref="FreezeBelow"/>; a strategy of other phases divides them and the
    /// frozen ones among its own. Null: <see cref="UsualEpochs"/>, or what a task finds right for its examples.</summary>
    public int? Epochs { get; init; } = UsualEpochs;

    /// <summary>Epochs before those, in which the head alone is trained (fastai's <c>freeze_epochs</c>). Null: one for a new head on a
    /// trained trunk, else none.</summary>
    public int? FrozenEpochs { get; init; }

    /// <summary>The head's highest learning rate; a strategy says what part of it each phase uses, fastai's half of it after frozen epochs. Null:
    /// <see cref="UsualLearningRate"/>, or what a task finds right for its steps.</summary>
    public double? LearningRate { get; init; }

    /// <summary>The learning rate where none is given.</summary>
    public const double UsualLearningRate = 0.01;

    /// <summary>What the rate is multiplied by where a head learns alone under another strategy than fastai's: a probe bears a higher rate than a
    /// trunk. Null: 1, or what a task finds right.</summary>
    public double? HeadRateFactor { get; init; }

    /// <summary>What the rate is divided by from a stage to the one below it; 1 for one rate everywhere, as a model without trained
    /// weights needs it.</summary>
    public double RateDecayPerStage { get; init; } = 2;

    /// <summary>The first stage that ever learns; those below keep their weights, bit for bit. Null: all learn.</summary>
    public string? FreezeBelow { get; init; }

    /// <summary>What never learns beside that: names of stages, ranges of them and patterns of keys, with commas between them
    /// (<see cref="Module.Freeze(string, FrozenNormPolicy?, FrozenDropoutPolicy?)"/>). It stays frozen by name. Null: nothing.</summary>
    public string? Freeze { get; init; }

    /// <summary>What norms do where they are frozen. Null: what <see cref="BatchNorm"/> says.</summary>
    public FrozenNormPolicy? FrozenNorm { get; init; }

    /// <summary>What dropout does in what is frozen. Null: it draws as elsewhere.</summary>
    public FrozenDropoutPolicy? FrozenDropout { get; init; }

    /// <summary>The optimiser: one of <see cref="OptimiserKind.All"/>, or one of the caller's.</summary>
    public OptimiserKind Optimiser { get; init; } = OptimiserKind.Sgd;

    /// <summary>SGD's momentum, or AdamW's beta1; in [0, 1).</summary>
    public double Momentum { get; init; } = 0.9;

    /// <summary>The weight decay of everything but vectors.</summary>
    public double WeightDecay { get; init; } = 1e-4;

    /// <summary>The largest norm of all gradients together (<c>max_grad_norm</c>); null for no clipping.</summary>
    public double? ClipNorm { get; init; }

    /// <summary>What batch norms do with their running statistics. Null: <see cref="BatchNormPolicy.FollowFreezing"/>, or what a task finds right for
    /// its steps.</summary>
    public BatchNormPolicy? BatchNorm { get; init; }

    /// <summary>The random seed: shuffling, augmentation, dropout.</summary>
    public ulong Seed { get; init; }

    /// <summary>Penalties, averages of weights and whatever else keeps the training from fitting its examples alone.</summary>
    public RegularisationOptions Regularisation { get; init; } = new();

    /// <summary>Adapters that a task trains instead of the whole model; the default for none. A model of one's own is given them by
    /// <see cref="Adapters.Attach"/> before it is fine-tuned.</summary>
    public AdapterOptions Adapter { get; init; } = new();

    /// <summary>How the run is kept and watched, which is no part of the recipe; null for neither.</summary>
    public RunOptions? Run { get; init; }

    /// <summary>Whether backward computes the activations of the stages again instead of finding them kept (<see cref="Trainer.ActivationCheckpointing"/>).</summary>
    public bool ActivationCheckpointing { get; init; }

    /// <summary>Where the outputs of a frozen trunk are kept from epoch to epoch; which weights come out does not depend on it.</summary>
    public TrunkCacheMode Cache { get; init; }

    /// <summary>The folder of <see cref="TrunkCacheMode.Disk"/>; null for <c>graft/trunk-outputs</c> among the user's caches.</summary>
    public string? CacheFolder { get; init; }

    /// <summary>How many GiB the folder may hold: files that were not used for the longest time go first, once a run has added its own, which stay. Null for
    /// <see cref="UsualCacheLimit"/>.</summary>
    public double? CacheLimit { get; init; }

    /// <summary>How many GiB the folder may hold where nothing is said.</summary>
    public const double UsualCacheLimit = 20;

    /// <summary>Where the outputs of a trunk are kept.</summary>
    internal TrunkCacheSetting CacheSetting => new(Cache, CacheFolder ?? TrunkCache.UsualFolder, (long)((CacheLimit ?? UsualCacheLimit) * (1L << 30)));

    /// <summary>The optimiser's settings.</summary>
    internal OptimiserOptions OptimiserOptions => new()
    {
        Momentum = Momentum,
        WeightDecay = Regularisation.StartPenalty is null ? WeightDecay : 0,
        ClipNorm = ClipNorm,
    };

    /// <summary>The number of epochs in which the head alone is trained, for this model in its current state.</summary>
    /// <param name="model">The model that is to be fine-tuned.</param>
    public int FrozenEpochsOn(Model model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return FrozenEpochs ?? (model.IsHeadNew ? 1 : 0);
    }

    /// <summary>The head's highest rate.</summary>
    internal double HeadRate => LearningRate ?? UsualLearningRate;

    internal void Validate()
    {
        ArgumentNullException.ThrowIfNull(Strategy);
        ArgumentNullException.ThrowIfNull(Optimiser);
        ArgumentNullException.ThrowIfNull(Regularisation);
        FineTuneRecipe.Options.Validate(this);
        Regularisation.Validate();
        ArgumentNullException.ThrowIfNull(Adapter);
        Adapter.Validate();
        if (Epochs + (FrozenEpochs ?? 1) == 0) throw new ArgumentException("there is nothing to do in 0 epochs: ask for one at least");
    }
}
