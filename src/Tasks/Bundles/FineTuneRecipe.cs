using System.Text.Json;

namespace Graft.Tasks;

/// <summary>How a classifier was trained: everything that is needed to do it again.</summary>
internal sealed record FineTuneRecipe
{
    private static readonly string[] Known =
    [
        "model", "optimizer", "epochs", "frozen_epochs", "batch_size", "seed", "learning_rate", "frozen_learning_rate", "learning_rate_decay_per_stage",
        "momentum", "weight_decay", "label_smoothing", "gradient_clip_norm", "freeze_below", "augmentation",
    ];

    /// <summary>Graft's name of the model.</summary>
    public required string Model { get; init; }

    /// <summary>Graft's name of the update rule: "sgd", "adamw".</summary>
    public string? Optimizer { get; init; }

    /// <summary>Epochs with everything trained that is not frozen for good.</summary>
    public required int Epochs { get; init; }

    /// <summary>Epochs before those, with the head alone trained.</summary>
    public int FrozenEpochs { get; init; }

    /// <summary>Pictures a step, at most.</summary>
    public required int BatchSize { get; init; }

    /// <summary>The seed of everything that was drawn.</summary>
    public required ulong Seed { get; init; }

    /// <summary>The head's highest learning rate.</summary>
    public required double LearningRate { get; init; }

    /// <summary>The head's highest learning rate in the frozen epochs, where it was another.</summary>
    public double? FrozenLearningRate { get; init; }

    /// <summary>What the rate is divided by from the head to the stem, where stages had rates of their own.</summary>
    public double? LearningRateDecayPerStage { get; init; }

    /// <summary>The momentum, where the rule has one.</summary>
    public double? Momentum { get; init; }

    /// <summary>The decoupled or coupled weight decay.</summary>
    public double? WeightDecay { get; init; }

    /// <summary>The share of the target spread over all classes.</summary>
    public double? LabelSmoothing { get; init; }

    /// <summary>The largest norm of all gradients together, where they were clipped.</summary>
    public double? GradientClipNorm { get; init; }

    /// <summary>The first stage that was trained, where earlier ones were frozen for good.</summary>
    public string? FreezeBelow { get; init; }

    /// <summary>How training pictures were varied, where it is known.</summary>
    public TrainingAugmentation? Augmentation { get; init; }

    /// <summary>Members that this version does not know, kept as they are.</summary>
    public IReadOnlyDictionary<string, JsonElement> Other { get; init; } = new Dictionary<string, JsonElement>();

    public static FineTuneRecipe Read(JsonObjectReader recipe) => new()
    {
        Model = recipe.Text("model") ?? throw recipe.Missing("model"),
        Optimizer = recipe.Text("optimizer"),
        Epochs = recipe.Integer("epochs") ?? throw recipe.Missing("epochs"),
        FrozenEpochs = recipe.Integer("frozen_epochs") ?? 0,
        BatchSize = recipe.Integer("batch_size") ?? throw recipe.Missing("batch_size"),
        Seed = recipe.Unsigned("seed") ?? throw recipe.Missing("seed"),
        LearningRate = recipe.Number("learning_rate") ?? throw recipe.Missing("learning_rate"),
        FrozenLearningRate = recipe.Number("frozen_learning_rate"),
        LearningRateDecayPerStage = recipe.Number("learning_rate_decay_per_stage"),
        Momentum = recipe.Number("momentum"),
        WeightDecay = recipe.Number("weight_decay"),
        LabelSmoothing = recipe.Number("label_smoothing"),
        GradientClipNorm = recipe.Number("gradient_clip_norm"),
        FreezeBelow = recipe.Text("freeze_below"),
        Augmentation = recipe.Object("augmentation") is { } augmentation ? AugmentationMember.Read(augmentation) : null,
        Other = recipe.Others(Known),
    };

    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteString("model", Model);
        if (Optimizer is not null) writer.WriteString("optimizer", Optimizer);
        writer.WriteNumber("epochs", Epochs);
        writer.WriteNumber("frozen_epochs", FrozenEpochs);
        writer.WriteNumber("batch_size", BatchSize);
        writer.WriteNumber("seed", Seed);
        writer.WriteNumber("learning_rate", LearningRate);
        WriteOptional("frozen_learning_rate", FrozenLearningRate);
        WriteOptional("learning_rate_decay_per_stage", LearningRateDecayPerStage);
        WriteOptional("momentum", Momentum);
        WriteOptional("weight_decay", WeightDecay);
        WriteOptional("label_smoothing", LabelSmoothing);
        WriteOptional("gradient_clip_norm", GradientClipNorm);
        if (FreezeBelow is not null) writer.WriteString("freeze_below", FreezeBelow);
        if (Augmentation is not null)
        {
            writer.WriteStartObject("augmentation");
            AugmentationMember.Write(writer, Augmentation);
            writer.WriteEndObject();
        }
        writer.WriteMembers(Other);

        void WriteOptional(string name, double? value)
        {
            if (value is { } number) writer.WriteNumber(name, number);
        }
    }
}
