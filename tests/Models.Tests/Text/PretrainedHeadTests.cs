using Graft.Autograd;
using Graft.Tensors;
using Graft.Testing;

namespace Graft.Models.Tests;

/// <summary>A head of one's own on the encoder of a folder, and the folder that is saved of it.</summary>
public sealed class PretrainedHeadTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly CpuDevice device = new(2);

    public void Dispose()
    {
        device.Dispose();
        folder.Dispose();
    }

    [Theory]
    [InlineData("bert-seqcls", "BertFor")]
    [InlineData("distilbert-seqcls", "DistilBertFor")]
    [InlineData("roberta-seqcls", "RobertaFor")]
    [InlineData("albert-seqcls", "AlbertFor")]
    [InlineData("electra-seqcls", "ElectraFor")]
    [InlineData("mpnet-model", "MPNetFor")]
    public void Any_head_stands_on_any_familys_weights(string golden, string prefix)
    {
        string source = RealData.Require($"hf-goldens/{golden}");
        foreach (var (head, name) in (ReadOnlySpan<(TextHead, string)>)
            [(TextHead.SequenceClassification, "SequenceClassification"), (TextHead.TokenClassification, "TokenClassification"),
            (TextHead.QuestionAnswering, "QuestionAnswering"), (TextHead.MultipleChoice, "MultipleChoice"), (TextHead.MaskedLanguageModel, "MaskedLM")])
        {
            var (model, report) = PretrainedModel.Open(source, head, ["a", "b", "c", "d"], seed: 5);
            Assert.Equal((prefix + name, head), (model.Name, model.Head));
            Assert.True(model.IsHeadNew);
            Assert.NotEmpty(report.Replaced);
            Assert.Equal(head is TextHead.SequenceClassification or TextHead.TokenClassification ? 4 : 0, model.Labels.Count);
            using var pass = Pass.Infer(device);
            foreach (string output in model.Forward(pass, model.Pad([[2, 7, 9, 3], [2, 3]])).Names) Assert.NotEmpty(output);
        }
        var (bare, whole) = PretrainedModel.Open(source, TextHead.None);
        Assert.Equal((0, false), (whole.Replaced.Count, bare.IsHeadNew));
    }

    [Fact]
    public void A_head_of_as_many_labels_is_kept_and_one_of_others_is_new()
    {
        string source = RealData.Require("hf-goldens/bert-seqcls");
        Assert.False(PretrainedModel.Open(source, TextHead.SequenceClassification).Model.IsHeadNew);
        Assert.False(PretrainedModel.Open(source, TextHead.SequenceClassification, ["x", "y", "z"]).Model.IsHeadNew);
        var (model, report) = PretrainedModel.Open(source, TextHead.SequenceClassification, ["x", "y"], seed: 5);
        Assert.True(model.IsHeadNew);
        Assert.Equal(["classifier.weight", "classifier.bias"], report.Replaced);
        var other = PretrainedModel.Open(source, TextHead.SequenceClassification, ["x", "y"], seed: 6).Model;
        Assert.NotEqual(Weight(model), Weight(other));
        Assert.Equal(Weight(other), Weight(other.Remake(2, 6)));
        Assert.Equal(7, other.Remake(7, 6).Labels.Count);

        static float[] Weight(TextModel of) => of.HeadTensors().Single(tensor => tensor.Name == "classifier.weight").Value.ToArray();
    }

    [Fact]
    public void An_encoder_without_a_pooler_stays_one()
    {
        string source = RealData.Require("hf-goldens/bert-qa");
        var (model, report) = PretrainedModel.Open(source, TextHead.None);
        Assert.Empty(report.Replaced);
        using var pass = Pass.Infer(device);
        Assert.Equal(["last_hidden_state"], model.Forward(pass, model.Pad([[2, 7, 3]])).Names);
        // a classifier stands on the pooler, which is new like the classifier itself
        Assert.Equal(4, PretrainedModel.Open(source, TextHead.SequenceClassification).Report.Replaced.Count);
    }

    [Fact]
    public void A_saved_folder_is_one_of_the_hub()
    {
        string source = RealData.Require("hf-goldens/distilbert-seqcls");
        var model = PretrainedModel.Open(source, TextHead.SequenceClassification, ["bad", "good"], seed: 1).Model;
        folder.Write("config.json", model.ConfigFor(["bad", "good"]).Format());
        model.Save(folder.At("model.safetensors"));
        var config = ModelConfig.Read(folder.At("config.json"));
        Assert.Equal(("distilbert", "DistilBertForSequenceClassification", "single_label_classification"), (config.Model, config.Architecture, config.ProblemType));
        Assert.Equal(32, config.Other["dim"].GetInt32());
        var (again, report) = PretrainedModel.Open(folder.Path, TextHead.SequenceClassification);
        Assert.Equal(["bad", "good"], again.Labels);
        Assert.Equal((0, false), (report.Replaced.Count, again.IsHeadNew));
        Assert.Equal(Berts.Logits(model, device, model.Pad(Berts.Sequences)), Berts.Logits(again, device, again.Pad(Berts.Sequences)));

        var tagger = PretrainedModel.Open(source, TextHead.QuestionAnswering).Model;
        string json = System.Text.Encoding.UTF8.GetString(tagger.ConfigFor([]).Format());
        Assert.Contains("DistilBertForQuestionAnswering", json, StringComparison.Ordinal);
        Assert.DoesNotContain("id2label", json, StringComparison.Ordinal);
        Assert.DoesNotContain("problem_type", json, StringComparison.Ordinal);
    }

    [Fact]
    public void A_class_that_is_not_built_is_opened_by_its_family()
    {
        string source = RealData.Require("hf-goldens/bert-mlm");
        folder.Write("config.json", File.ReadAllBytes(Path.Combine(source, "config.json")).AsSpan().ToArray());
        string config = File.ReadAllText(folder.At("config.json")).Replace("BertForMaskedLM", "BertForNextSentencePrediction", StringComparison.Ordinal);
        folder.Write("config.json", System.Text.Encoding.UTF8.GetBytes(config));
        folder.Write("model.safetensors", File.ReadAllBytes(Path.Combine(source, "model.safetensors")));
        Assert.Equal("BertForTokenClassification", PretrainedModel.Open(folder.Path, TextHead.TokenClassification).Model.Name);
        Assert.Contains("no head for ReplacedTokenDetection", Assert.Throws<ArgumentException>(
            () => PretrainedModel.Open(folder.Path, TextHead.ReplacedTokenDetection)).Message, StringComparison.Ordinal);
        Assert.Contains("BertForNextSentencePrediction, which is not built", Assert.Throws<CheckpointException>(() => PretrainedModel.Open(folder.Path)).Message, StringComparison.Ordinal);
    }
}
