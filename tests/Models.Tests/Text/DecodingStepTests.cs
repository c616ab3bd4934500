using System.Text;
using Graft.Autograd;
using Graft.Tensors;
using Graft.Testing;

namespace Graft.Models.Tests;

/// <summary>A decoder's steps beside its passes over whole texts.</summary>
public sealed class DecodingStepTests : IDisposable
{
    private static readonly string[] Configs =
    [
        """{"architectures": ["GPT2LMHeadModel"], "vocab_size": 20, "n_embd": 16, "n_layer": 2, "n_head": 2, "n_positions": 12}""",
        Llama("LlamaForCausalLM", ""),
        Llama("LlamaForCausalLM", """, "rope_scaling": {"rope_type": "llama3", "factor": 8, "low_freq_factor": 1, "high_freq_factor": 4, "original_max_position_embeddings": 8}"""),
        Llama("MistralForCausalLM", ", \"sliding_window\": 3"),
        Llama("Qwen2ForCausalLM", ", \"tie_word_embeddings\": true"),
    ];

    private readonly CpuDevice device = new(1);

    public void Dispose() => device.Dispose();

    public static TheoryData<int> Models => [.. Enumerable.Range(0, Configs.Length)];

    [Theory]
    [MemberData(nameof(Models))]
    public void What_is_remembered_gives_what_the_whole_text_gives(int config)
    {
        using var model = Make(config);
        using var step = model.CreateDecodingStep(device);
        int vocabulary = step.Vocabulary;
        List<int>[] rows = [[3, 5, 7], [3, 5, 7], [4], [4]];
        var logits = new float[rows.Length * vocabulary];
        step.Begin([[3, 5, 7], [4]], copies: 2, capacity: 9, logits);
        Compare();
        foreach (int[] tokens in (int[][])[[1, 2, 3, 4], [9, 8, 7, 6], [11, 12, 13, 14]])
        {
            step.Continue(tokens, logits);
            for (int row = 0; row < rows.Length; row++) rows[row].Add(tokens[row]);
            Compare();
            int[] order = [1, 1, 3, 2];
            step.Reorder(order);
            rows = [.. order.Select(row => rows[row].ToList())];
        }

        void Compare()
        {
            for (int row = 0; row < rows.Length; row++)
            {
                using var pass = Pass.Infer(device);
                float[] whole = model.Forward(pass, model.Pad([[.. rows[row]]]))["logits"].Value.ToArray();
                for (int token = 0; token < vocabulary; token++) Assert.Equal(whole[whole.Length - vocabulary + token], logits[row * vocabulary + token], 1e-5f);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void A_step_allocates_nothing(int config)
    {
        using var model = Make(config);
        using var step = model.CreateDecodingStep(device);
        var logits = new float[2 * step.Vocabulary];
        int[] tokens = [1, 2];
        step.Begin([[3, 5, 7], [4]], copies: 1, capacity: 12, logits);
        for (int warm = 0; warm < 2; warm++) step.Continue(tokens, logits);
        Allocations.None(
            () =>
            {
                for (int token = 0; token < 2; token++) step.Continue(tokens, logits);
            },
            tries: 3);
    }

    [Fact]
    public void Weights_that_change_are_seen()
    {
        using var model = Make(0);
        using var other = Make(0, seed: 5);
        using var step = model.CreateDecodingStep(device);
        using var fresh = other.CreateDecodingStep(device);
        var options = new GenerationOptions { MaximumNewTokens = 6 };
        int[] before = TokenGenerator.Generate(step, [[3]], options)[0].Tokens, expected = TokenGenerator.Generate(fresh, [[3]], options)[0].Tokens;
        model.CopyWeightsFrom(other);
        Assert.NotEqual(before, expected);
        Assert.Equal(expected, TokenGenerator.Generate(step, [[3]], options)[0].Tokens);
    }

    [Fact]
    public void Only_decoders_write()
    {
        using var model = PretrainedModel.Create(JsonFile.Parse(Encoding.UTF8.GetBytes(Configs[0].Replace("LMHead", "", StringComparison.Ordinal)), "config.json"), seed: 1);
        Assert.Contains("GPT2Model does not write texts", Assert.Throws<ArgumentException>(() => model.CreateDecodingStep(device)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_context_that_is_full_ends_the_text()
    {
        using var model = Make(0);
        using var step = model.CreateDecodingStep(device);
        var sequence = TokenGenerator.Generate(step, [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]], new GenerationOptions { MaximumNewTokens = 50 })[0];
        Assert.Equal((2, FinishReason.Length), (sequence.Tokens.Length, sequence.Finish));
        var exception = Assert.Throws<ArgumentException>(() => TokenGenerator.Generate(step, [new int[12]], new GenerationOptions { MaximumNewTokens = 5 }));
        Assert.Contains("prompt 0 has 12 tokens, and the model's context of 12 leaves no room", exception.Message, StringComparison.Ordinal);
    }

    private static string Llama(string architecture, string more) => $$"""
        {"architectures": ["{{architecture}}"], "vocab_size": 20, "hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 2, "num_attention_heads": 4,
         "num_key_value_heads": 2, "max_position_embeddings": 12{{more}}}
        """;

    private static TextModel Make(int config, ulong seed = 1) =>
        PretrainedModel.Create(JsonFile.Parse(Encoding.UTF8.GetBytes(Configs[config]), "config.json"), seed);
}
