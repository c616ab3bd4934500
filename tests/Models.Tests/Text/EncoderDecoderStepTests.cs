using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Graft.Autograd;
using Graft.Tensors;
using Graft.Testing;

namespace Graft.Models.Tests;

/// <summary>What T5, BART and Marian write, beside Hugging Face's <c>generate</c> and beside themselves without kept keys and values.</summary>
public sealed class EncoderDecoderStepTests : IDisposable
{
    private readonly CpuDevice device = new(2);

    public static TheoryData<string, string> Cases
    {
        get
        {
            var cases = new TheoryData<string, string>();
            foreach (string model in (string[])["t5-s2s", "bart-s2s", "marian-mt"])
                foreach (string name in (string[])["greedy", "greedy_eos", "beam4", "beam4_eos"]) cases.Add(model, name);
            foreach (string name in (string[])["beam4_config", "beam4_lp06_early_ret2", "beam6_lp14_norep"]) cases.Add("marian-mt", name);
            return cases;
        }
    }

    public void Dispose() => device.Dispose();

    [Theory, MemberData(nameof(Cases))]
    public void Every_token_is_Hugging_Faces(string folder, string name)
    {
        string path = Path.Combine(RealData.Require("hf-goldens"), folder);
        using var model = (EncoderDecoderModel)PretrainedModel.Open(path);
        using var reference = Checkpoint.Open(Path.Combine(path, "reference.safetensors"));
        var options = Options(path, reference.Metadata[$"generate.{name}"]);
        var recorder = new Recorder();
        int[][] ids = Rows(reference, $"generate.{name}.input.input_ids"), mask = Rows(reference, $"generate.{name}.input.attention_mask");
        int[][] expected = Rows(reference, $"generate.{name}.sequences");
        using var step = new EncoderDecoderStep(model, device);
        foreach (int _ in (int[])[0, 1])
        {
            recorder.Scores.Clear();
            step.Read([.. ids.Zip(mask, (row, counts) => row.Where((_, place) => counts[place] == 1).ToArray())]);
            var sequences = TokenGenerator.Generate(step, step.Starts, options with { Processors = [recorder] });
            Assert.Equal(expected.Length, sequences.Count);
            for (int row = 0; row < expected.Length; row++)
            {
                int[] actual = [model.DecoderStartToken, .. sequences[row].Tokens];
                Assert.Equal(expected[row], actual.Concat(Enumerable.Repeat(options.PaddingToken!.Value, Math.Max(0, expected[row].Length - actual.Length))));
            }
            if (reference.TryGet($"generate.{name}.sequences_scores", out var scores))
            {
                float[] wanted = scores.ToSingleArray();
                for (int row = 0; row < wanted.Length; row++) Assert.Equal(wanted[row], sequences[row].Score!.Value, 5e-6);
                continue;
            }
            // [tokens, rows, V] of which rows that have ended are left out here
            float[] all = reference[$"generate.{name}.scores"].ToSingleArray();
            int vocabulary = model.Sizes.Vocabulary, at = 0;
            for (int place = 0; place < expected[0].Length - 1; place++)
                for (int row = 0; row < ids.Length; row++)
                {
                    if (place >= sequences[row].Tokens.Length) continue;
                    float[] actual = recorder.Scores[at++];
                    for (int token = 0; token < vocabulary; token++) Assert.Equal(all[(place * ids.Length + row) * vocabulary + token], actual[token], 2e-5f);
                }
        }
    }

    [Theory, MemberData(nameof(EncoderDecoderTests.Kinds), MemberType = typeof(EncoderDecoderTests))]
    public void What_is_kept_changes_no_logit(string kind)
    {
        using var model = (EncoderDecoderModel)PretrainedModel.Create(JsonFile.Parse(Encoding.UTF8.GetBytes(EncoderDecoderTests.Configs[kind]), "config.json"), seed: 3);
        int[][] texts = [[3, 5, 7, 9, 2], [11, 5]];
        // two rows of each text, of which the first go on from the second half way
        int[][] written = [[4, 6, 8, 9, 5], [3, 7, 2, 11, 6], [6, 6, 3, 8, 9], [13, 4, 12, 3, 5]];
        using var step = new EncoderDecoderStep(model, device);
        step.Read(texts);
        float[] logits = new float[4 * 20];
        step.Begin(step.Starts, copies: 2, capacity: 12, logits);
        for (int place = 0; place < 5; place++)
        {
            step.Continue([.. written.Select(row => row[place])], logits);
            if (place == 2)
            {
                step.Reorder([1, 1, 3, 3]);
                foreach (int row in (int[])[0, 2]) written[row + 1].AsSpan(0, 3).CopyTo(written[row]);
                continue;
            }
            for (int row = 0; row < 4; row++) Close(Whole(model, texts[row / 2], written[row][..(place + 1)]), logits[(row * 20)..((row + 1) * 20)]);
        }
        Assert.Throws<ArgumentException>(() => step.Reorder([2, 1, 2, 3]));
        Assert.Throws<ArgumentException>(() => step.Read([[3], []]));
        Assert.Throws<ArgumentException>(() => step.Begin([[1]], 1, 4, logits));
    }

    [Fact]
    public void A_token_takes_no_memory()
    {
        using var model = (EncoderDecoderModel)PretrainedModel.Create(JsonFile.Parse(Encoding.UTF8.GetBytes(EncoderDecoderTests.Configs["t5"]), "config.json"));
        using var step = new EncoderDecoderStep(model, device);
        step.Read([[3, 5, 7], [4, 2]]);
        float[] logits = new float[4 * 20];
        int[] tokens = [1, 2, 3, 4], rows = [1, 0, 2, 2];
        step.Begin(step.Starts, copies: 2, capacity: 24, logits);
        for (int place = 0; place < 4; place++)
        {
            step.Continue(tokens, logits);
            step.Reorder(rows);
        }
        Allocations.None(
            () =>
            {
                for (int place = 0; place < 4; place++) step.Continue(tokens, logits);
            },
            tries: 4);
    }

    /// <summary>The logits behind what was written, without anything kept.</summary>
    private float[] Whole(EncoderDecoderModel model, int[] text, int[] written)
    {
        using var pass = Pass.Infer(device);
        // a label more, as the decoder reads those before it
        return model.Forward(pass, model.WithLabels(model.Pad([text]), [.. written, 0]))["logits"].Value.ToArray()[^20..];
    }

    private static void Close(float[] expected, float[] actual)
    {
        for (int i = 0; i < expected.Length; i++) Assert.True(Math.Abs(expected[i] - actual[i]) <= 1e-5 * (1 + Math.Abs(expected[i])), $"[{i}] is {actual[i]}, not {expected[i]}");
    }

    /// <summary>What the folder says, and the arguments of the call over it.</summary>
    private static GenerationOptions Options(string folder, string call)
    {
        var members = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, GenerationOptions.FileName)))!.AsObject();
        foreach (var (name, value) in JsonNode.Parse(call)!["kwargs"]!.AsObject()) members[name] = value?.DeepClone();
        return GenerationOptions.Of(JsonFile.Parse(JsonSerializer.SerializeToUtf8Bytes(members), "kwargs"));
    }

    private static int[][] Rows(Checkpoint reference, string name)
    {
        var tensor = reference[name];
        return [.. tensor.ToInt64Array().Select(id => (int)id).Chunk(tensor.Shape[1])];
    }

    private sealed class Recorder : LogitsProcessor
    {
        public List<float[]> Scores { get; } = [];

        public override void Apply(ReadOnlySpan<int> tokens, int promptLength, Span<float> scores) => Scores.Add(scores.ToArray());
    }
}
