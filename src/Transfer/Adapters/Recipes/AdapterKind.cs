using Graft.Models;

namespace Graft.Transfer;

/// <summary>A kind of adapter by its name in recipes.</summary>
public sealed class AdapterKind
{
    private AdapterKind(string name, double rateFactor, Func<AdapterOptions, Model, AdapterConfig> create) => (Name, RateFactor, Create) = (name, rateFactor, create);

    /// <summary>Low-rank adaptation (<see cref="LoraConfig"/>).</summary>
    public static AdapterKind Lora { get; } = new("lora", 25, LoraOf);

    /// <summary>The same with the outputs' lengths learnt apart.</summary>
    public static AdapterKind Dora { get; } = new("dora", 25, static (options, model) => LoraOf(options, model) with { IsWeightDecomposed = true });

    /// <summary>Learnt factors (<see cref="Ia3Config"/>).</summary>
    public static AdapterKind Ia3 { get; } = new("ia3", 50, static (options, model) =>
    {
        var (targets, feedforward) = AdapterDefaults.Ia3Targets(model);
        return options.TargetModules is null ? new Ia3Config { TargetModules = targets, FeedforwardModules = feedforward }
            : new Ia3Config { TargetModules = options.Targets(targets) };
    });

    /// <summary>The biases alone (<see cref="BitFitConfig"/>).</summary>
    public static AdapterKind BitFit { get; } = new("bitfit", 50, static (_, _) => new BitFitConfig());

    /// <summary>Bottlenecks behind each perceptron (<see cref="BottleneckConfig.Pfeiffer"/>).</summary>
    public static AdapterKind Pfeiffer { get; } = new("pfeiffer", 25, static (options, _) => Narrowed(BottleneckConfig.Pfeiffer, options));

    /// <summary>Bottlenecks behind each attention and perceptron (<see cref="BottleneckConfig.Houlsby"/>).</summary>
    public static AdapterKind Houlsby { get; } = new("houlsby", 25, static (options, _) => Narrowed(BottleneckConfig.Houlsby, options));

    /// <summary>Keys and values in front of every layer's (<see cref="PrefixTuningConfig"/>).</summary>
    public static AdapterKind PrefixTuning { get; } = new("prefix-tuning", 250, static (options, _) =>
        new PrefixTuningConfig() is var usual && options.VirtualTokens is { } count ? usual with { VirtualTokens = count } : usual);

    /// <summary>Embeddings in front of the words' (<see cref="PromptTuningConfig"/>).</summary>
    public static AdapterKind PromptTuning { get; } = new("prompt-tuning", 100, static (options, _) =>
        new PromptTuningConfig() is var usual && options.VirtualTokens is { } count ? usual with { VirtualTokens = count } : usual);

    /// <summary>All of them.</summary>
    public static IReadOnlyList<AdapterKind> All { get; } = [Lora, Dora, Ia3, BitFit, Pfeiffer, Houlsby, PrefixTuning, PromptTuning];

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>How many times the rate of a whole model's fine-tuning it takes with an optimiser that scales its steps itself, as its users have found: there
    /// are fewer numbers, which begin at nothing or at one.</summary>
    public double RateFactor { get; }

    internal Func<AdapterOptions, Model, AdapterConfig> Create { get; }

    /// <summary>Its name.</summary>
    public override string ToString() => Name;

    private static BottleneckConfig Narrowed(BottleneckConfig usual, AdapterOptions options) =>
        options.ReductionFactor is { } factor ? usual with { ReductionFactor = factor } : usual;

    private static LoraConfig LoraOf(AdapterOptions options, Model model)
    {
        const int UsualRank = 8;
        int rank = options.Rank ?? UsualRank;
        return new LoraConfig
        {
            TargetModules = options.Targets(AdapterDefaults.LoraTargets(model)),
            Rank = rank,
            Alpha = options.Alpha ?? 2 * rank,
            Dropout = options.Dropout ?? 0,
        };
    }
}
