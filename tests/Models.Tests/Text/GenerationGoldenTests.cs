using System.Text.Json;
using Graft.Tensors;
using Graft.Testing;

namespace Graft.Models.Tests;

/// <summary>What Hugging Face's own code generates with tiny models, token for token, and published greedy texts.</summary>
public sealed class GenerationGoldenTests : IDisposable
{
    private readonly CpuDevice device = new(2);

    public void Dispose() => device.Dispose();

    public static TheoryData<string, string> Cases
    {
        get
        {
            var cases = new TheoryData<string, string>();
            foreach (string model in Models)
                foreach (string name in (string[])["greedy", "greedy_leftpad", "greedy_processors", "greedy_eos", "beam4", "beam4_eos"]) cases.Add(model, name);
            return cases;
        }
    }

    private static string[] Models => ["gpt2-lm", "llama-lm"];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Every_token_is_Hugging_Faces(string folder, string name)
    {
        string path = Path.Combine(RealData.Require("hf-goldens"), folder);
        using var model = PretrainedModel.Open(path);
        using var reference = Checkpoint.Open(Path.Combine(path, "reference.safetensors"));
        var arguments = JsonDocument.Parse(reference.Metadata[$"generate.{name}"]).RootElement.GetProperty("kwargs");
        var recorder = new Recorder();
        var standard = GenerationOptions.Read(path);
        var options = GenerationOptions.Of(new JsonObjectReader(arguments, "kwargs")) with { Processors = [recorder] };
        if (options.EndTokens.Count == 0) options = options with { EndTokens = standard.EndTokens };
        int[][] ids = Rows(reference, $"generate.{name}.input.input_ids"), mask = Rows(reference, $"generate.{name}.input.attention_mask");
        int[][] prompts = [.. ids.Zip(mask, (row, counts) => row.Where((_, place) => counts[place] == 1).ToArray())];
        using var step = model.CreateDecodingStep(device);
        foreach (int _ in (int[])[0, 1])
        {
            recorder.Scores.Clear();
            var sequences = TokenGenerator.Generate(step, prompts, options);
            int[][] expected = Rows(reference, $"generate.{name}.sequences");
            Assert.Equal(expected.Length, sequences.Count);
            for (int row = 0; row < expected.Length; row++)
            {
                Assert.Equal(row, sequences[row].Prompt);
                int[] actual = [.. ids[row], .. sequences[row].Tokens];
                Assert.Equal(expected[row], actual.Concat(Enumerable.Repeat(options.PaddingToken!.Value, expected[row].Length - actual.Length)));
            }
            if (reference.TryGet($"generate.{name}.sequences_scores", out var scores))
            {
                float[] wanted = scores.ToSingleArray();
                for (int row = 0; row < wanted.Length; row++) Assert.Equal(wanted[row], sequences[row].Score!.Value, 2e-6);
                continue;
            }
            // [tokens, rows, V] of which rows that have ended are left out here
            float[] all = reference[$"generate.{name}.scores"].ToSingleArray();
            int vocabulary = model.Sizes.Vocabulary, at = 0;
            for (int place = 0; place < expected[0].Length - ids[0].Length; place++)
                for (int row = 0; row < ids.Length; row++)
                {
                    if (place >= sequences[row].Tokens.Length) continue;
                    float[] actual = recorder.Scores[at++];
                    for (int token = 0; token < vocabulary; token++) Assert.Equal(all[(place * ids.Length + row) * vocabulary + token], actual[token], 2e-5f);
                }
            Assert.Equal(recorder.Scores.Count, at);
        }
    }

    [Fact]
    public void The_published_molecules_come_out_again()
    {
        string published = RealData.Require("gpt2-smiles"), folder = Path.Combine(published, "model");
        using var model = PretrainedModel.Open(folder);
        using var reference = Checkpoint.Open(Path.Combine(published, "reference.safetensors"));
        int[] expected = [.. reference["greedy.ids"].ToInt64Array().Select(id => (int)id)];
        var options = GenerationOptions.Read(folder) with { MaximumNewTokens = 60 };
        using var step = model.CreateDecodingStep(device);
        var sequence = Assert.Single(TokenGenerator.Generate(step, [[options.BeginToken!.Value]], options));
        Assert.Equal(expected, sequence.Tokens.Prepend(13));
        Assert.Equal(FinishReason.EndToken, sequence.Finish);
    }

    private static int[][] Rows(Checkpoint reference, string name)
    {
        var tensor = reference[name];
        int width = tensor.Shape[1];
        return [.. tensor.ToInt64Array().Select(id => (int)id).Chunk(width)];
    }

    private sealed class Recorder : LogitsProcessor
    {
        public List<float[]> Scores { get; } = [];

        public override void Apply(ReadOnlySpan<int> tokens, int promptLength, Span<float> scores) => Scores.Add(scores.ToArray());
    }
}
