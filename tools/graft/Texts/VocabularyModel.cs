using System.Text.Json;

namespace Graft.CommandLine;

/// <summary>A small model to begin from nothing, whose <c>config.json</c> <c>graft vocabulary</c> writes.</summary>
/// <param name="Name">Its <c>model_type</c>.</param>
/// <param name="Sizes">The members of its config that are numbers; encoders have the sizes of BERT-mini (Turc et al. 2019).</param>
internal sealed record VocabularyModel(string Name, (string Name, int Value)[] Sizes)
{
    private static readonly (string Name, int Value)[] Encoder =
    [
        ("hidden_size", 256), ("num_hidden_layers", 4), ("num_attention_heads", 4), ("intermediate_size", 1024), ("max_position_embeddings", 512), ("type_vocab_size", 2),
    ];

    private static readonly (string Name, int Value)[] Transformer =
    [
        ("d_model", 256), ("encoder_layers", 3), ("decoder_layers", 3), ("encoder_attention_heads", 4), ("decoder_attention_heads", 4), ("encoder_ffn_dim", 1024),
        ("decoder_ffn_dim", 1024), ("max_position_embeddings", 512),
    ];

    private static readonly VocabularyModel[] Rows =
    [
        new("bert", Encoder) { IsEncoder = true },
        new("electra", [("embedding_size", 128), .. Encoder]) { IsEncoder = true },
        new("bart", [.. Transformer, ("bos_token_id", 0), ("pad_token_id", 1), ("eos_token_id", 2), ("decoder_start_token_id", 2)])
        {
            SpecialTokens = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"], BeginToken = "<s>", EndToken = "</s>",
        },
        new("marian", [.. Transformer, ("eos_token_id", 0), ("pad_token_id", 2), ("decoder_start_token_id", 2)])
        {
            SpecialTokens = ["</s>", "<unk>", "<pad>", "<mask>"], EndToken = "</s>", Flags = ["scale_embedding", "static_position_embeddings"],
        },
        new("gpt2", [("n_embd", 256), ("n_layer", 4), ("n_head", 4), ("n_positions", 512), ("bos_token_id", 0), ("eos_token_id", 0)]) { SpecialTokens = ["<|endoftext|>"] },
    ];

    public static string[] Names => [.. Rows.Select(static row => row.Name)];

    /// <summary>Whether it is an encoder, for pieces of words.</summary>
    public bool IsEncoder { get; private init; }

    public IReadOnlyList<string> SpecialTokens { get; private init; } = [];

    public string? BeginToken { get; private init; }

    public string? EndToken { get; private init; }

    private IReadOnlyList<string> Flags { get; init; } = [];

    public static VocabularyModel Find(string name) => Rows.First(row => row.Name == name);

    public static IEnumerable<string> NamesFor(VocabularyKind kind) => Rows.Where(row => row.IsEncoder == kind.IsWordPiece).Select(static row => row.Name);

    public void Write(Utf8JsonWriter json, int tokens)
    {
        json.WriteString("model_type", Name);
        json.WriteNumber("vocab_size", tokens);
        foreach (var (name, value) in Sizes) json.WriteNumber(name, value);
        foreach (string flag in Flags) json.WriteBoolean(flag, true);
    }
}
