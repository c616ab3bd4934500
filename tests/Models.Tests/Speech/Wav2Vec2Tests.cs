using System.Text;
using Graft.Autograd;
using Graft.Tensors;
using Graft.Testing;

namespace Graft.Models.Tests;

public sealed class Wav2Vec2Tests : IDisposable
{
    private const string Small = """
        {"model_type": "wav2vec2", "architectures": ["Wav2Vec2ForCTC"], "conv_dim": [8, 8], "conv_kernel": [10, 3], "conv_stride": [5, 2], "hidden_size": 16,
         "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32, "num_conv_pos_embeddings": 5, "num_conv_pos_embedding_groups": 2, "vocab_size": 6,
         "feat_extract_norm": "layer", "do_stable_layer_norm": true, "conv_bias": true}
        """;

    private readonly string root = Directory.CreateTempSubdirectory("graft-wav2vec2").FullName;

    public void Dispose() => Directory.Delete(root, recursive: true);

    [Fact]
    public void Outputs_loss_and_gradients_are_Hugging_Faces()
    {
        string folder = RealData.Require("hf-goldens/wav2vec2-ctc");
        using var device = new CpuDevice(2);
        var report = ReferenceCheck.Run(folder, Path.Combine(folder, "reference.safetensors"), device);
        string figures = string.Join("; ", report.Kinds.Select(kind => $"{kind.Kind} {kind.Largest:g2} at {kind.At}"));
        TestContext.Current.TestOutputHelper?.WriteLine(figures);
        Assert.True(report.IsWithin(1e-5, 1e-4), figures);
        Assert.Equal("Wav2Vec2ForCTC", report.Architecture);
        Assert.Equal(48, report.Kinds.Single(kind => kind.IsGradient).Tensors);
    }

    [Fact]
    public void Both_spellings_of_the_normalised_weight_are_read()
    {
        using var model = Create(Small, seed: 3);
        string path = Path.Combine(root, "model.safetensors");
        model.Save(path);
        string renamed = Path.Combine(root, "renamed.safetensors");
        using (var checkpoint = Checkpoint.Open(path))
            SafetensorsWriter.Write(renamed, checkpoint.Tensors.Select(tensor => TensorEntry.From(
                tensor.Key.Replace("weight_g", "parametrizations.weight.original0", StringComparison.Ordinal)
                    .Replace("weight_v", "parametrizations.weight.original1", StringComparison.Ordinal), tensor.Shape, tensor.ToSingleArray())));
        using var other = Create(Small, seed: 4);
        using (var checkpoint = Checkpoint.Open(renamed)) other.Load(checkpoint);
        Assert.Equal(Logits(model, [100, 90]), Logits(other, [100, 90]));
    }

    [Fact]
    public void What_fills_a_sound_up_changes_nothing_but_for_norms_over_time()
    {
        using var model = Create(Small, seed: 1);
        float[] alone = Logits(model, [80]), beside = Logits(model, [80, 120]);
        for (int at = 0; at < alone.Length; at++) Assert.Equal(alone[at], beside[at], 1e-5);
    }

    [Fact]
    public void A_classifier_learns_and_frames_are_hidden()
    {
        string config = Small.Replace("ForCTC", "ForSequenceClassification", StringComparison.Ordinal);
        using var model = PretrainedSpeechModel.Create(JsonFile.Parse(Encoding.UTF8.GetBytes(config), "config.json"), labels: 3, seed: 2);
        using var pass = Pass.Train(Device.Cpu);
        var sounds = Sounds([80, 120]);
        var batch = new SpeechBatch(2, 120, sounds.Values, sounds.Lengths) { HiddenFrames = [.. Enumerable.Range(0, 2 * model.FramesOf(120)).Select(frame => frame % 3 == 0)] };
        var outputs = model.Forward(pass, batch);
        Assert.Equal(new Shape([2, 3]), outputs["logits"].Shape);
        var gradients = pass.Backward(model.Loss(outputs, batch, new SpeechTargets { Labels = [0, 2] }));
        foreach (var parameter in model.Parameters()) Assert.NotNull(gradients.Of(parameter));
    }

    [Fact]
    public void What_does_not_fit_is_one_error()
    {
        using var model = Create(Small, seed: 1);
        using var pass = Pass.Infer(Device.Cpu);
        Assert.Contains("too short", Assert.Throws<ArgumentException>(() => model.Forward(pass, SpeechBatch.Pad([new float[12]]))).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => SpeechBatch.Pad([[]]));
        Assert.Throws<ArgumentException>(() => SpeechBatch.Pad([]));
        Assert.All(SpeechBatch.Pad([new float[50]]).Values, value => Assert.Equal(0, value));
        foreach (string odd in (string[])["\"conv_stride\": [5]", "\"feat_extract_norm\": \"batch\"", "\"num_attention_heads\": 3"])
        {
            string name = odd[..odd.IndexOf(':', StringComparison.Ordinal)];
            string config = string.Join(", ", Small.Trim().TrimEnd('}').Split(", ").Where(member => !member.Contains(name, StringComparison.Ordinal)));
            if (name.Contains("conv_stride", StringComparison.Ordinal)) config = Small.Trim().TrimEnd('}').Replace("\"conv_stride\": [5, 2]", "\"x\": 1", StringComparison.Ordinal);
            var error = Assert.Throws<CheckpointException>(() => PretrainedSpeechModel.Create(JsonFile.Parse(Encoding.UTF8.GetBytes($"{config}, {odd}}}"), "config.json")));
            Assert.Contains(name.Trim('"'), error.Message, StringComparison.Ordinal);
        }
    }

    private static SpeechModel Create(string config, ulong seed) => PretrainedSpeechModel.Create(JsonFile.Parse(Encoding.UTF8.GetBytes(config), "config.json"), seed: seed);

    private static SpeechBatch Sounds(int[] lengths) =>
        SpeechBatch.Pad([.. lengths.Select((length, row) => Enumerable.Range(0, length).Select(at => MathF.Sin(0.3f * at + row)).ToArray())]);

    private static float[] Logits(SpeechModel model, int[] lengths)
    {
        using var pass = Pass.Infer(Device.Cpu);
        return model.Forward(pass, Sounds(lengths))["logits"].Value.ToArray();
    }
}
