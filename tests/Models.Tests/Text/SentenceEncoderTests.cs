using Graft.Autograd;
using Graft.Tensors;
using Graft.Testing;

namespace Graft.Models.Tests;

public sealed class SentenceEncoderTests : IDisposable
{
    private static readonly int[][] Texts = [[2, 7, 19, 4, 3], [2, 11, 3], [2, 5, 5, 29, 8, 13, 3]];

    private readonly TemporaryFolder folder = new();
    private readonly CpuDevice device = new(2);

    public void Dispose()
    {
        device.Dispose();
        folder.Dispose();
    }

    [Theory]
    [InlineData("bert-model", PoolingMode.FirstToken)]
    [InlineData("bert-model", PoolingMode.Maximum)]
    [InlineData("bert-model", PoolingMode.Mean)]
    [InlineData("bert-model", PoolingMode.MeanOfRootLength)]
    [InlineData("bert-model", PoolingMode.WeightedMean)]
    [InlineData("bert-model", PoolingMode.LastToken)]
    [InlineData("bert-model", PoolingMode.Maximum, PoolingMode.Mean, PoolingMode.LastToken)]
    [InlineData("mpnet-model", PoolingMode.Mean)]
    [InlineData("roberta-seqcls", PoolingMode.Maximum, PoolingMode.WeightedMean)]
    public void Pooling_is_that_of_the_definitions_whatever_fills_a_batch_up(string golden, params PoolingMode[] modes)
    {
        using var model = Open(golden, new SentencePooling { Modes = modes });
        using var plain = PretrainedModel.Open(RealData.Require($"hf-goldens/{golden}"), TextHead.None).Model;
        float[] right = Embeddings(model, model.Pad(Texts)), left = Embeddings(model, model.Pad(Texts, side: PaddingSide.Left));
        int width = model.Dimensions;
        Assert.Equal(32 * modes.Length, width);
        for (int row = 0; row < Texts.Length; row++)
        {
            float[] alone = Embeddings(model, model.Pad([Texts[row]])), states = States(plain, Texts[row]);
            double[] expected = [.. modes.SelectMany(mode => Pooled(mode, states, Texts[row].Length))];
            for (int i = 0; i < width; i++)
            {
                Assert.Equal(expected[i], alone[i], 1e-6);
                Assert.Equal(alone[i], right[row * width + i], 2e-6);
                Assert.Equal(alone[i], left[row * width + i], 2e-6);
            }
        }
        using var captured = model.Capture(device, model.Pad(Texts));
        Assert.Equal(["sentence_embedding"], captured.OutputNames);
        var replayed = new float[right.Length];
        captured.Run(model.Pad(Texts), replayed);
        Check.SameBits("embeddings", replayed, right);
    }

    [Fact]
    public void Embeddings_may_be_of_length_one()
    {
        using var model = Open("bert-model", new SentencePooling { Normalise = true });
        float[] embeddings = Embeddings(model, model.Pad(Texts));
        for (int row = 0; row < Texts.Length; row++)
            Assert.Equal(1.0, embeddings.Skip(row * model.Dimensions).Take(model.Dimensions).Sum(value => (double)value * value), 1e-6);
    }

    [Fact]
    public void A_plain_folder_is_pooled_by_the_mean()
    {
        var (model, report) = SentenceEncoder.Open(RealData.Require("hf-goldens/bert-model"));
        Assert.Equal([PoolingMode.Mean], model.Pooling.Modes);
        Assert.Equal((false, false, 0), (model.Pooling.Normalise, model.IsHeadNew, report.Replaced.Count));
        Assert.Equal((40, 32), (model.Sizes.MaximumLength, model.Dimensions));
    }

    [Fact]
    public void A_folder_of_sentence_transformers_says_how_and_is_saved_as_one()
    {
        Copy("hf-goldens/mpnet-model");
        folder.Write("modules.json", """
            [ { "idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer" },
              { "idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling" },
              { "idx": 2, "name": "2", "path": "2_Dense", "type": "sentence_transformers.models.Dense" },
              { "idx": 3, "name": "3", "path": "3_Normalize", "type": "sentence_transformers.models.Normalize" } ]
            """u8);
        folder.Write("1_Pooling/config.json", """{ "word_embedding_dimension": 32, "pooling_mode_cls_token": true, "pooling_mode_mean_tokens": false }"""u8);
        folder.Write("2_Dense/config.json", """{ "in_features": 32, "out_features": 5, "bias": true, "activation_function": "torch.nn.modules.activation.Tanh" }"""u8);
        folder.Write("sentence_bert_config.json", """{ "max_seq_length": 16, "do_lower_case": true }"""u8);
        folder.Write("config_sentence_transformers.json", """{ "prompts": { "query": "find: " }, "default_prompt_name": null }"""u8);
        var random = new Random(4);
        float[] weight = [.. Enumerable.Range(0, 160).Select(_ => random.NextSingle() - 0.5f)], bias = [0.1f, 0.2f, -0.1f, 0f, 0.3f];
        SafetensorsWriter.Write(folder.At("2_Dense/model.safetensors"), [TensorEntry.From("linear.weight", [5, 32], weight), TensorEntry.From("linear.bias", [5], bias)]);

        var (model, report) = SentenceEncoder.Open(folder.Path);
        Assert.Equal((0, false, 5, 16), (report.Replaced.Count, model.IsHeadNew, model.Dimensions, model.Sizes.MaximumLength));
        Assert.Equal((true, "find: "), (model.Pooling.LowerCase, model.Pooling.Prompts["query"]));
        float[] embeddings = Embeddings(model, model.Pad(Texts)), states = States(PretrainedModel.Open(folder.Path, TextHead.None).Model, Texts[0]);
        double[] expected = [.. Enumerable.Range(0, 5).Select(o => Math.Tanh(bias[o] + Enumerable.Range(0, 32).Sum(i => (double)weight[o * 32 + i] * states[i])))];
        double norm = Math.Sqrt(expected.Sum(value => value * value));
        for (int i = 0; i < 5; i++) Assert.Equal(expected[i] / norm, embeddings[i], 1e-6);

        string saved = Directory.CreateDirectory(folder.At("saved")).FullName;
        File.WriteAllBytes(Path.Combine(saved, "config.json"), model.ConfigFor([]).Format());
        model.Save(Path.Combine(saved, "model.safetensors"));
        model.WriteArchitecture(saved);
        Assert.Equal(embeddings, Embeddings(SentenceEncoder.Open(saved).Model, model.Pad(Texts)));
        Assert.Equal("MPNetModel", ModelConfig.Read(Path.Combine(saved, "config.json")).Architecture);
        // and where another has kept the encoder's weights alone
        PretrainedModel.Open(folder.Path, TextHead.None).Model.Save(Path.Combine(saved, "model.safetensors"));
        Assert.Equal(embeddings, Embeddings(SentenceEncoder.Open(saved).Model, model.Pad(Texts)));
        Assert.NotEqual(embeddings, Embeddings((SentenceEncoder)model.Remake(1, 3), model.Pad(Texts)));
    }

    [Theory]
    [InlineData("""{"a": 1}""", "is no JSON list")]
    [InlineData("[1]", "'[0]' is 1, not an object")]
    [InlineData("""[{"path": ""}]""", "'[0].type' is missing")]
    [InlineData("""[{"path": "", "type": "sentence_transformers.models.Transformer"}]""", "names no pooling")]
    [InlineData("""[{"path": "", "type": "sentence_transformers.models.BoW"}]""", "'[0].type' is 'sentence_transformers.models.BoW' at place 0; built are")]
    [InlineData("""[{"path": "../x", "type": "sentence_transformers.models.Transformer"}]""", "'[0].path' is '../x', which leads out of the folder")]
    [InlineData("""[{"path": "", "type": "sentence_transformers.models.Transformer"}, {"path": "1_Pooling", "type": "sentence_transformers.models.Pooling"}]""", "sets none of pooling_mode_cls_token")]
    public void A_folder_that_is_not_understood_says_why(string modules, string problem)
    {
        folder.Write("modules.json", System.Text.Encoding.UTF8.GetBytes(modules));
        folder.Write("1_Pooling/config.json", """{ "pooling_mode_mean_tokens": false }"""u8);
        Assert.Contains(problem, Assert.Throws<CheckpointException>(() => SentencePooling.Read(folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Its_stages_and_gradients_are_the_encoders()
    {
        using var model = Open("bert-model", SentencePooling.Plain);
        Assert.Equal(["embeddings", "layer0", "layer1", "head"], model.Stages.Select(stage => stage.Name));
        using var pass = Pass.Train(device);
        var loss = SentenceLosses.SimCse(model, pass, model.Pad(Texts));
        Assert.True(float.IsFinite(loss.Value.ToArray()[0]));
        var gradients = pass.Backward(loss);
        Assert.NotNull(gradients.Of(model.Parameters().First()));
        Assert.Throws<ArgumentException>(() => new SentenceEncoder(PretrainedModel.Open(RealData.Require("hf-goldens/bert-qa")), SentencePooling.Plain));
    }

    private static double[] Pooled(PoolingMode mode, float[] states, int tokens)
    {
        int width = states.Length / tokens;
        double[] weights = [.. Enumerable.Range(0, tokens).Select(place => mode switch
        {
            PoolingMode.FirstToken => place == 0 ? 1.0 : 0.0,
            PoolingMode.LastToken => place == tokens - 1 ? 1.0 : 0.0,
            PoolingMode.Mean => 1.0 / tokens,
            PoolingMode.MeanOfRootLength => 1.0 / Math.Sqrt(tokens),
            _ => (place + 1.0) / (tokens * (tokens + 1) / 2),
        })];
        return [.. Enumerable.Range(0, width).Select(feature => mode == PoolingMode.Maximum
            ? Enumerable.Range(0, tokens).Max(place => (double)states[place * width + feature])
            : Enumerable.Range(0, tokens).Sum(place => weights[place] * states[place * width + feature]))];
    }

    private static SentenceEncoder Open(string golden, SentencePooling pooling) => SentenceEncoder.Open(RealData.Require($"hf-goldens/{golden}"), pooling).Model;

    private float[] Embeddings(SentenceEncoder model, TextBatch batch)
    {
        using var pass = Pass.Infer(device);
        return model.Embed(pass, batch).Value.ToArray();
    }

    private float[] States(TextModel model, int[] text)
    {
        using var pass = Pass.Infer(device);
        return model.Forward(pass, model.Pad([text]))["last_hidden_state"].Value.ToArray();
    }

    private void Copy(string golden)
    {
        foreach (string file in Directory.GetFiles(RealData.Require(golden))) folder.Write(Path.GetFileName(file), File.ReadAllBytes(file));
    }
}
