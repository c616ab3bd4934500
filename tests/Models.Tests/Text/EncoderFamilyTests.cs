using Graft.Autograd;
using Graft.Tensors;
using Graft.Testing;

namespace Graft.Models.Tests;

/// <summary>What holds for every family of encoders, on the weights of the goldens.</summary>
public sealed partial class EncoderFamilyTests : IDisposable
{
    private static readonly int[][] Texts = [[2, 7, 19, 4, 3], [2, 11, 3], [2, 5, 5, 29, 8, 13, 3, 60, 12, 98]];

    private readonly TemporaryFolder folder = new();
    private readonly CpuDevice device = new(2);

    public static TheoryData<string> Goldens => ["bert-seqcls", "distilbert-seqcls", "roberta-seqcls", "albert-seqcls", "electra-seqcls", "mpnet-model"];

    public void Dispose()
    {
        device.Dispose();
        folder.Dispose();
    }

    [Theory]
    [MemberData(nameof(Goldens))]
    public void A_text_says_the_same_alone_and_filled_up_on_either_side(string golden)
    {
        using var model = Open(golden, TextHead.TokenClassification);
        float[] right = Logits(model, model.Pad(Texts)), left = Logits(model, model.Pad(Texts, side: PaddingSide.Left));
        int length = Texts.Max(text => text.Length);
        for (int row = 0; row < Texts.Length; row++)
        {
            float[] alone = Logits(model, model.Pad([Texts[row]]));
            int start = row * length * 3, end = start + length * 3;
            Assert.InRange(Berts.LargestDifference(right.AsSpan(start, alone.Length), alone), 0, 1e-6);
            Assert.InRange(Berts.LargestDifference(left.AsSpan(end - alone.Length, alone.Length), alone), 0, 1e-6);
        }
    }

    [Theory]
    [MemberData(nameof(Goldens))]
    public void A_text_teaches_the_same_alone_and_filled_up(string golden)
    {
        using var model = Open(golden, TextHead.SequenceClassification, withoutDropout: true);
        int[] classes = [0, 2, 1];
        using var apart = new Gradients();
        for (int row = 0; row < Texts.Length; row++) Learn(model.Pad([Texts[row]]), [classes[row]], apart);
        foreach (var side in (PaddingSide[])[PaddingSide.Right, PaddingSide.Left])
        {
            using var together = new Gradients();
            Learn(model.Pad(Texts, side: side), classes, together);
            foreach (var parameter in model.Parameters())
            {
                float[] expected = [.. apart.Of(parameter)!.ToArray().Select(sum => sum / 3)];
                double difference = Berts.LargestDifference(together.Of(parameter)!.ToArray(), expected);
                Assert.True(difference <= 1e-6 + 1e-5 * expected.Max(Math.Abs), $"{side} {parameter.Name}: {difference}");
            }
        }

        void Learn(TextBatch batch, int[] labels, Gradients into)
        {
            using var pass = Pass.Train(device);
            pass.Backward(model.Loss(model.Forward(pass, batch), new TextTargets { Labels = labels }), into);
        }
    }

    [Theory]
    [MemberData(nameof(Goldens))]
    public void A_replay_gives_the_eager_bits_and_allocates_nothing(string golden)
    {
        using var model = Open(golden, TextHead.SequenceClassification);
        TextBatch[] batches =
        [
            model.Pad(Texts), model.Pad([[2, 9, 3], [2, 8, 8, 8, 8, 7, 6, 5, 9, 3], [2, 3]]), model.Pad(Texts, side: PaddingSide.Left), model.Pad(Texts),
        ];
        // a mask with holes is there from the start, so that padding on the left fits the recording
        using var captured = model.Capture(device, batches[2]);
        var logits = new float[9];
        foreach (var batch in batches)
        {
            captured.Run(batch, logits);
            Check.SameBits("logits", logits, Logits(model, batch));
        }
        for (int i = 0; i < 5; i++) captured.Run(batches[i % 4], logits);
        long taken = device.BytesTaken;
        Allocations.None(() =>
        {
            for (int i = 0; i < 8; i++) captured.Run(batches[i % 4], logits);
        });
        Assert.Equal(taken, device.BytesTaken);
    }

    [Theory]
    [MemberData(nameof(Goldens))]
    public void Files_of_earlier_years_and_of_wrapped_models_are_read(string golden)
    {
        string source = RealData.Require($"hf-goldens/{golden}");
        using var plain = PretrainedModel.Open(source);
        string config = File.ReadAllText(Path.Combine(source, "config.json"));
        foreach (string prefix in (string[])["", "module.", "model."])
        {
            folder.Write("config.json", System.Text.Encoding.UTF8.GetBytes(config));
            SafetensorsWriter.Write(folder.At("model.safetensors"), plain.Tensors().Select(tensor => TensorEntry.From(prefix + Early(tensor.Name), tensor.Value)));
            using var read = PretrainedModel.Open(folder.Path);
            foreach (var (expected, actual) in plain.Tensors().Zip(read.Tensors())) Assert.Equal(expected.Value.ToArray(), actual.Value.ToArray());
            // without a head it is the bare encoder's weights, with or without its key
            Assert.Empty(PretrainedModel.Open(folder.Path, TextHead.None).Report.Replaced);
        }

        static string Early(string key) => key.Contains("norm", StringComparison.OrdinalIgnoreCase)
            ? key.Replace(".weight", ".gamma", StringComparison.Ordinal).Replace(".bias", ".beta", StringComparison.Ordinal) : key;
    }

    [Theory]
    [MemberData(nameof(Goldens))]
    public void Saved_is_what_save_pretrained_writes(string golden)
    {
        string source = RealData.Require($"hf-goldens/{golden}");
        using var model = PretrainedModel.Open(source);
        model.Save(folder.At("saved.safetensors"), new Dictionary<string, string> { ["format"] = "pt" });
        Assert.Equal(File.ReadAllBytes(Path.Combine(source, "model.safetensors")), File.ReadAllBytes(folder.At("saved.safetensors")));
    }

    [Theory]
    [MemberData(nameof(Goldens))]
    public void Dropout_follows_the_seed_and_stays_out_of_inference(string golden)
    {
        using var model = Open(golden, TextHead.SequenceClassification);
        Assert.Equal(Logits(model, model.Pad(Texts)), Logits(model, model.Pad(Texts)));
        Assert.Equal(Loss(1), Loss(1));
        Assert.NotEqual(Loss(1), Loss(2));

        float Loss(ulong seed)
        {
            using var pass = Pass.Train(device, seed);
            return model.Loss(model.Forward(pass, model.Pad(Texts)), new TextTargets { Labels = [0, 1, 2] }).Value.ToArray()[0];
        }
    }

    [Fact]
    public void Layers_that_are_shared_are_one_stage()
    {
        using var model = Open("albert-seqcls", TextHead.SequenceClassification);
        Assert.Equal(["embeddings", "layer0", "head"], model.Stages.Select(stage => stage.Name));
        var config = JsonFile.Parse(System.Text.Encoding.UTF8.GetBytes("""
            { "model_type": "albert", "vocab_size": 30, "hidden_size": 16, "embedding_size": 8, "num_hidden_layers": 4, "num_hidden_groups": 2, "inner_group_num": 2,
              "num_attention_heads": 2, "intermediate_size": 24, "max_position_embeddings": 12 }
            """), "config.json");
        using var grouped = PretrainedModel.Create(config, TextHead.None);
        Assert.Equal(["embeddings", "layer0", "layer1", "layer2", "layer3", "head"], grouped.Stages.Select(stage => stage.Name));
        using var pass = Pass.Infer(device);
        var trace = new ForwardTrace();
        grouped.Forward(pass, grouped.Pad([[1, 2, 3]]), trace);
        // a state for each of the four layers, and attention of both in each
        Assert.Equal((5, 8), (trace.HiddenStates.Count, trace.Attentions.Count));
    }

    [Theory]
    [InlineData("roberta-seqcls", 40)]
    [InlineData("mpnet-model", 40)]
    [InlineData("bert-seqcls", 40)]
    public void As_many_tokens_as_there_are_positions_and_no_more(string golden, int most)
    {
        using var model = Open(golden, TextHead.TokenClassification);
        Assert.Equal(most, model.Sizes.MaximumLength);
        int[] longest = [.. Enumerable.Repeat(9, most)];
        Assert.All(Logits(model, model.Pad([longest])), value => Assert.True(float.IsFinite(value)));
        Assert.Contains($"{most + 1} tokens are more than the {most} positions", Assert.Throws<ArgumentException>(
            () => Logits(model, model.Pad([[.. longest, 9]]))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Token_types_that_a_family_does_not_know_are_refused_and_left_out_when_padding()
    {
        using var model = Open("distilbert-seqcls", TextHead.TokenClassification);
        Assert.Null(model.Pad(Texts, Texts.Select(text => new int[text.Length]).ToArray()).TokenTypes);
        Assert.Contains("knows no token types", Assert.Throws<ArgumentException>(
            () => model.Require(new TextBatch(1, 2, [1, 2], [0, 1]))).Message, StringComparison.Ordinal);
        model.Require(new TextBatch(1, 2, [1, 2], [0, 0]));
    }

    [Theory]
    [InlineData("""{"model_type": "roberta", "vocab_size": 9, "pad_token_id": 3, "max_position_embeddings": 4}""", "'max_position_embeddings' is 4, and positions begin behind")]
    [InlineData("""{"model_type": "albert", "num_hidden_groups": 13}""", "'num_hidden_groups' is 13, not a whole number from 1 to 12")]
    [InlineData("""{"model_type": "distilbert", "n_heads": 7}""", "'n_heads' is 7, which does not divide the hidden size 768")]
    [InlineData("""{"model_type": "electra", "embedding_size": 0}""", "'embedding_size' is 0, not a whole number")]
    public void An_impossible_setting_is_named(string json, string problem) => Assert.Contains(
        problem, Assert.Throws<CheckpointException>(() => PretrainedModel.Create(JsonFile.Parse(System.Text.Encoding.UTF8.GetBytes(json), "config.json"))).Message, StringComparison.Ordinal);

    /// <summary>The sizes are those of the published configs; the numbers are the rows'.</summary>
    [Theory]
    [InlineData("bert-base-uncased", "{}")]
    [InlineData("distilbert-base-uncased", "{}")]
    [InlineData("roberta-base", """{ "max_position_embeddings": 514, "type_vocab_size": 1 }""")]
    [InlineData("xlm-roberta-base", """{ "max_position_embeddings": 514, "type_vocab_size": 1, "vocab_size": 250002 }""")]
    [InlineData("albert-base-v2", """{ "hidden_size": 768, "num_attention_heads": 12, "intermediate_size": 3072 }""")]
    [InlineData("google/electra-small-discriminator", "{}")]
    [InlineData("google/electra-base-discriminator", """{ "hidden_size": 768, "embedding_size": 768, "num_attention_heads": 12, "intermediate_size": 3072 }""")]
    [InlineData("sentence-transformers/all-mpnet-base-v2", """{ "max_position_embeddings": 514 }""")]
    [InlineData("sentence-transformers/all-distilroberta-v1", """{ "max_position_embeddings": 514, "type_vocab_size": 1, "num_hidden_layers": 6 }""")]
    public void A_published_encoder_has_its_number_of_parameters(string name, string sizes)
    {
        var row = PublishedModels.Find(name)!;
        string config = sizes.Replace("{", $"{{ \"model_type\": \"{row.Architecture}\"{(sizes.Length > 2 ? "," : "")}", StringComparison.Ordinal);
        using var model = PretrainedModel.Create(JsonFile.Parse(System.Text.Encoding.UTF8.GetBytes(config), "config.json"), TextHead.None);
        Assert.Equal(row.Parameters, model.Parameters().Sum(parameter => parameter.Shape.ElementCount));
    }

    private static TextModel Open(string golden, TextHead head, bool withoutDropout = false)
    {
        string source = RealData.Require($"hf-goldens/{golden}");
        if (!withoutDropout) return PretrainedModel.Open(source, head, ["a", "b", "c"], seed: 3).Model;
        string config = DropoutSetting().Replace(File.ReadAllText(Path.Combine(source, "config.json")), "$1: 0");
        var model = PretrainedModel.Create(JsonFile.Parse(System.Text.Encoding.UTF8.GetBytes(config), "config.json"), head, ["a", "b", "c"], seed: 3);
        using var checkpoint = Checkpoint.Open(source);
        model.Load(checkpoint, replaceHead: true);
        return model;
    }

    [System.Text.RegularExpressions.GeneratedRegex("(\"[a-z_]*drop[a-z_]*\"): [0-9.]+")]
    private static partial System.Text.RegularExpressions.Regex DropoutSetting();

    private float[] Logits(TextModel model, TextBatch batch)
    {
        using var pass = Pass.Infer(device);
        return model.Forward(pass, batch)["logits"].Value.ToArray();
    }
}
