using System.Text;
using Graft.Autograd;
using Graft.Testing;

namespace Graft.Models.Tests;

public sealed class HubConfigTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void The_hubs_keys_become_sizes()
    {
        var config = EncoderConfig.Read(Parse("""
            {"vocab_size": 99, "hidden_size": 32, "num_hidden_layers": 3, "num_attention_heads": 4, "intermediate_size": 64, "hidden_act": "gelu_new",
             "hidden_dropout_prob": 0.2, "attention_probs_dropout_prob": 0, "classifier_dropout": null, "max_position_embeddings": 40,
             "type_vocab_size": 1, "layer_norm_eps": 1e-6, "pad_token_id": 3, "initializer_range": 0.5, "tie_word_embeddings": false,
             "problem_type": "multi_label_classification", "id2label": {"1": "b", "0": "a", "2": "c"}}
            """));
        Assert.Equal(["a", "b", "c"], config.LabelNames!);
        Assert.Equal(
            new EncoderConfig
            {
                VocabularySize = 99,
                HiddenSize = 32,
                Layers = 3,
                Heads = 4,
                IntermediateSize = 64,
                Activation = Activation.Find("gelu_new")!,
                HiddenDropout = 0.2f,
                AttentionDropout = 0,
                ClassifierDropout = 0.2f,
                TokenDropout = 0.2f,
                MaximumPositions = 40,
                TokenTypes = 1,
                LayerNormEpsilon = 1e-6f,
                PaddingToken = 3,
                InitializerRange = 0.5f,
                TieWordEmbeddings = false,
                Labels = 3,
                LabelNames = config.LabelNames,
                Problem = ProblemType.MultiLabel,
            },
            config with { Members = null });
        Assert.Equal(EncoderConfig.Base, EncoderConfig.Read(Parse("{}")) with { Members = null });
        Assert.Null(EncoderConfig.Read(Parse("""{"pad_token_id": null}""")).PaddingToken);
        Assert.Equal(7, EncoderConfig.Read(Parse("""{"num_labels": 7}""")).Labels);
    }

    [Theory]
    [InlineData("""{"hidden_size": 0}""", "'hidden_size' is 0, not a whole number from 1")]
    [InlineData("""{"hidden_size": "big"}""", "'hidden_size' is \"big\"")]
    [InlineData("""{"vocab_size": 99999999999}""", "'vocab_size'")]
    [InlineData("""{"num_attention_heads": 7}""", "'num_attention_heads' is 7, which does not divide the hidden size 768")]
    [InlineData("""{"hidden_act": "mish"}""", "'hidden_act' is 'mish'; built are")]
    [InlineData("""{"hidden_dropout_prob": 1}""", "'hidden_dropout_prob' is 1, not a number from 0 to below 1")]
    [InlineData("""{"layer_norm_eps": -1}""", "'layer_norm_eps'")]
    [InlineData("""{"pad_token_id": 30522}""", "'pad_token_id' is 30522, not a token of the 30522")]
    [InlineData("""{"position_embedding_type": "relative_key"}""", "'position_embedding_type' is 'relative_key'; only 'absolute' is built")]
    [InlineData("""{"is_decoder": true}""", "'is_decoder' is true; only false is built")]
    [InlineData("""{"tie_word_embeddings": 1}""", "'tie_word_embeddings' is 1, not true or false")]
    [InlineData("""{"problem_type": "guessing"}""", "'problem_type' is 'guessing'")]
    [InlineData("""{"id2label": {"0": "a", "2": "b"}}""", "'id2label.1' is missing")]
    [InlineData("""{"id2label": {"zero": "a"}}""", "'id2label.zero' is not a class number")]
    public void An_impossible_setting_is_named(string json, string problem)
    {
        string message = Assert.Throws<CheckpointException>(() => EncoderConfig.Read(Parse(json))).Message;
        Assert.StartsWith("somewhere/config.json: ", message, StringComparison.Ordinal);
        Assert.Contains(problem, message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"model_type": "gemma"}""", "'model_type' is 'gemma', which is not built")]
    [InlineData("""{"architectures": ["GemmaForCausalLM"], "model_type": "gemma"}""", "'architectures' names GemmaForCausalLM, which is not built; built are BertModel")]
    [InlineData("""{"architectures": ["BertModel"], "model_type": "roberta"}""", "'model_type' is 'roberta', which does not go with")]
    [InlineData("""{"architectures": "BertModel"}""", "'architectures' is \"BertModel\", not a list of names")]
    [InlineData("{}", "names neither 'architectures' nor 'model_type'")]
    [InlineData("[]", "is no JSON object")]
    [InlineData("{", "is no JSON")]
    [InlineData("", "is no JSON")]
    public void A_folder_that_is_not_understood_says_why(string json, string problem)
    {
        folder.Write("config.json", Encoding.UTF8.GetBytes(json));
        Assert.Contains(problem, Assert.Throws<CheckpointException>(() => PretrainedModel.Open(folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_without_a_config_or_without_weights_says_so()
    {
        Assert.Contains("there is no such file", Assert.Throws<CheckpointException>(() => PretrainedModel.Open(folder.Path)).Message, StringComparison.Ordinal);
        folder.Write("config.json", """{"model_type": "bert"}"""u8);
        Assert.Contains("without a checkpoint", Assert.Throws<CheckpointException>(() => PretrainedModel.Open(folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_weights_are_taken_by_their_name_whatever_else_is_there()
    {
        string golden = RealData.Require("hf-goldens/bert-seqcls");
        foreach (string file in Directory.GetFiles(golden)) folder.Write(Path.GetFileName(file), File.ReadAllBytes(file));
        Assert.Equal("BertForSequenceClassification", PretrainedModel.Open(folder.Path).Name);
    }

    private static HubConfig Parse(string json) => HubConfig.Parse(Encoding.UTF8.GetBytes(json), "somewhere/config.json");
}
