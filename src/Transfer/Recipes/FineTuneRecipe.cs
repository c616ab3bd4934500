using Graft.Models;

namespace Graft.Transfer;

/// <summary>The options of <see cref="FineTuneOptions"/>.</summary>
public static class FineTuneRecipe
{
    private const string AboveZero = "a number above 0";

    private static readonly RecipeKind<OptimiserKind> Names = RecipeKind.Choice([.. OptimiserKind.All.Select(static kind => (kind.Name, kind))]);

    // a program may use an optimiser or a strategy of its own, which a file can name but not create
    private static readonly RecipeKind<OptimiserKind> Optimisers = Open(Names, static kind => kind.Name);

    private static readonly RecipeKind<FineTuneStrategy> Strategies = Open(
        RecipeKind.Choice([.. FineTuneStrategy.All.Select(static strategy => (strategy.Name, strategy))]), static strategy => strategy.Name);

    /// <summary>A row for each of them.</summary>
    public static RecipeTable<FineTuneOptions> Options { get; } = new(
    [
        Row("--strategy", "strategy", Strategies, static recipe => recipe.Strategy, static (recipe, value) => recipe with { Strategy = value },
            $"What learns when: {string.Join("; ", FineTuneStrategy.All.Select(static strategy => $"{strategy.Name} ({strategy.Summary})"))}. "
            + "Each trains the epochs and the frozen epochs together; fine-tune, discriminative and gradual-unfreezing use --rate-decay."),
        Row("--epochs", "epochs", RecipeKind.WholeNumber(0).OrNone(), static recipe => recipe.Epochs, static (recipe, value) => recipe with { Epochs = value },
            "Epochs in which every stage learns that is not frozen. For texts 3, or as many as make 100 steps, at most 20.", isRequired: true),
        Row("--frozen-epochs", "frozen_epochs", RecipeKind.WholeNumber(0).OrNone(), static recipe => recipe.FrozenEpochs,
            static (recipe, value) => recipe with { FrozenEpochs = value },
            "Epochs before those in which the head alone learns; 1 for a new head on a trained trunk, else 0."),
        // a file of version 0.1 has the rate of the frozen epochs apart, and the other is half of it
        Row("--learning-rate", "learning_rate", RecipeKind.Number(AboveZero, static value => value > 0, "R").OrNone(), static recipe => recipe.LearningRate,
            static (recipe, value) => recipe with { LearningRate = value },
            "The head's highest learning rate; half of it after frozen epochs. 0.01 where it is not given; for a new head, where a step has N < 16 "
            + "examples, at most 0.08 N / D of its D features; for texts 0.0384 / D of states D wide, 25 to 250 times that for adapters.",
            olderKey: "frozen_learning_rate", isRequired: true),
        Row("--head-rate-factor", "head_rate_factor", RecipeKind.Number(AboveZero, static value => value > 0, "FACTOR").OrNone(), static recipe => recipe.HeadRateFactor,
            static (recipe, value) => recipe with { HeadRateFactor = value },
            "What the rate is multiplied by where a head learns alone under another strategy than fine-tune; 1, for texts 20."),
        Row("--rate-decay", "learning_rate_decay_per_stage", RecipeKind.Number(AboveZero, static value => value > 0, "FACTOR"),
            static recipe => recipe.RateDecayPerStage, static (recipe, value) => recipe with { RateDecayPerStage = value },
            "What the rate is divided by from a stage to the one below it; 1 from scratch.", absent: static recipe => recipe with { RateDecayPerStage = 1 }),
        Row("--freeze-below", "freeze_below", RecipeKind.Text("the name of a stage", "STAGE"), static recipe => recipe.FreezeBelow,
            static (recipe, value) => recipe with { FreezeBelow = value }, "The first stage that learns at all; those below keep their numbers."),
        Row("--freeze", "freeze", RecipeKind.Text("the names of stages, ranges of them or patterns of keys", "PATTERN"), static recipe => recipe.Freeze,
            static (recipe, value) => recipe with { Freeze = value },
            "What never learns beside that: stages (stem), ranges of them (layer1..layer3) and keys of parameters with * for any characters (*.bias), with commas between them."),
        Row("--frozen-norm", "frozen_norm", RecipeKind.Choice(
            [
                ("running-statistics", FrozenNormPolicy.RunningStatistics), ("track-statistics", FrozenNormPolicy.TrackStatistics),
                ("train-affine", FrozenNormPolicy.TrainAffine),
            ]).OrNone(),
            static recipe => recipe.FrozenNorm, static (recipe, value) => recipe with { FrozenNorm = value },
            "What norms do where they are frozen: normalise by running statistics that stay, by the batch with statistics that follow it, "
            + "or learn their weights and biases; what --batch-norm says where it is not given."),
        Row("--frozen-dropout", "frozen_dropout",
            RecipeKind.Choice([("active", FrozenDropoutPolicy.Active), ("off", FrozenDropoutPolicy.Off)]).OrNone(),
            static recipe => recipe.FrozenDropout, static (recipe, value) => recipe with { FrozenDropout = value },
            "Whether dropout draws in what is frozen; it does where it is not given."),
        Row("--optimiser", "optimizer", Optimisers, static recipe => recipe.Optimiser,
            static (recipe, value) => recipe with { Optimiser = value }, "The rule that moves the parameters."),
        Row("--momentum", "momentum", RecipeKind.Number("a number in [0, 1)", static value => value is >= 0 and < 1, "M"), static recipe => recipe.Momentum,
            static (recipe, value) => recipe with { Momentum = value }, "How much of the last step SGD keeps, or AdamW's beta1."),
        Row("--weight-decay", "weight_decay", RecipeKind.Number("a number from 0 up", static value => value >= 0, "D"), static recipe => recipe.WeightDecay,
            static (recipe, value) => recipe with { WeightDecay = value }, "The weight decay of everything but vectors."),
        Row("--clip-norm", "gradient_clip_norm", RecipeKind.Number(AboveZero, static value => value > 0, "NORM").OrNone(), static recipe => recipe.ClipNorm,
            static (recipe, value) => recipe with { ClipNorm = value }, "The largest norm of all gradients together; no clipping where it is not given."),
        Row("--batch-norm", "batch_norm", RecipeKind.Choice(
            [
                ("follow-freezing", BatchNormPolicy.FollowFreezing), ("always-batch-statistics", BatchNormPolicy.AlwaysBatchStatistics),
                ("always-running-statistics", BatchNormPolicy.AlwaysRunningStatistics),
            ],
            olderWords: [("always-of-batch", BatchNormPolicy.AlwaysBatchStatistics), ("always-stored", BatchNormPolicy.AlwaysRunningStatistics)]).OrNone(),
            static recipe => recipe.BatchNorm, static (recipe, value) => recipe with { BatchNorm = value },
            "What batch norms normalise by: frozen ones by their running statistics and the others by the batch, all by the batch, or all by their running statistics. "
            + "The first where it is not given; the last below a new head where a step has fewer than 16 examples."),
        .. AdapterRecipe.Options.Within<FineTuneOptions>(static recipe => recipe.Adapter, static (recipe, part) => recipe with { Adapter = part }),
        .. RegularisationRecipe.Options.Within<FineTuneOptions>(static recipe => recipe.Regularisation, static (recipe, part) => recipe with { Regularisation = part }),
        Row("--activation-checkpointing", "activation_checkpointing", RecipeKind.Choice([("off", false), ("on", true)]),
            static recipe => recipe.ActivationCheckpointing, static (recipe, value) => recipe with { ActivationCheckpointing = value },
            "Whether a step keeps the inputs of the stages alone and computes the rest again in its backward: less memory, about a third more time, the same weights.",
            changesResult: false),
        Row("--cache", "cache", RecipeKind.Choice(
            [("auto", TrunkCacheMode.Auto), ("memory", TrunkCacheMode.Memory), ("disk", TrunkCacheMode.Disk), ("off", TrunkCacheMode.Off)]),
            static recipe => recipe.Cache, static (recipe, value) => recipe with { Cache = value },
            "Where the outputs of a frozen trunk are kept from epoch to epoch, where nothing of it is drawn or varied: in memory (auto: 1 GiB at most), on the disk for other "
            + "runs too, or nowhere. The weights that come out are the same.", changesResult: false),
        Row("--cache-dir", "cache_dir", RecipeKind.Text("the path of a folder", "DIR"), static recipe => recipe.CacheFolder,
            static (recipe, value) => recipe with { CacheFolder = value }, "The folder of --cache disk; graft/trunk-outputs among the user's caches without it.",
            changesResult: false),
        Row("--cache-limit", "cache_limit", RecipeKind.Number("a number from 0 to 1000000", static value => value is >= 0 and <= 1e6, "GIB").OrNone(), static recipe => recipe.CacheLimit,
            static (recipe, value) => recipe with { CacheLimit = value },
            "How many GiB the folder of --cache disk may hold, what was not used for the longest time going first; 20 without it.", changesResult: false),
        Row("--seed", "seed", RecipeKind.Seed, static recipe => recipe.Seed, static (recipe, value) => recipe with { Seed = value },
            "The seed of everything that is drawn.", isRequired: true),
    ]);

    private static RecipeKind<T> Open<T>(RecipeKind<T> known, Func<T, string> name) where T : class => new(known.Rule, known.HelpName, known.Parse, name)
    {
        IsText = true,
        Words = known.Words,
        Allows = static one => one is not null,
    };

    private static RecipeOption<FineTuneOptions> Row<T>(
        string name, string key, RecipeKind<T> kind, Func<FineTuneOptions, T> get, Func<FineTuneOptions, T, FineTuneOptions> set, string help,
        string? olderKey = null, bool isRequired = false, Func<FineTuneOptions, FineTuneOptions>? absent = null, bool changesResult = true,
        [System.Runtime.CompilerServices.CallerArgumentExpression(nameof(get))] string property = "") =>
        RecipeOption.Of(name, key, kind, get, set, help, olderKey, isRequired, absent, changesResult, property);
}
