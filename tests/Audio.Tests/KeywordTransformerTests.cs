using Graft.Autograd;
using Graft.Formats;
using Graft.Tensors;
using Graft.Testing;

namespace Graft.Audio.Tests;

/// <summary>The published keyword transformer, from its TensorFlow Lite file, behind our own cosine coefficients.</summary>
public sealed class KeywordTransformerTests
{
    public KeywordTransformerTests() => TensorFlowLiteFormat.Register();

    [Theory]
    [InlineData("yes", "yes")]
    [InlineData("no", "no")]
    [InlineData("silence", "_silence_")]
    [InlineData("noise", "down")]
    public void The_published_recordings_are_scored_as_beside_them(string name, string label)
    {
        using var checkpoint = Checkpoint.Open(RealData.Require("keyword-transformer/non_stream.tflite"));
        var (model, report) = KeywordTransformer.Open(checkpoint);
        using var _ = model;
        Assert.Equal((607_308, 0), ((int)model.Parameters().Sum(parameter => parameter.Shape.ElementCount), report.Replaced.Count));
        using var golden = Checkpoint.Open(RealData.Require("keyword-transformer/kwt1_golden_numpy.npz"));
        float[] expected = golden[$"{name}_1000ms"].ToSingleArray(), scores = Scores(model, Waveform.Read(RealData.Require($"keyword-transformer/{name}_1000ms.wav")));
        double largest = expected.Zip(scores, (a, b) => Math.Abs(a - b)).Max();
        TestContext.Current.TestOutputHelper?.WriteLine($"{name}: {largest:g2}");
        Assert.InRange(largest, 0, 1e-3);
        Assert.Equal(label, model.Labels[Array.IndexOf(scores, scores.Max())]);
    }

    [Fact]
    public void Saved_it_is_the_same_network()
    {
        string folder = Directory.CreateTempSubdirectory("graft-keywords").FullName;
        try
        {
            using var checkpoint = Checkpoint.Open(RealData.Require("keyword-transformer/non_stream.tflite"));
            using var model = KeywordTransformer.Open(checkpoint).Model;
            model.Save(Path.Combine(folder, "model.safetensors"));
            model.ConfigFor(model.Labels).Write(Path.Combine(folder, "config.json"));
            using var same = PretrainedSpeechModel.Open(folder).Model;
            Assert.Equal(model.Labels, same.Labels);
            var sound = new Waveform(FeatureTests.Sound(16000), 16000);
            Assert.Equal(Scores(model, sound), Scores(same, sound));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static float[] Scores(SpeechModel model, Waveform sound)
    {
        var features = new FeatureExtractor(FeatureOptions.KeywordTransformer).Extract(sound);
        using var pass = Pass.Infer(Device.Cpu);
        return model.Forward(pass, new SpeechBatch(1, features.Frames, features.Values, width: features.Width))["logits"].Value.ToArray();
    }
}
