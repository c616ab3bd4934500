using System.Text.Json;
using Graft.Models;

namespace Graft.Transfer;

/// <summary>Bottleneck adapters in the layers of an encoder (AdapterHub's <c>BnConfig</c>): y + U f(D y), where D narrows and U widens.
/// <see cref="Houlsby"/> has them behind attention and perceptron, <see cref="Pfeiffer"/> behind the perceptron alone, of the normalised sum.</summary>
public sealed record BottleneckConfig : AdapterConfig
{
    // what says nothing, or what the two kinds have in common; another value is not built
    private static readonly (string Name, string[] Usual)[] Fixed =
    [
        ("original_ln_after", ["true"]), ("ln_before", ["false"]), ("ln_after", ["false"]), ("adapter_residual_before_ln", ["false"]), ("cross_adapter", ["false"]),
        ("is_parallel", ["false"]), ("use_gating", ["false"]), ("phm_layer", ["false"]), ("residual_before_ln", ["true"]), ("scaling", ["1", "1.0"]), ("leave_out", ["[]"]),
        ("stochastic_depth", ["0", "0.0"]), ("inv_adapter", ["null"]),
    ];

    /// <summary>Houlsby et al. 2019: behind attention and perceptron, before the sum is normalised (<c>double_seq_bn</c>).</summary>
    public static BottleneckConfig Houlsby { get; } = new() { HasAttentionAdapter = true, IsOfNormalisedSum = false, Activation = "swish" };

    /// <summary>Pfeiffer et al. 2020: behind the perceptron, of the normalised sum (<c>seq_bn</c>).</summary>
    public static BottleneckConfig Pfeiffer { get; } = new();

    /// <summary>Whether there is one behind the attention of each layer (<c>mh_adapter</c>).</summary>
    public bool HasAttentionAdapter { get; init; }

    /// <summary>Whether there is one behind the perceptron of each layer (<c>output_adapter</c>).</summary>
    public bool HasOutputAdapter { get; init; } = true;

    /// <summary>Whether D sees the sum with the residual, normalised (<c>original_ln_before</c>); else the output alone.</summary>
    public bool IsOfNormalisedSum { get; init; } = true;

    /// <summary>How many times narrower the bottleneck is than the layer (<c>reduction_factor</c>).</summary>
    public double ReductionFactor { get; init; } = 16;

    /// <summary>f (<c>non_linearity</c>): <c>relu</c>, <c>swish</c>, <c>gelu</c> ...</summary>
    public string Activation { get; init; } = "relu";

    /// <summary>What the adapters are called in their keys (<c>name</c>).</summary>
    public string AdapterName { get; init; } = "default";

    /// <inheritdoc/>
    public override string PeftType => "BOTTLENECK";

    /// <inheritdoc/>
    internal override AdapterFiles Files => AdapterFiles.AdapterHub;

    /// <inheritdoc/>
    internal override void Validate()
    {
        base.Validate();
        if (!(ReductionFactor > 0) || !double.IsFinite(ReductionFactor)) throw new ArgumentException($"a reduction factor of {ReductionFactor}: a number above 0 is needed");
        if (Autograd.Activation.Find(Activation ?? "") is null)
            throw new ArgumentException($"the activation '{Activation}' is not built: {string.Join(", ", Autograd.Activation.All.Select(static one => one.Name))} are");
        if (string.IsNullOrEmpty(AdapterName) || AdapterName.Contains('.', StringComparison.Ordinal))
            throw new ArgumentException($"'{AdapterName}' is no name of adapters: it has letters and no dot");
        if (!HasAttentionAdapter && !HasOutputAdapter) throw new ArgumentException("bottleneck adapters are behind attention, the perceptron, or both");
    }

    /// <inheritdoc/>
    internal override IReadOnlyList<AdapterSlot> Slots(AdapterPlan plan)
    {
        var activation = Autograd.Activation.Find(Activation)!;
        var slots = new List<AdapterSlot>();
        foreach (var layer in plan.Model.Descendants().OfType<AdaptableResidual>())
        {
            if (!(layer.FollowsAttention ? HasAttentionAdapter : HasOutputAdapter)) continue;
            if (layer.Adapter is not null) throw new InvalidOperationException($"'{layer.Place}' of {plan.Model.Name} has an adapter already: detach it first");
            int narrow = Math.Max(1, (int)Math.Floor(layer.Width / ReductionFactor));
            slots.Add(new ResidualSlot(layer, new BottleneckAdapter(layer.Width, narrow, activation, IsOfNormalisedSum), $"adapters.{AdapterName}"));
        }
        return slots.Count > 0 ? slots : throw new ArgumentException($"{plan.Model.Name} has no layers with a place for bottleneck adapters: the encoders of BERT's family have");
    }

    /// <summary>Whether a file is AdapterHub's.</summary>
    internal static bool IsOne(JsonObjectReader json) => !json.TryGet("peft_type", out _) && json.Object("config") is not null;

    /// <exception cref="CheckpointException">A member is missing or malformed, or asks for what is not built.</exception>
    internal static BottleneckConfig Read(JsonObjectReader json)
    {
        var config = json.Object("config")!.Value;
        foreach (var (name, usual) in Fixed)
            if (config.TryGet(name, out var value) && !usual.Contains(value.GetRawText()))
                throw config.Wrong(name, $"is {Printable.Text(value.GetRawText())}, which is not built: {string.Join(" or ", usual)} is");
        return new BottleneckConfig
        {
            HasAttentionAdapter = config.Flag("mh_adapter") ?? throw config.Missing("mh_adapter"),
            HasOutputAdapter = config.Flag("output_adapter") ?? throw config.Missing("output_adapter"),
            IsOfNormalisedSum = config.Flag("original_ln_before") ?? false,
            ReductionFactor = config.Number("reduction_factor") ?? throw config.Missing("reduction_factor"),
            Activation = config.Text("non_linearity") ?? throw config.Missing("non_linearity"),
            AdapterName = json.Text("name") ?? throw json.Missing("name"),
            BaseModel = json.Text("model_name"),
            ModulesToSave = json.Texts("modules_to_save") ?? [],
        };
    }

    /// <inheritdoc/>
    internal override void Write(Utf8JsonWriter json, Model model, IReadOnlyList<string> savedModules, bool isTransposed)
    {
        json.WriteStartObject("config");
        json.WriteBoolean("adapter_residual_before_ln", false);
        json.WriteBoolean("cross_adapter", false);
        json.WriteNull("inv_adapter");
        json.WriteBoolean("is_parallel", false);
        json.WriteStartArray("leave_out");
        json.WriteEndArray();
        json.WriteBoolean("ln_after", false);
        json.WriteBoolean("ln_before", false);
        json.WriteBoolean("mh_adapter", HasAttentionAdapter);
        json.WriteString("non_linearity", Activation);
        json.WriteBoolean("original_ln_after", true);
        json.WriteBoolean("original_ln_before", IsOfNormalisedSum);
        json.WriteBoolean("output_adapter", HasOutputAdapter);
        json.WriteBoolean("phm_layer", false);
        json.WriteNumber("reduction_factor", ReductionFactor);
        json.WriteBoolean("residual_before_ln", true);
        json.WriteNumber("scaling", 1);
        json.WriteBoolean("use_gating", false);
        json.WriteEndObject();
        if (model is TextModel text) json.WriteNumber("hidden_size", text.Sizes.HiddenSize);
        json.WriteString("model_class", model.Name);
        json.WriteString("model_name", BaseModel);
        json.WriteString("model_type", model.ModelType);
        if (savedModules.Count > 0) AdapterTargets.Write(json, "modules_to_save", AdapterTargets.Named(savedModules));
        json.WriteString("name", AdapterName);
    }

    private protected override void WriteMembers(Utf8JsonWriter json, Model model, bool isTransposed)
    {
    }
}
