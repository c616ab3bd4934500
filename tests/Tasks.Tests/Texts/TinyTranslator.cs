namespace Graft.Testing;

/// <summary>A folder as on the hub with an encoder-decoder that is small enough to be trained in a test: its config, random weights and a vocabulary of words.</summary>
internal static class TinyTranslator
{
    public static string[] Words { get; } = ["one", "two", "three", "four", "five", "six", "seven", "eight", "red", "blue", "green"];

    /// <summary>Writes the folder and returns its path.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="type">The family: marian, bart or t5.</param>
    /// <param name="withWeights">Whether weights are written too.</param>
    public static string Write(string folder, string type = "marian", bool withWeights = true)
    {
        Directory.CreateDirectory(folder);
        string[] vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", .. Words];
        File.WriteAllLines(Path.Combine(folder, "vocab.txt"), vocabulary);
        File.WriteAllText(Path.Combine(folder, "tokenizer_config.json"), """{"do_lower_case": true, "model_max_length": 24, "tokenizer_class": "BertTokenizer"}""");
        string sizes = type == "t5"
            ? "\"architectures\": [\"T5ForConditionalGeneration\"], \"d_kv\": 16, \"d_ff\": 64, \"num_layers\": 1, \"num_heads\": 2, \"dropout_rate\": 0.0"
            : $"\"architectures\": [\"{(type == "bart" ? "BartForConditionalGeneration" : "MarianMTModel")}\"], \"encoder_layers\": 1, \"decoder_layers\": 1, \"encoder_attention_heads\": 2, "
              + "\"decoder_attention_heads\": 2, \"encoder_ffn_dim\": 64, \"decoder_ffn_dim\": 64, \"max_position_embeddings\": 24, \"dropout\": 0.0, \"scale_embedding\": true, \"init_std\": 0.1";
        File.WriteAllText(Path.Combine(folder, "config.json"), $$"""
            {{{sizes}}, "model_type": "{{type}}", "vocab_size": {{vocabulary.Length}}, "d_model": 32,
             "pad_token_id": 0, "bos_token_id": 2, "eos_token_id": 3, "decoder_start_token_id": 0}
            """);
        if (!withWeights) return folder;
        using var model = PretrainedModel.Create(JsonFile.Read(Path.Combine(folder, "config.json")), seed: 1);
        model.Save(Path.Combine(folder, "model.safetensors"));
        return folder;
    }

    /// <summary>Texts of words, and the same words the other way round.</summary>
    public static IEnumerable<(string Text, string Reversed)> Pairs(int count, int seed)
    {
        var random = new Random(seed);
        for (int pair = 0; pair < count; pair++)
        {
            string[] words = [.. Enumerable.Range(0, 2 + random.Next(3)).Select(_ => Words[random.Next(Words.Length)])];
            yield return (string.Join(' ', words), string.Join(' ', words.Reverse()));
        }
    }
}
