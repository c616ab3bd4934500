namespace Graft.Testing;

/// <summary>A folder as on the hub with a BERT, or one of its family, that is small enough to be trained in a test: its config, random weights and a vocabulary of words.</summary>
internal static class TinyEncoder
{
    private static readonly string[] Words =
    [
        "good", "bad", "fine", "awful", "film", "book", "the", "a", "is", "was", "not", "very", "in", "of", "where", "who", "ada", "bob", "carol", "dora",
        "london", "paris", "rome", "oslo", "lives", "works", "and", "cat", "dog", "sun", "moon", "red", "blue", ".", ",", "?", "!", "##s", "##ed", "##ing", "x", "y", "z",
    ];

    /// <summary>Writes the folder and returns its path.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="type">The family: bert or electra.</param>
    /// <param name="withWeights">Whether weights are written too.</param>
    public static string Write(string folder, string type = "bert", bool withWeights = true)
    {
        Directory.CreateDirectory(folder);
        string[] vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", .. Words];
        File.WriteAllLines(Path.Combine(folder, "vocab.txt"), vocabulary);
        File.WriteAllText(Path.Combine(folder, "tokenizer_config.json"), """{"do_lower_case": true, "model_max_length": 48, "tokenizer_class": "BertTokenizer"}""");
        File.WriteAllText(Path.Combine(folder, "config.json"), $$"""
            {"architectures": ["{{char.ToUpperInvariant(type[0])}}{{type[1..]}}Model"], "model_type": "{{type}}", "vocab_size": {{vocabulary.Length}},
             "embedding_size": 16, "hidden_size": 32, "num_hidden_layers": 2,
             "num_attention_heads": 2, "intermediate_size": 64, "max_position_embeddings": 48, "hidden_dropout_prob": 0.0,
             "attention_probs_dropout_prob": 0.0}
            """);
        if (!withWeights) return folder;
        using var model = PretrainedModel.Create(JsonFile.Read(Path.Combine(folder, "config.json")), seed: 1);
        model.Save(Path.Combine(folder, "model.safetensors"));
        return folder;
    }
}
