using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Models.Tests;

public sealed class ElectraPretrainingTests : IDisposable
{
    private const int Mask = 4;

    private readonly TemporaryFolder folder = new();
    private readonly CpuDevice device = new(2);

    public void Dispose()
    {
        device.Dispose();
        folder.Dispose();
    }

    [Fact]
    public void The_generator_is_a_quarter_and_the_embeddings_are_shared()
    {
        using var model = Make();
        Assert.Equal((8, 32), (model.Generator.Sizes.HiddenSize, model.Discriminator.Sizes.HiddenSize));
        Assert.Equal(["embeddings", "layer0", "layer1", "generator", "head"], model.Stages.Select(stage => stage.Name));
        Assert.Single(model.Parameters(), parameter => parameter.Name.EndsWith("word_embeddings.weight", StringComparison.Ordinal));
        Assert.Equal(
            ["discriminator_predictions.dense.weight", "electra.embeddings.word_embeddings.weight", "generator.electra.embeddings_project.weight", "generator.generator_lm_head.bias"],
            model.Parameters().Select(parameter => parameter.Name).Where(name => name is "discriminator_predictions.dense.weight" or "electra.embeddings.word_embeddings.weight"
                or "generator.electra.embeddings_project.weight" or "generator.generator_lm_head.bias").Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_parts_of_the_loss_are_those_of_the_two_heads()
    {
        using var model = Make();
        var (masked, words) = Batch(model);
        using var pass = Pass.Train(device, seed: 3);
        var loss = model.JointLoss(pass, masked, words);
        Assert.Equal(loss.Generator.Value.ToArray()[0] + 50 * loss.Discriminator.Value.ToArray()[0], loss.Total.Value.ToArray()[0], 1e-3);
        var gradients = pass.Backward(loss.Total);
        foreach (var parameter in model.Parameters()) Assert.True(gradients.Of(parameter) is not null, parameter.Name);
        using var again = Pass.Train(device, seed: 3);
        Assert.Equal(loss.Total.Value.ToArray(), model.JointLoss(again, masked, words).Total.Value.ToArray());
        Assert.Throws<ArgumentException>(() => model.JointLoss(again, masked, new TextTargets()));
        Assert.Throws<ArgumentException>(() => model.JointLoss(again, masked, new TextTargets { Labels = [.. words.Labels!.Select(_ => TextTargets.Ignored)] }));
        Assert.Throws<ShapeException>(() => model.JointLoss(again, masked, new TextTargets { Labels = [1] }));
    }

    [Fact]
    public void Both_learn_and_the_discriminator_is_a_folder_of_the_hub()
    {
        using var model = Make();
        var (masked, words) = Batch(model);
        float first = 0, last = 0;
        for (int step = 0; step < 60; step++)
        {
            using var pass = Pass.Train(device, seed: (ulong)step);
            var loss = model.JointLoss(pass, masked, words);
            last = loss.Generator.Value.ToArray()[0];
            if (step == 0) first = last;
            var gradients = pass.Backward(loss.Total);
            model.ChangeWeights(() =>
            {
                foreach (var parameter in model.Parameters())
                    if (gradients.Of(parameter)?.ToArray() is { } slope)
                        parameter.Value.CopyFrom([.. parameter.Value.ToArray().Zip(slope, (value, by) => value - 0.02f * Math.Clamp(by, -1f, 1f))]);
            });
        }
        Assert.True(last < first * 0.8f, $"{first} to {last}");
        folder.Write("config.json", model.Discriminator.ConfigFor([]).Format());
        model.Discriminator.Save(folder.At("model.safetensors"));
        var (saved, report) = PretrainedModel.Open(folder.Path, TextHead.ReplacedTokenDetection);
        Assert.Equal(("ElectraForPreTraining", 0), (saved.Name, report.Replaced.Count));
        using var inference = Pass.Infer(device);
        Assert.Equal(
            model.Discriminator.Forward(inference, masked)["logits"].Value.ToArray(), saved.Forward(inference, masked)["logits"].Value.ToArray());
        Assert.Equal(4, PretrainedModel.Open(folder.Path, TextHead.SequenceClassification, ["a", "b"]).Report.Replaced.Count);

        // and one that was published goes on
        using var other = Make(seed: 9);
        using var checkpoint = Checkpoint.Open(folder.Path);
        other.Discriminator.Load(checkpoint);
        Assert.Equal(saved.Forward(inference, masked)["logits"].Value.ToArray(), other.Discriminator.Forward(inference, masked)["logits"].Value.ToArray());
    }

    [Fact]
    public void Words_are_drawn_by_their_probability()
    {
        using var model = Make();
        // of a generator that knows two words, three to one
        var bias = model.Parameters().Single(parameter => parameter.Name == "generator.generator_lm_head.bias");
        model.ChangeWeights(() => bias.Value.CopyFrom([.. Enumerable.Range(0, 30).Select(word => word == 7 ? MathF.Log(3f) + 30f : word == 8 ? 30f : 0f)]));
        int[] tokens = [.. Enumerable.Repeat(Mask, 512)], words = [.. Enumerable.Repeat(7, 512)];
        var batch = new TextBatch(32, 16, tokens);
        using var pass = Pass.Train(device, seed: 5);
        var loss = model.JointLoss(pass, batch, new TextTargets { Labels = words });
        // replaced is what was drawn as 8: with the discriminator's bias at certainty, its loss tells the share
        var certain = model.Parameters().Single(parameter => parameter.Name == "discriminator_predictions.dense_prediction.bias");
        model.ChangeWeights(() => certain.Value.CopyFrom([20f]));
        using var second = Pass.Train(device, seed: 5);
        float of = model.JointLoss(second, batch, new TextTargets { Labels = words }).Discriminator.Value.ToArray()[0];
        Assert.InRange(of / 20f, 0.66f, 0.84f);
        Assert.True(float.IsFinite(loss.Total.Value.ToArray()[0]));
    }

    [Fact]
    public void Configs_that_do_not_go_together_are_refused()
    {
        Assert.Contains("only electra is pretrained so", Assert.Throws<CheckpointException>(() => ElectraPretraining.Create(Config("\"model_type\": \"bert\""))).Message, StringComparison.Ordinal);
        Assert.Contains("which are to be shared", Assert.Throws<CheckpointException>(
            () => ElectraPretraining.Create(Config("\"vocab_size\": 30"), Config("\"vocab_size\": 31"))).Message, StringComparison.Ordinal);
        using var own = ElectraPretraining.Create(Config("\"hidden_size\": 32"), Config("\"hidden_size\": 16"));
        Assert.Equal(16, own.Generator.Sizes.HiddenSize);
    }

    [Fact]
    public void The_loss_of_masked_places_alone_is_that_of_all_logits()
    {
        using var model = PretrainedModel.Create(Config("\"hidden_size\": 32"), TextHead.MaskedLanguageModel, seed: 4);
        int[] labels = [.. Enumerable.Repeat(TextTargets.Ignored, 14)];
        (labels[1], labels[9], labels[4]) = (7, 22, 0);
        var batch = model.Pad([[2, 4, 9, 8, 4, 6, 3], [2, 11, 4, 3]]);
        using Gradients few = new(), all = new();
        float first = Learn(pass => model.Loss(pass, batch, new TextTargets { Labels = labels }), few);
        float second = Learn(pass => model.Loss(model.Forward(pass, batch), new TextTargets { Labels = labels }), all);
        Assert.Equal(second, first, 1e-6f);
        foreach (var parameter in model.Parameters())
            Assert.InRange(Berts.LargestDifference(few.Of(parameter)!.ToArray(), all.Of(parameter)!.ToArray()), 0, 1e-6);

        float Learn(Func<Pass, Variable> of, Gradients into)
        {
            using var pass = Pass.Train(device);
            var loss = of(pass);
            pass.Backward(loss, into);
            return loss.Value.ToArray()[0];
        }
    }

    private static JsonObjectReader Config(string more) => JsonFile.Parse(System.Text.Encoding.UTF8.GetBytes($$"""
        { "vocab_size": 30, "embedding_size": 16, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64,
          "max_position_embeddings": 16, "hidden_dropout_prob": 0, "attention_probs_dropout_prob": 0, "initializer_range": 0.1, "model_type": "electra", {{more}} }
        """), "config.json");

    private static ElectraPretraining Make(ulong seed = 1) => ElectraPretraining.Create(Config("\"torch_dtype\": \"float16\""), seed: seed);

    private static (TextBatch Masked, TextTargets Words) Batch(ElectraPretraining model)
    {
        var batch = model.Discriminator.Pad([[2, Mask, 9, 8, Mask, 6, 3], [2, 11, Mask, 3]]);
        int[] labels = [.. Enumerable.Repeat(TextTargets.Ignored, 14)];
        (labels[1], labels[4], labels[9]) = (7, 12, 21);
        return (batch, new TextTargets { Labels = labels });
    }
}
