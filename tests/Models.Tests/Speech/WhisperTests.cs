using System.Text.Json;
using Graft.Autograd;
using Graft.Tensors;
using Graft.Testing;

namespace Graft.Models.Tests;

public sealed class WhisperTests
{
    [Fact]
    public void Outputs_loss_and_gradients_are_Hugging_Faces()
    {
        string folder = RealData.Require("hf-goldens/whisper-s2s");
        using var device = new CpuDevice(2);
        var report = ReferenceCheck.Run(folder, Path.Combine(folder, "reference.safetensors"), device);
        string figures = string.Join("; ", report.Kinds.Select(kind => $"{kind.Kind} {kind.Largest:g2} at {kind.At}"));
        TestContext.Current.TestOutputHelper?.WriteLine(figures);
        Assert.True(report.IsWithin(1e-5, 1e-4), figures);
        Assert.Equal("WhisperForConditionalGeneration", report.Architecture);
        foreach (string kind in (string[])["logits", "encoder_hidden_states", "decoder_attentions", "cross_attentions", "past_key_values", "loss", "gradients"])
            Assert.Contains(report.Kinds, one => one.Kind == kind);
    }

    [Fact]
    public void Every_word_is_the_one_that_Hugging_Face_writes()
    {
        string folder = RealData.Require("hf-goldens/whisper-s2s");
        using var model = Assert.IsType<WhisperModel>(PretrainedSpeechModel.Open(folder).Model);
        using var reference = Checkpoint.Open(Path.Combine(folder, "reference.safetensors"));
        var arguments = JsonDocument.Parse(reference.Metadata["generate.greedy"]).RootElement.GetProperty("kwargs");
        var recorder = new Recorder();
        var options = GenerationOptions.Read(folder) with { MaximumNewTokens = arguments.GetProperty("max_new_tokens").GetInt32(), Processors = [recorder] };
        using var step = new WhisperStep(model, Device.Cpu);
        step.Read(Bands(reference["generate.greedy.input.input_features"]));
        var sequences = TokenGenerator.Generate(step, step.Starts, options);
        int[][] expected = [.. reference["generate.greedy.sequences"].ToInt64Array().Select(id => (int)id).Chunk(reference["generate.greedy.sequences"].Shape[1])];
        Assert.Equal(expected.Length, sequences.Count);
        for (int row = 0; row < expected.Length; row++)
        {
            int[] written = [model.DecoderStartToken, .. sequences[row].Tokens];
            Assert.Equal(expected[row], written.Take(expected[row].Length).Concat(Enumerable.Repeat(options.PaddingToken!.Value, Math.Max(0, expected[row].Length - written.Length))));
        }
        float[] all = reference["generate.greedy.scores"].ToSingleArray();
        int at = 0;
        for (int place = 0; place < reference["generate.greedy.scores"].Shape[0]; place++)
            for (int row = 0; row < expected.Length; row++)
            {
                if (place >= sequences[row].Tokens.Length) continue;
                float[] actual = recorder.Scores[at++];
                for (int token = 0; token < actual.Length; token++)
                    if (float.IsFinite(all[(place * expected.Length + row) * 99 + token])) Assert.Equal(all[(place * expected.Length + row) * 99 + token], actual[token], 2e-5f);
            }
    }

    [Fact]
    public void Sounds_of_another_length_and_words_that_are_none_are_refused()
    {
        using var model = Assert.IsType<WhisperModel>(PretrainedSpeechModel.Open(RealData.Require("hf-goldens/whisper-s2s")).Model);
        using var step = new WhisperStep(model, Device.Cpu);
        Assert.Contains("reads 40 frames, not 39", Assert.Throws<ArgumentException>(() => step.Read(new SpeechBatch(1, 39, new float[39 * 16], width: 16))).Message, StringComparison.Ordinal);
        using var pass = Pass.Infer(Device.Cpu);
        var sounds = new SpeechBatch(1, 40, new float[40 * 16], width: 16);
        Assert.Contains("reads a sound and writes words", Assert.Throws<ArgumentException>(() => model.Forward(pass, sounds)).Message, StringComparison.Ordinal);
        Assert.ThrowsAny<ArgumentException>(() => model.Forward(pass, model.WithLabels(sounds, [5, 99, 7])));
    }

    private static SpeechBatch Bands(StoredTensor features)
    {
        int sounds = features.Shape[0], bands = features.Shape[1], frames = features.Shape[2];
        float[] stored = features.ToSingleArray(), values = new float[stored.Length];
        for (int at = 0; at < stored.Length; at++) values[(at / (bands * frames) * frames + at % frames) * bands + at / frames % bands] = stored[at];
        return new SpeechBatch(sounds, frames, values, width: bands);
    }

    private sealed class Recorder : LogitsProcessor
    {
        public List<float[]> Scores { get; } = [];

        public override void Apply(ReadOnlySpan<int> tokens, int promptLength, Span<float> scores) => Scores.Add(scores.ToArray());
    }
}
