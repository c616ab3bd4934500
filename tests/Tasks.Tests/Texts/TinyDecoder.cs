namespace Graft.Testing;

/// <summary>A folder as on the hub with a GPT-2 or Llama that is small enough to be trained in a test: its config, random weights and a tokeniser of words.</summary>
internal static class TinyDecoder
{
    private static readonly string[] Words = ["ada", "bob", "carol", "lives", "works", "in", "london", "paris", "rome", ".", "the", "cat", "is", "red"];

    /// <summary>Writes the folder and returns its path.</summary>
    public static string Write(string folder, string type = "gpt2")
    {
        Directory.CreateDirectory(folder);
        string[] vocabulary = ["<pad>", "<s>", "</s>", "<unk>", .. Words];
        string numbers = string.Join(", ", vocabulary.Select(static (word, id) => $"\"{word}\": {id}"));
        string special = string.Join(", ", vocabulary[..4].Select(static (token, id) =>
            $$"""{"id": {{id}}, "content": "{{token}}", "special": true, "single_word": false, "lstrip": false, "rstrip": false, "normalized": false}"""));
        File.WriteAllText(Path.Combine(folder, "tokenizer.json"), $$"""
            {"version": "1.0", "added_tokens": [{{special}}],
             "normalizer": null, "pre_tokenizer": {"type": "WhitespaceSplit"}, "post_processor": null, "decoder": null,
             "model": {"type": "WordLevel", "vocab": { {{numbers}} }, "unk_token": "<unk>"} }
            """);
        File.WriteAllText(Path.Combine(folder, "tokenizer_config.json"),
            """{"bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>", "tokenizer_class": "PreTrainedTokenizerFast", "clean_up_tokenization_spaces": false}""");
        File.WriteAllText(Path.Combine(folder, "generation_config.json"), """{"bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0, "max_new_tokens": 9}""");
        File.WriteAllText(Path.Combine(folder, "config.json"), type == "gpt2"
            ? $$"""
            {"architectures": ["GPT2LMHeadModel"], "model_type": "gpt2", "vocab_size": {{vocabulary.Length}}, "n_embd": 32, "n_layer": 2, "n_head": 2, "n_positions": 24,
             "embd_pdrop": 0.0, "attn_pdrop": 0.0, "resid_pdrop": 0.0, "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0}
            """
            : $$"""
            {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": {{vocabulary.Length}}, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4,
             "num_key_value_heads": 2, "intermediate_size": 64, "max_position_embeddings": 24, "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0}
            """);
        using var model = PretrainedModel.Create(JsonFile.Read(Path.Combine(folder, "config.json")), seed: 1);
        model.Save(Path.Combine(folder, "model.safetensors"));
        return folder;
    }
}
