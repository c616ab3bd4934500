using System.Text;
using Graft.Autograd;
using Graft.Tensors;
using Graft.Testing;

namespace Graft.Models.Tests;

/// <summary>T5, BART and Marian beside Hugging Face's own code, and what they take.</summary>
public sealed class EncoderDecoderTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly CpuDevice device = new(2);

    public static TheoryData<string> Kinds => [.. Configs.Keys];

    internal static Dictionary<string, string> Configs { get; } = new()
    {
        ["t5"] = """{"architectures": ["T5ForConditionalGeneration"], "vocab_size": 20, "d_model": 16, "d_kv": 6, "d_ff": 24, "num_layers": 2, "num_heads": 2, "relative_attention_num_buckets": 8, "relative_attention_max_distance": 12}""",
        ["t5-gated"] = """{"architectures": ["T5ForConditionalGeneration"], "vocab_size": 20, "d_model": 16, "d_kv": 6, "d_ff": 24, "num_layers": 1, "num_decoder_layers": 2, "num_heads": 2, "feed_forward_proj": "gated-gelu", "tie_word_embeddings": false}""",
        ["bart"] = """{"architectures": ["BartForConditionalGeneration"], "vocab_size": 20, "d_model": 16, "encoder_layers": 2, "decoder_layers": 2, "encoder_attention_heads": 2, "decoder_attention_heads": 2, "encoder_ffn_dim": 24, "decoder_ffn_dim": 24, "max_position_embeddings": 12}""",
        ["marian"] = """{"architectures": ["MarianMTModel"], "vocab_size": 20, "d_model": 16, "encoder_layers": 2, "decoder_layers": 1, "encoder_attention_heads": 2, "decoder_attention_heads": 2, "encoder_ffn_dim": 24, "decoder_ffn_dim": 24, "max_position_embeddings": 12, "scale_embedding": true}""",
    };

    public void Dispose()
    {
        device.Dispose();
        folder.Dispose();
    }

    [Theory]
    [InlineData("t5-s2s", "T5ForConditionalGeneration", 47)]
    [InlineData("bart-s2s", "BartForConditionalGeneration", 91)]
    [InlineData("marian-mt", "MarianMTModel", 85)]
    public void Outputs_loss_and_gradients_are_Hugging_Faces(string golden, string architecture, int gradients)
    {
        string of = RealData.Require($"hf-goldens/{golden}");
        var report = ReferenceCheck.Run(of, Path.Combine(of, "reference.safetensors"), device);

        string figures = string.Join("; ", report.Kinds.Select(kind => $"{kind.Kind} {kind.Largest:g2} at {kind.At}"));
        TestContext.Current.TestOutputHelper?.WriteLine($"{golden}: {figures}");
        Assert.True(report.IsWithin(1e-5, 1e-4), figures);
        Assert.Equal(architecture, report.Architecture);
        Assert.Equal(gradients, report.Kinds.Single(kind => kind.IsGradient).Tensors);
        foreach (string kind in (string[])["loss", "logits", "encoder_last_hidden_state", "cross_attentions", "decoder_attentions", "encoder_attentions"])
            Assert.Contains(report.Kinds, row => row.Kind == kind);
        Assert.Equal(3, report.Kinds.Single(kind => kind.Kind == "decoder_hidden_states").Tensors);
    }

    [Theory, MemberData(nameof(Kinds))]
    public void What_is_saved_is_read_and_the_bare_model_reads_it_too(string kind)
    {
        using var model = Make(kind);
        string path = Path.Combine(folder.Path, "model.safetensors");
        model.Save(path);
        using var checkpoint = Checkpoint.Open(path);
        Assert.DoesNotContain(checkpoint.Tensors, tensor => tensor.Key.EndsWith("embed_tokens.weight", StringComparison.Ordinal));
        using var same = Make(kind, seed: 9);
        same.Load(checkpoint);
        Assert.Equal(Logits(model), Logits(same));
        using var bare = PretrainedModel.Create(Json(Configs[kind]), TextHead.None, seed: 9);
        bare.Load(checkpoint);
        Assert.Equal((TextHead.None, TextHead.SequenceToSequence), (bare.Head, model.Head));
        using var pass = Pass.Infer(device);
        Assert.Equal([1, 4, 16], bare.Forward(pass, Batch(model))["last_hidden_state"].Shape.ToArray());
    }

    [Theory, MemberData(nameof(Kinds))]
    public void A_recording_and_padding_change_nothing(string kind)
    {
        using var model = Make(kind);
        var batch = model.WithLabels(model.Pad([[3, 5, 7], [3, 5, 7, 9, 2]]), [4, 6, 8, 4, 6, 8]);
        float[] alone = Logits(model, [3, 5, 7], [4, 6, 8]), logits = new float[2 * 3 * 20], states = new float[2 * 5 * 16];
        using var captured = model.Capture(device, batch);
        captured.Run(batch, logits, states);
        Close(alone, logits[..60]);
        var other = model.WithLabels(model.Pad([[3, 5, 7, 9, 2], [11, 5]]), [4, 6, 8, 5, 5, 5]);
        captured.Run(other, logits, states);
        Close(Logits(model, [11, 5], [5, 5, 5]), logits[60..]);
    }

    [Theory, MemberData(nameof(Kinds))]
    public void No_word_is_told_by_those_after_it(string kind)
    {
        using var model = Make(kind);
        float[] shorter = Logits(model, [3, 5, 7], [4, 6]), longer = Logits(model, [3, 5, 7], [4, 6, 8, 9]);
        Close(shorter, longer[..shorter.Length]);
        Assert.NotEqual(shorter, Logits(model, [3, 5, 8], [4, 6]));
    }

    [Theory, MemberData(nameof(Kinds))]
    public void The_loss_of_the_labelled_words_alone_is_that_of_all_logits_smoothed_or_not(string kind)
    {
        using var model = Make(kind);
        int[] labels = [4, 6, 8, 4, TextTargets.Ignored, TextTargets.Ignored];
        var batch = model.WithLabels(model.Pad([[3, 5, 7], [3, 5, 7, 9, 2]]), labels);
        foreach (float smoothing in (float[])[0, 0.1f])
        {
            var targets = new TextTargets { Labels = labels, LabelSmoothing = smoothing };
            using var pass = Pass.Infer(device);
            var outputs = model.Forward(pass, batch);
            float loss = model.Loss(pass, batch, targets).Value.ToArray()[0];
            Assert.Equal(loss, model.Loss(outputs, targets).Value.ToArray()[0], 1e-5f);
            Assert.Equal(Smoothed(outputs["logits"].Value.ToArray(), labels, smoothing), loss, 1e-5);
        }
    }

    /// <summary>The numbers are those of Golden/t5_gated.py.</summary>
    [Fact]
    public void T5_of_version_1_1_computes_what_PyTorch_does()
    {
        float[][] expected =
        [
            [0.432433f, -0.563341f, -0.661155f, 0.294906f, 0.78089f], [-0.229695f, -0.697418f, -0.053463f, 0.675711f, 0.327808f],
            [-0.100518f, 0.497913f, 0.302675f, -0.375024f, -0.454938f], [-0.718315f, -0.189477f, 0.641385f, 0.449886f, -0.458727f],
        ];
        using var model = Make("t5-gated");
        string path = Path.Combine(folder.Path, "waves.safetensors");
        SafetensorsWriter.Write(path, model.Parameters().OrderBy(parameter => parameter.Name, StringComparer.Ordinal).Select((parameter, k) => TensorEntry.From(
            parameter.Name, parameter.Shape, Enumerable.Range(0, checked((int)parameter.Shape.ElementCount))
                .Select(i => (float)((parameter.Name.Contains("norm", StringComparison.Ordinal) ? 1 : 0) + 0.4 * Math.Sin(0.7 * i + k))).ToArray())));
        using (var checkpoint = Checkpoint.Open(path)) model.Load(checkpoint);
        int[] labels = [4, 6, 8, 2];
        using var pass = Pass.Infer(device);
        var outputs = model.Forward(pass, Batch(model));
        float[] logits = outputs["logits"].Value.ToArray();
        for (int place = 0; place < 4; place++) Close(expected[place], logits[(place * 20)..(place * 20 + 5)]);
        Assert.Equal(3.0081953484844615, model.Loss(outputs, new TextTargets { Labels = labels }).Value.ToArray()[0], 1e-5);
    }

    [Fact]
    public void Stages_are_the_encoder_then_the_decoder()
    {
        using var model = Make("bart");
        Assert.Equal(["embeddings", "encoder0", "encoder1", "decoder_embeddings", "decoder0", "decoder1", "head"], model.Stages.Select(stage => stage.Name));
        using var t5 = Make("t5");
        Assert.Equal("decoder_embeddings", t5.Stages[3].Name);
        Assert.Equal(["decoder.final_layer_norm.weight"], t5.Stages[^1].Modules.SelectMany(module => module.Parameters()).Select(parameter => parameter.Name));
    }

    [Fact]
    public void A_batch_without_a_second_sequence_is_refused()
    {
        using var model = Make("marian");
        using var pass = Pass.Infer(device);
        Assert.Contains("WithLabels", Assert.Throws<ArgumentException>(() => model.Forward(pass, model.Pad([[3, 5]]))).Message, StringComparison.Ordinal);
        Assert.Contains("shorten", Assert.Throws<ArgumentException>(() => model.Forward(pass, model.WithLabels(model.Pad([[3, 5]]), new int[13]))).Message, StringComparison.Ordinal);
        Assert.Contains("do not fit", Assert.Throws<ArgumentException>(() => model.WithLabels(model.Pad([[3, 5], [3, 4]]), [1, 2, 3])).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("t5", "\"d_ff\"", "\"feed_forward_proj\": \"gated-what\", \"d_ff\"", "feed_forward_proj")]
    [InlineData("bart", "\"encoder_attention_heads\": 2", "\"encoder_attention_heads\": 3", "encoder_attention_heads")]
    [InlineData("bart", "\"d_model\"", "\"normalize_before\": true, \"d_model\"", "normalize_before")]
    [InlineData("marian", "\"d_model\"", "\"decoder_vocab_size\": 30, \"d_model\"", "decoder_vocab_size")]
    [InlineData("marian", "\"d_model\"", "\"share_encoder_decoder_embeddings\": false, \"d_model\"", "share_encoder_decoder_embeddings")]
    public void What_is_not_built_is_named(string kind, string part, string instead, string said) => Assert.Contains(
        said, Assert.Throws<CheckpointException>(() => PretrainedModel.Create(Json(Configs[kind].Replace(part, instead, StringComparison.Ordinal)))).Message, StringComparison.Ordinal);

    private static void Close(float[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++) Assert.True(Math.Abs(expected[i] - actual[i]) <= 1e-5 * (1 + Math.Abs(expected[i])), $"[{i}] is {actual[i]}, not {expected[i]}");
    }

    private static double Smoothed(float[] logits, int[] labels, double smoothing)
    {
        double sum = 0;
        int count = 0;
        for (int row = 0; row < labels.Length; row++)
        {
            if (labels[row] < 0) continue;
            double[] values = [.. logits.Skip(row * 20).Take(20).Select(value => (double)value)];
            double total = Math.Log(values.Sum(Math.Exp));
            sum += (1 - smoothing) * (total - values[labels[row]]) + smoothing / 20 * values.Sum(value => total - value);
            count++;
        }
        return sum / count;
    }

    private static JsonObjectReader Json(string config) => JsonFile.Parse(Encoding.UTF8.GetBytes(config), "config.json");

    private static EncoderDecoderModel Make(string kind, ulong seed = 1) => (EncoderDecoderModel)PretrainedModel.Create(Json(Configs[kind]), seed);

    private static TextBatch Batch(EncoderDecoderModel model) => model.WithLabels(model.Pad([[3, 5, 7]]), [4, 6, 8, 2]);

    private float[] Logits(EncoderDecoderModel model) => Logits(model, [3, 5, 7], [4, 6, 8, 2]);

    private float[] Logits(EncoderDecoderModel model, int[] source, int[] labels)
    {
        using var pass = Pass.Infer(device);
        return model.Forward(pass, model.WithLabels(model.Pad([source]), labels))["logits"].Value.ToArray();
    }
}
