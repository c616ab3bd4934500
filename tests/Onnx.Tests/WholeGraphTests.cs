using Graft.Autograd;
using Graft.Tensors;
using Graft.Testing;

namespace Graft.Onnx.Tests;

/// <summary>Published graphs give what ONNX Runtime makes of them, eagerly and recorded, and those with weights learn.</summary>
public sealed class WholeGraphTests
{
    [Fact]
    public void ResNet18() => OnnxRuntimeComparison.Same(
        RealData.RequirePublished("resnet18/model.onnx"), new Dictionary<string, OnnxTensor> { ["Input247"] = Numbers([1, 3, 224, 224], 60f) }, 1e-4);

    [Fact]
    public void Preprocessing() => OnnxRuntimeComparison.Same(
        RealData.RequirePublished("resnet18/preprocess.onnx"), new Dictionary<string, OnnxTensor> { ["OriginalInput"] = Numbers([1, 3, 224, 224], 255f) });

    [Theory]
    [InlineData("minilm-l6")]
    [InlineData("arctic-xs")]
    public void Sentence_encoders(string name)
    {
        string path = RealData.RequirePublished($"{name}/model.onnx");
        OnnxRuntimeComparison.Same(path, Tokens(2, 9));
        Learns(path, Tokens(2, 9), 1e-3f);
    }

    [Fact]
    public void Encoders_have_the_keys_of_their_hub()
    {
        using var model = OnnxModel.Open(RealData.RequirePublished("minilm-l6/model.onnx"));
        using var checkpoint = Checkpoint.Open(RealData.RequirePublished("minilm-l6/model.safetensors"));
        foreach (var parameter in model.Parameters().Where(parameter => !parameter.Name.StartsWith("pooler", StringComparison.Ordinal)))
        {
            Assert.True(checkpoint.TryGet(parameter.Name, out var stored), parameter.Name);
            Assert.Equal(stored.ToSingleArray(), parameter.Value.ToArray());
        }
        Assert.Equal(22_713_216, model.Parameters().Sum(parameter => parameter.Shape.ElementCount));
    }

    [Fact]
    public void Voice_activity()
    {
        string path = RealData.Require("silero-vad/silero_vad.onnx");
        var inputs = new Dictionary<string, OnnxTensor>
        {
            ["input"] = Numbers([1, 576], 0.1f),
            ["state"] = Numbers([2, 1, 128], 0.5f),
            ["sr"] = OnnxTensor.From([], new long[] { 16000 }),
        };
        OnnxRuntimeComparison.Same(path, inputs);
        Learns(path, inputs, 1e-3f);
    }

    [Fact]
    public void Speech_embedding_with_its_front_end_and_heads()
    {
        OnnxRuntimeComparison.Same(RealData.Require("speech-embedding/melspectrogram.onnx"), new Dictionary<string, OnnxTensor> { ["input"] = Numbers([1, 12400], 800f) });
        string trunk = RealData.Require("speech-embedding/embedding_model.onnx");
        var mel = new Dictionary<string, OnnxTensor> { ["input_1"] = Numbers([2, 76, 32, 1], 1f) };
        OnnxRuntimeComparison.Same(trunk, mel);
        Learns(trunk, mel, 1e-4f);
        foreach (string head in (string[])["alexa_v0.1", "hey_rhasspy_v0.1"])
        {
            string path = RealData.Require($"speech-embedding/{head}.onnx");
            var features = new Dictionary<string, OnnxTensor> { ["onnx::Flatten_0"] = Numbers([1, 16, 96], 2f) };
            OnnxRuntimeComparison.Same(path, features);
            Learns(path, features, 1e-3f);
        }
    }

    /// <summary>A few steps of descent bring the mean square of the first output down.</summary>
    internal static void Learns(string path, IReadOnlyDictionary<string, OnnxTensor> inputs, float rate)
    {
        using var model = OnnxModel.Open(path);
        Assert.NotEmpty(model.Stages);
        float first = 0, last = 0;
        for (int step = 0; step < 4; step++)
        {
            using var pass = Pass.Train(Device.Cpu, seed: (ulong)step);
            var outputs = model.Forward(pass, inputs);
            var loss = outputs[outputs.Names.First()].Square().Mean();
            last = loss.Value.ToArray()[0];
            if (step == 0) first = last;
            var gradients = pass.Backward(loss);
            foreach (var parameter in model.Parameters())
            {
                if (gradients.Of(parameter) is not { } gradient) continue;
                float[] slopes = gradient.ToArray(), values = parameter.Value.ToArray();
                double norm = Math.Sqrt(slopes.Sum(slope => (double)slope * slope)), own = Math.Sqrt(values.Sum(value => (double)value * value));
                if (norm == 0) continue;
                // each parameter moves by the same share of its length
                float scale = (float)(rate * Math.Max(own, 1e-3) / norm);
                model.ChangeWeights(() => parameter.Fill(target =>
                {
                    for (int i = 0; i < target.Length; i++) target[i] = values[i] - scale * slopes[i];
                }));
            }
        }
        Assert.True(last < first, $"{first} to {last}");
    }

    internal static OnnxTensor Numbers(int[] shape, float scale)
    {
        var random = new RandomStream(seed: 3, "numbers");
        var values = new float[shape.Aggregate(1, (all, length) => all * length)];
        random.FillUniform(values, scale > 2 && shape.Length == 4 ? 0 : -scale, scale);
        return OnnxTensor.From(shape, values);
    }

    internal static Dictionary<string, OnnxTensor> Tokens(int sequences, int length, int vocabulary = 30522)
    {
        var (ids, mask, types) = (new long[sequences * length], new long[sequences * length], new long[sequences * length]);
        for (int i = 0; i < ids.Length; i++)
        {
            ids[i] = i * 7919L % vocabulary;
            mask[i] = i % length < length - i / length ? 1 : 0;
        }
        return new Dictionary<string, OnnxTensor>
        {
            ["input_ids"] = OnnxTensor.From([sequences, length], ids),
            ["attention_mask"] = OnnxTensor.From([sequences, length], mask),
            ["token_type_ids"] = OnnxTensor.From([sequences, length], types),
        };
    }
}
