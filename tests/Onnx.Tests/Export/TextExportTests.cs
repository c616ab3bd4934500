using System.Text.Json;
using Graft.Autograd;
using Graft.Tensors;
using Graft.Testing;

namespace Graft.Onnx.Tests.Export;

/// <summary>Text models as ONNX Runtime runs them.</summary>
public sealed class TextExportTests : IDisposable
{
    private readonly ExportFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("BertModel", "last_hidden_state [batch, sequence, 16]", "pooler_output [batch, 16]")]
    [InlineData("BertForSequenceClassification", "logits [batch, 3]")]
    [InlineData("BertForTokenClassification", "logits [batch, sequence, 3]")]
    [InlineData("BertForQuestionAnswering", "start_logits [batch, sequence]", "end_logits [batch, sequence]")]
    [InlineData("BertForMaskedLM", "logits [batch, sequence, 30]")]
    public void Every_head_gives_our_outputs(string architecture, params string[] outputs)
    {
        using var model = Small(architecture);
        var report = OnnxExport.Write(model, folder.File("model.onnx"));
        Assert.Empty(report.Notes);
        Assert.Equal(["input_ids [batch, sequence]", "attention_mask [batch, sequence]", "token_type_ids [batch, sequence]"], report.Inputs);
        Assert.Equal(outputs, report.Outputs);
        Compare(model, Batch(3, 9));
        Compare(model, Batch(1, 4));
    }

    [Theory]
    [InlineData("distilbert-seqcls", false)]
    [InlineData("roberta-seqcls", false)]
    [InlineData("albert-seqcls", true)]
    [InlineData("electra-seqcls", true)]
    [InlineData("mpnet-model", false)]
    public void Every_family_gives_our_outputs(string golden, bool hasTypes)
    {
        using var model = PretrainedModel.Open(RealData.Require($"hf-goldens/{golden}"));
        var report = OnnxExport.Write(model, folder.File("model.onnx"), new OnnxExportOptions { SequenceLength = 9 });
        // the distances of all pairs of tokens are numbers of the file, of one length
        if (golden == "mpnet-model") Assert.StartsWith("the number of tokens is fixed at 9", Assert.Single(report.Notes), StringComparison.Ordinal);
        else Assert.Empty(report.Notes);
        Assert.Equal(hasTypes, report.Inputs.Any(static input => input.StartsWith("token_type_ids", StringComparison.Ordinal)));
        Compare(model, Filled(model, [9, 5, 7]), hasTypes);
        if (report.Notes.Count == 0) Compare(model, Filled(model, [3, 6]), hasTypes);
    }

    [Theory]
    [InlineData("bert-model", PoolingMode.Mean, true)]
    [InlineData("bert-model", PoolingMode.FirstToken, false)]
    [InlineData("roberta-seqcls", PoolingMode.LastToken, true)]
    [InlineData("distilbert-seqcls", PoolingMode.MeanOfRootLength, false)]
    [InlineData("bert-model", PoolingMode.WeightedMean, false)]
    [InlineData("bert-model", PoolingMode.Maximum, true)]
    public void Sentence_encoders_give_our_embeddings(string golden, PoolingMode mode, bool normalises)
    {
        var pooling = new SentencePooling { Modes = [mode, mode == PoolingMode.Mean ? PoolingMode.Maximum : PoolingMode.Mean], Normalise = normalises };
        using var model = SentenceEncoder.Open(RealData.Require($"hf-goldens/{golden}"), pooling).Model;
        var report = OnnxExport.Write(model, folder.File("model.onnx"));
        Assert.Empty(report.Notes);
        Assert.Equal(["sentence_embedding [batch, 64]"], report.Outputs);
        Compare(model, Filled(model, [9, 5, 7]), hasTypes: golden == "bert-model");
        Compare(model, Filled(model, [3, 6]), hasTypes: golden == "bert-model");
    }

    [Fact]
    public void Published_encoder_gives_our_states()
    {
        using var model = PretrainedModel.Open(RealData.RequirePublished("minilm-l6"));
        var report = OnnxExport.Write(model, folder.File("model.onnx"));
        Assert.Empty(report.Notes);
        Compare(model, Batch(2, 17, vocabulary: 1000));
    }

    [Fact]
    public void Shapes_that_are_fixed_are_in_the_file()
    {
        using var model = Small("BertForSequenceClassification");
        var options = new OnnxExportOptions { HasDynamicBatch = false, HasDynamicSequence = false, BatchSize = 2, SequenceLength = 6 };
        var report = OnnxExport.Write(model, folder.File("model.onnx"), options);
        Assert.Equal("input_ids [2, 6]", report.Inputs[0]);
        Compare(model, Batch(2, 6));
    }

    [Fact]
    public void Weights_stay_in_their_published_layout()
    {
        using var model = Small("BertForSequenceClassification");
        OnnxExport.Write(model, folder.File("model.onnx"));
        var file = Protocol.ModelProto.Parser.ParseFrom(File.ReadAllBytes(folder.File("model.onnx")));
        var shapes = file.Graph.Initializer.ToDictionary(static tensor => tensor.Name, static tensor => string.Join("x", tensor.Dims));
        Assert.Equal("24x16", shapes["bert.encoder.layer.0.intermediate.dense.weight"]);
        Assert.Equal("3x16", shapes["classifier.weight"]);
        Assert.All(model.Parameters(), parameter => Assert.Contains(parameter.Name, shapes.Keys));
    }

    private static TextModel Small(string architecture)
    {
        string config = $$"""
            { "architectures": ["{{architecture}}"], "model_type": "bert", "vocab_size": 30, "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 4,
              "intermediate_size": 24, "max_position_embeddings": 14, "num_labels": 3, "initializer_range": 0.2 }
            """;
        return PretrainedModel.Create(new JsonObjectReader(JsonDocument.Parse(config).RootElement, "config.json"), seed: 3);
    }

    private static TextBatch Batch(int sequences, int length, int vocabulary = 30)
    {
        var random = new Random(5);
        int[] ids = new int[sequences * length], types = new int[ids.Length], mask = new int[ids.Length];
        for (int at = 0; at < ids.Length; at++)
        {
            ids[at] = random.Next(1, vocabulary);
            types[at] = at % length > length / 2 ? 1 : 0;
            mask[at] = at % length < length - at / length ? 1 : 0;
        }
        return new TextBatch(sequences, length, ids, types, mask);
    }

    /// <summary>Texts of those lengths, without padding's token in them.</summary>
    private static TextBatch Filled(TextModel model, int[] lengths)
    {
        var random = new Random(6);
        return model.Pad([.. lengths.Select(length => (int[])[.. Enumerable.Range(0, length).Select(_ => random.Next(4, 99))])]);
    }

    private void Compare(TextModel model, TextBatch batch, bool hasTypes = true)
    {
        using var runtime = new RuntimeModel(folder.File("model.onnx"));
        Shape places = [batch.Sequences, batch.Length];
        int[] mask = batch.AttentionMask ?? [.. Enumerable.Repeat(1, batch.TokenIds.Length)];
        (string, Shape, Array)[] inputs = [("input_ids", places, Whole(batch.TokenIds)), ("attention_mask", places, Whole(mask))];
        if (hasTypes) inputs = [.. inputs, ("token_type_ids", places, Whole(batch.TokenTypes ?? new int[batch.TokenIds.Length]))];
        var results = runtime.Run(inputs);
        using var pass = Pass.Infer(Device.Cpu);
        var outputs = model.Forward(pass, batch);
        foreach (string name in outputs.Names) ExportFolder.Near(outputs[name].Value.ToArray(), results[name].Values, 1e-4);

        static long[] Whole(int[] numbers) => Array.ConvertAll(numbers, static number => (long)number);
    }
}
