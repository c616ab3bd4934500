using System.Text.Json;
using Graft.Models;

namespace Graft.Transfer;

/// <summary>Low-rank adaptation (Hu et al. 2021; PEFT's <c>LoraConfig</c>): y + alpha / r * B A x beside a frozen <see cref="Linear"/> or
/// <see cref="Conv2d"/>, with A of r rows and B of r columns. At first B is zero, so that the model is the base.</summary>
public sealed record LoraConfig : AdapterConfig
{
    private const int MostRanks = 1 << 20;
    private const int MostPatterns = 256;

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
    internal override LayerAdapter? Create(string key, AdaptableLayer layer)
    {
        int rank = For(RankPattern, key, Rank);
        double alpha = For(AlphaPattern, key, Alpha);
        float scaling = (float)(alpha / (IsRankStabilised ? Math.Sqrt(rank) : rank));
        return layer switch
        {
            Linear linear => new LoraLinear(linear, rank, scaling, (float)Dropout),
            Conv2d { Geometry.Groups: 1 } convolution => new LoraConv2d(convolution, rank, scaling, (float)Dropout),
            _ => null,
        };
    }

    /// <inheritdoc/>
    internal override void WriteMembers(Utf8JsonWriter json, bool isTransposed)
    {
        json.WriteStartObject("alpha_pattern");
        foreach (var (pattern, alpha) in AlphaPattern) json.WriteNumber(pattern, alpha);
        json.WriteEndObject();
        json.WriteString("bias", "none");
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
        json.WriteBoolean("use_rslora", IsRankStabilised);
    }

    private static T For<T>(IReadOnlyDictionary<string, T> patterns, string key, T usual)
    {
        foreach (var (pattern, value) in patterns)
            if (new NamePattern($@"(.*\.)?({pattern})").Matches(key)) return value;
        return usual;
    }
}
