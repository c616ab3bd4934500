using System.Text.Json;
using Graft.Autograd;
using Graft.Models;

namespace Graft.Transfer;

/// <summary>Learnt tokens in front of every text: <see cref="PrefixTuningConfig"/> or <see cref="PromptTuningConfig"/> (PEFT's
/// <c>PromptLearningConfig</c>).</summary>
public abstract record VirtualTokensConfig : AdapterConfig
{
    private const int MostTokens = 1 << 16;

    private protected VirtualTokensConfig()
    {
    }

    /// <summary>How many there are (<c>num_virtual_tokens</c>).</summary>
    public int VirtualTokens { get; init; } = 20;

    internal abstract bool IsPrefix { get; }

    /// <inheritdoc/>
    internal override AdapterFiles Files => AdapterFiles.Prompts;

    /// <inheritdoc/>
    internal override void Validate()
    {
        base.Validate();
        if (VirtualTokens is < 1 or > MostTokens) throw new ArgumentException($"{VirtualTokens} virtual tokens: a number from 1 to {MostTokens} is needed");
    }

    /// <inheritdoc/>
    internal override IReadOnlyList<AdapterSlot> Slots(AdapterPlan plan)
    {
        if (plan.Model is not TextModel model) throw new ArgumentException($"{plan.Model.Name} reads no tokens, in front of which others could be learnt");
        return model.VirtualTokens is null ? [new VirtualTokensSlot(new VirtualTokens(model, VirtualTokens, IsPrefix))]
            : throw new InvalidOperationException($"{model.Name} has virtual tokens already: detach them first");
    }

    private protected override void WriteMembers(Utf8JsonWriter json, Model model, bool isTransposed)
    {
        var layers = model.Descendants().OfType<MultiHeadAttention>().ToList();
        if (layers.Count > 0) json.WriteNumber("num_attention_heads", layers[0].Heads);
        json.WriteNumber("num_layers", layers.Count);
        json.WriteNumber("num_transformer_submodules", 1);
        json.WriteNumber("num_virtual_tokens", VirtualTokens);
        if (model is TextModel text) json.WriteNumber("token_dim", text.Sizes.HiddenSize);
    }
}

/// <summary>Prefix tuning (Li and Liang 2021; PEFT's <c>PrefixTuningConfig</c>): keys and values in front of those of every layer.</summary>
public sealed record PrefixTuningConfig : VirtualTokensConfig
{
    /// <inheritdoc/>
    public override string PeftType => "PREFIX_TUNING";

    internal override bool IsPrefix => true;

    /// <summary>The members of a file that are read or follow from the model.</summary>
    internal static IReadOnlyList<string> Members { get; } =
        ["num_virtual_tokens", "token_dim", "num_layers", "num_attention_heads", "num_transformer_submodules", "encoder_hidden_size", "prefix_projection"];

    // what was projected in training is saved as the keys and values that it gave
    internal static PrefixTuningConfig Read(JsonObjectReader json) =>
        new() { VirtualTokens = json.Integer("num_virtual_tokens") ?? throw json.Missing("num_virtual_tokens") };

    private protected override void WriteMembers(Utf8JsonWriter json, Model model, bool isTransposed)
    {
        base.WriteMembers(json, model, isTransposed);
        if (model is TextModel text) json.WriteNumber("encoder_hidden_size", text.Sizes.HiddenSize);
        json.WriteBoolean("prefix_projection", false);
    }
}

/// <summary>Prompt tuning (Lester et al. 2021; PEFT's <c>PromptTuningConfig</c>): embeddings in front of those of the words.</summary>
public sealed record PromptTuningConfig : VirtualTokensConfig
{
    /// <inheritdoc/>
    public override string PeftType => "PROMPT_TUNING";

    internal override bool IsPrefix => false;

    /// <summary>The members of a file that are read, follow from the model, or say how training began.</summary>
    internal static IReadOnlyList<string> Members { get; } =
    [
        "num_virtual_tokens", "token_dim", "num_layers", "num_attention_heads", "num_transformer_submodules", "prompt_tuning_init", "prompt_tuning_init_text",
        "tokenizer_name_or_path", "tokenizer_kwargs",
    ];

    internal static PromptTuningConfig Read(JsonObjectReader json) =>
        new() { VirtualTokens = json.Integer("num_virtual_tokens") ?? throw json.Missing("num_virtual_tokens") };

    private protected override void WriteMembers(Utf8JsonWriter json, Model model, bool isTransposed)
    {
        base.WriteMembers(json, model, isTransposed);
        json.WriteString("prompt_tuning_init", "RANDOM");
        json.WriteNull("prompt_tuning_init_text");
        json.WriteNull("tokenizer_name_or_path");
    }
}

/// <summary>Virtual tokens of a model; the file has one tensor of them, of a prefix [P, 2 L W] with the keys and the values of each layer side by
/// side.</summary>
internal sealed class VirtualTokensSlot(VirtualTokens tokens) : AdapterSlot
{
    private const string FileKey = "prompt_embeddings";

    public override string Key => "";

    public override IReadOnlyList<Parameter> Parameters => tokens.Parameters;

    public override IReadOnlyList<AdapterTensor> Tensors { get; } =
        [new AdapterTensor(FileKey, [tokens.Count, tokens.Parameters.Sum(static part => part.Shape[1])], () => Joined(tokens), numbers => Fill(tokens, numbers))];

    public override bool IsMergeable => false;

    public override void Put() => tokens.Attach();

    public override void Take() => tokens.Detach();

    public override IReadOnlyList<(Parameter Parameter, float[] Numbers)>? Merged() => null;

    private static float[] Joined(VirtualTokens tokens)
    {
        int width = tokens.Parameters.Sum(static part => part.Shape[1]), at = 0;
        var joined = new float[tokens.Count * width];
        foreach (var part in tokens.Parameters)
        {
            float[] own = part.Value.ToArray();
            int columns = part.Shape[1];
            for (int row = 0; row < tokens.Count; row++) own.AsSpan(row * columns, columns).CopyTo(joined.AsSpan(row * width + at));
            at += columns;
        }
        return joined;
    }

    private static void Fill(VirtualTokens tokens, float[] numbers)
    {
        int width = numbers.Length / tokens.Count, at = 0;
        foreach (var part in tokens.Parameters)
        {
            int from = at, columns = part.Shape[1];
            part.Fill(own =>
            {
                for (int row = 0; row < tokens.Count; row++) numbers.AsSpan(row * width + from, columns).CopyTo(own[(row * columns)..]);
            });
            at += columns;
        }
    }
}
