using System.Text.Json;
using Graft.Autograd;
using Graft.Models;

namespace Graft.Transfer;

/// <summary>Low-rank adaptation (Hu et al. 2021; PEFT's <c>LoraConfig</c>): y + alpha / r * B A x beside a frozen <see cref="Linear"/> or
/// <see cref="Conv2d"/>, with A of r rows and B of r columns. At first B is zero, so that the model is the base.</summary>
public sealed record LoraConfig : LayerAdapterConfig
{
    private const int MostRanks = 1 << 20;
    private const int MostPatterns = 256;

    private static readonly string[] BiasWords = ["none", "all", "lora_only"];

    /// <summary>The rank (<c>r</c>).</summary>
    public int Rank { get; init; } = 8;

    /// <summary>What the product is multiplied with, before it is divided by the rank (<c>lora_alpha</c>).</summary>
    public double Alpha { get; init; } = 8;

    /// <summary>The probability with which training drops an element of the adapter's input (<c>lora_dropout</c>); in [0, 1).</summary>
    public double Dropout { get; init; }

    /// <summary>Whether alpha is divided by the rank's square root instead (<c>use_rslora</c>; Kalajdzievski 2023).</summary>
    public bool IsRankStabilised { get; init; }

    /// <summary>Other ranks for some layers (<c>rank_pattern</c>): by a regular expression for the end of the key, its last names.</summary>
    public IReadOnlyDictionary<string, int> RankPattern { get; init; } = new Dictionary<string, int>();

    /// <summary>Other alphas for some layers (<c>alpha_pattern</c>), likewise.</summary>
    public IReadOnlyDictionary<string, double> AlphaPattern { get; init; } = new Dictionary<string, double>();

    /// <summary>Whether each output's length is learnt apart from its direction (<c>use_dora</c>; weight-decomposed adaptation, Liu et al. 2024):
    /// m (W + alpha / r B A) x, every row being brought to length 1 before it is multiplied with its m. At first m is the rows' lengths.</summary>
    public bool IsWeightDecomposed { get; init; }

    /// <summary>Which of the base's biases learn too (<c>bias</c>).</summary>
    public LoraBias Bias { get; init; }

    /// <inheritdoc/>
    public override string PeftType => "LORA";

    /// <inheritdoc/>
    internal override string FittingLayers => "Linear layers and convolutions of one group";

    /// <inheritdoc/>
    internal override void Validate()
    {
        base.Validate();
        ArgumentNullException.ThrowIfNull(RankPattern);
        ArgumentNullException.ThrowIfNull(AlphaPattern);
        if (Math.Max(RankPattern.Count, AlphaPattern.Count) > MostPatterns)
            throw new ArgumentException($"a LoRA with {RankPattern.Count} patterns of ranks and {AlphaPattern.Count} of alphas: {MostPatterns} of each may be");
        foreach (int rank in RankPattern.Values.Append(Rank))
            if (rank is < 1 or > MostRanks) throw new ArgumentException($"a LoRA of rank {rank}: the rank is from 1 to {MostRanks}");
        foreach (double alpha in AlphaPattern.Values.Append(Alpha))
            if (!double.IsFinite(alpha)) throw new ArgumentException($"a LoRA of alpha {alpha}: alpha is finite");
        if (!(Dropout is >= 0 and < 1)) throw new ArgumentException($"a LoRA with a dropout of {Dropout}: a probability from 0 and below 1 is needed");
    }

    /// <inheritdoc/>
    internal override Func<string, AdaptableLayer, LayerAdapter?> Maker()
    {
        var ranks = Patterns(RankPattern);
        var alphas = Patterns(AlphaPattern);
        return (key, layer) =>
        {
            int rank = For(ranks, key, Rank);
            double alpha = For(alphas, key, Alpha);
            float scaling = (float)(alpha / (IsRankStabilised ? Math.Sqrt(rank) : rank)), dropout = (float)Dropout;
            return layer switch
            {
                Linear linear => IsWeightDecomposed ? new DoraLinear(linear, rank, scaling, dropout) : new LoraLinear(linear, rank, scaling, dropout),
                Conv2d { Geometry.Groups: 1 } convolution =>
                    IsWeightDecomposed ? new DoraConv2d(convolution, rank, scaling, dropout) : new LoraConv2d(convolution, rank, scaling, dropout),
                _ => null,
            };
        };
    }

    /// <inheritdoc/>
    internal override IEnumerable<Parameter> Beside(AdapterPlan plan, IReadOnlyList<AdapterSlot> slots) => Bias switch
    {
        LoraBias.All => BitFitConfig.Biases(plan.Model),
        LoraBias.LoraOnly => slots.OfType<LayerSlot>().Select(static slot => slot.Bias).OfType<Parameter>(),
        _ => [],
    };

    /// <inheritdoc/>
    internal override AdapterConfig WithoutDropout() => this with { Dropout = 0 };

    /// <summary>The members of a file that are read.</summary>
    internal static IReadOnlyList<string> Members { get; } =
    [
        "r", "lora_alpha", "lora_dropout", "use_rslora", "use_dora", "rank_pattern", "alpha_pattern", "bias", "fan_in_fan_out", "init_lora_weights", "megatron_core",
        "qalora_group_size",
    ];

    /// <exception cref="CheckpointException">A member is missing or malformed, or asks for what is not built.</exception>
    internal static LoraConfig Read(JsonObjectReader json)
    {
        string bias = json.Text("bias") ?? BiasWords[0];
        int learnt = Array.IndexOf(BiasWords, bias);
        if (learnt < 0) throw json.Wrong("bias", $"is '{Printable.Text(bias)}', and one of {string.Join(", ", BiasWords)} is needed");
        // other beginnings change the base's weights too, so that the adapter fits no published base
        if (json.TryGet("init_lora_weights", out var begun) && begun.ValueKind is not (JsonValueKind.True or JsonValueKind.False)
            && !(begun.ValueKind == JsonValueKind.String && begun.GetString() == "gaussian"))
            throw json.Wrong("init_lora_weights", $"is {Printable.Text(begun.GetRawText())}, which is not built: true, false and \"gaussian\" are");
        return new LoraConfig
        {
            TargetModules = TargetsOf(json),
            Rank = json.Integer("r") ?? 8,
            Alpha = json.Number("lora_alpha") ?? 8,
            Dropout = json.Number("lora_dropout") ?? 0,
            IsRankStabilised = json.Flag("use_rslora") ?? false,
            IsWeightDecomposed = json.Flag("use_dora") ?? false,
            Bias = (LoraBias)learnt,
            RankPattern = Pairs(json, "rank_pattern", static (patterns, name) => patterns.Integer(name)),
            AlphaPattern = Pairs(json, "alpha_pattern", static (patterns, name) => patterns.Number(name)),
        };
    }

    /// <inheritdoc/>
    private protected override void WriteMembers(Utf8JsonWriter json, Model model, bool isTransposed)
    {
        base.WriteMembers(json, model, isTransposed);
        json.WriteStartObject("alpha_pattern");
        foreach (var (pattern, alpha) in AlphaPattern) json.WriteNumber(pattern, alpha);
        json.WriteEndObject();
        json.WriteString("bias", BiasWords[(int)Bias]);
        json.WriteBoolean("fan_in_fan_out", isTransposed);
        json.WriteBoolean("init_lora_weights", true);
        json.WriteNull("layers_pattern");
        json.WriteNull("layers_to_transform");
        json.WriteNumber("lora_alpha", Alpha);
        json.WriteNumber("lora_dropout", Dropout);
        json.WriteNumber("r", Rank);
        json.WriteStartObject("rank_pattern");
        foreach (var (pattern, rank) in RankPattern) json.WriteNumber(pattern, rank);
        json.WriteEndObject();
        json.WriteBoolean("use_dora", IsWeightDecomposed);
        json.WriteBoolean("use_rslora", IsRankStabilised);
    }

    private static List<(NamePattern Pattern, T Value)> Patterns<T>(IReadOnlyDictionary<string, T> patterns) =>
        [.. patterns.Select(static entry => (new NamePattern($@"(.*\.)?({entry.Key})"), entry.Value))];

    private static T For<T>(List<(NamePattern Pattern, T Value)> patterns, string key, T usual)
    {
        foreach (var (pattern, value) in patterns)
            if (pattern.Matches(key)) return value;
        return usual;
    }

    private static Dictionary<string, T> Pairs<T>(JsonObjectReader json, string name, Func<JsonObjectReader, string, T?> read) where T : struct
    {
        var members = new Dictionary<string, T>();
        if (json.Object(name) is not { } patterns) return members;
        foreach (var member in patterns.Element.EnumerateObject()) members[member.Name] = read(patterns, member.Name) ?? throw patterns.Missing(member.Name);
        return members;
    }
}

/// <summary>Which biases of the base learn with a LoRA.</summary>
public enum LoraBias
{
    /// <summary>None of them.</summary>
    None,

    /// <summary>All of them.</summary>
    All,

    /// <summary>Those of the layers that have an adapter (<c>lora_only</c>).</summary>
    LoraOnly,
}
