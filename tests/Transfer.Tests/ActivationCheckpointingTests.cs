using System.Text;
using Graft.Autograd;
using Graft.Models;
using Graft.Tensors;
using Graft.Testing;

namespace Graft.Transfer.Tests;

/// <summary>Whole models whose stages are computed again in backward: the same weights and statistics in less memory.</summary>
public sealed class ActivationCheckpointingTests
{
    private const string Heads = """ "num_attention_heads": 4, "hidden_size": 32, "intermediate_size": 64, "vocab_size": 50, "max_position_embeddings": 40 """;

    /// <summary>Dropout, stochastic depth and batch norm are in these.</summary>
    [Theory]
    [InlineData("cifar-resnet20", OptimiserNames.Sgd, null)]
    [InlineData("cifar-resnet20", OptimiserNames.Sgd, "layer2")]
    [InlineData("mobilenet_v2", OptimiserNames.Sgd, null)]
    [InlineData("efficientnet_b0", OptimiserNames.AdamW, null)]
    public void Image_models_learn_the_same_bits(string name, string optimiser, string? freezeBelow)
    {
        float[] plain = Train(isCheckpointing: false), again = Train(isCheckpointing: true);
        Check.SameBits(name, again, plain);

        float[] Train(bool isCheckpointing)
        {
            using var device = new CpuDevice(2);
            using var model = ModelRegistry.Create(name, classes: 3, seed: 1);
            using var images = Tensor.From<float>([2, 3, 32, 32], Draw.Uniform("images", 2 * 3 * 32 * 32), device);
            return Learn(model, device, optimiser, freezeBelow, isCheckpointing, pass => model.Forward(pass.Constant(images)).CrossEntropy([1, 2]));
        }
    }

    [Theory]
    [InlineData("""{ "architectures": ["BertForSequenceClassification"], "num_hidden_layers": 3, HEADS }""", false)]
    [InlineData("""{ "architectures": ["BertForSequenceClassification"], "num_hidden_layers": 3, HEADS }""", true)]
    [InlineData("""{ "architectures": ["MPNetForSequenceClassification"], "num_hidden_layers": 2, HEADS }""", false)]
    [InlineData("""{ "architectures": ["AlbertForSequenceClassification"], "num_hidden_layers": 3, "embedding_size": 16, HEADS }""", false)]
    public void Text_models_learn_the_same_bits(string config, bool isAdapted)
    {
        var batch = Batch(sequences: 3, length: 12);
        float[] plain = Train(isCheckpointing: false), again = Train(isCheckpointing: true);
        Check.SameBits(config, again, plain);

        float[] Train(bool isCheckpointing)
        {
            using var device = new CpuDevice(2);
            using var model = Text(config);
            if (isAdapted) Adapters.Attach(model, new LoraConfig { TargetModules = AdapterTargets.Named("query", "value"), Dropout = 0.1, TaskType = "SEQ_CLS" });
            return Learn(model, device, OptimiserNames.AdamW, null, isCheckpointing, pass => model.Loss(pass, batch, new TextTargets { Labels = [0, 1, 1] }));
        }
    }

    /// <summary>The decoder's layers look at the encoder's states, which learn through all of them.</summary>
    [Theory]
    [InlineData("t5-s2s")]
    [InlineData("bart-s2s")]
    [InlineData("marian-mt")]
    public void Models_that_read_one_sequence_and_write_another_learn_the_same_bits(string golden)
    {
        string folder = RealData.Require($"hf-goldens/{golden}");
        float[] plain = Train(isCheckpointing: false), again = Train(isCheckpointing: true);
        Check.SameBits(golden, again, plain);

        float[] Train(bool isCheckpointing)
        {
            using var device = new CpuDevice(2);
            using var model = (EncoderDecoderModel)PretrainedModel.Open(folder);
            int[] labels = [5, 6, 7, 1, 9, 8, 1, TextTargets.Ignored];
            var batch = model.WithLabels(model.Pad([[4, 9, 8, 7, 1], [6, 5, 1]]), labels);
            return Learn(model, device, OptimiserNames.AdamW, null, isCheckpointing, pass => model.Loss(pass, batch, new TextTargets { Labels = labels }));
        }
    }

    [Fact]
    public void Two_backwards_a_step_learn_the_same_bits()
    {
        float[] plain = Train(isCheckpointing: false), again = Train(isCheckpointing: true);
        Check.SameBits("sharpness-aware", again, plain);

        float[] Train(bool isCheckpointing)
        {
            using var device = new CpuDevice(2);
            using var model = new SmallModel();
            var options = new FineTuneOptions
            {
                Epochs = 2,
                ActivationCheckpointing = isCheckpointing,
                Regularisation = new() { SharpnessRadius = 0.05, AverageDecay = 0.9 },
            };
            new FineTuner(model, device, options).FineTune(new Noise(model, device));
            return Numbers(model);
        }
    }

    /// <summary>What a device of its own takes for three steps: most of it activations.</summary>
    [Fact]
    public void The_peak_is_far_below()
    {
        long plain = Taken(isCheckpointing: false), again = Taken(isCheckpointing: true);
        Assert.InRange(again, 1, plain / 2);

        static long Taken(bool isCheckpointing)
        {
            using var device = new CpuDevice(1);
            using var model = Text("""{ "architectures": ["BertForSequenceClassification"], "num_hidden_layers": 8, HEADS }""");
            Learn(model, device, OptimiserNames.Sgd, null, isCheckpointing, pass => model.Loss(pass, Batch(64, 40), new TextTargets { Labels = new int[64] }));
            return device.BytesTaken;
        }
    }

    [Fact]
    public void A_summary_tells_it()
    {
        using var device = new CpuDevice(1);
        using var model = ModelRegistry.Create("cifar-resnet20");
        long[] plain = Activations(false), again = Activations(true);
        Assert.InRange(again.Sum(), plain.Max(), plain.Sum() * 3 / 4);
        Assert.All(plain.Zip(again), static pair => Assert.InRange(pair.Second, 0, pair.First));

        long[] Activations(bool isCheckpointing)
        {
            var options = new FineTuneOptions { Epochs = 1, FrozenEpochs = 0, ActivationCheckpointing = isCheckpointing };
            var summary = new FineTuner(model, device, options).Summaries(pass => model.Forward(pass.Constant(pass.Rent([8, 3, 32, 32]))))[^1].Summary;
            return [.. summary.Groups.Select(static group => group.Memory.Activations)];
        }
    }

    [Fact]
    public void A_layer_whose_output_is_not_finite_is_named()
    {
        using var device = new CpuDevice(1);
        using var model = new SmallModel();
        model.ChangeWeights(() => model.Parameters().First(static one => one.Name == "conv2.weight").Value.CopyFrom([.. Enumerable.Repeat(float.NaN, 144)]));
        var options = new FineTuneOptions { Epochs = 1, FrozenEpochs = 0, ActivationCheckpointing = true };
        var error = Assert.Throws<NonFiniteException>(() => new FineTuner(model, device, options).FineTune(new Noise(model, device)));
        Assert.Equal("conv2", error.Module);
    }

    private static float[] Learn(Model model, Device device, string optimiser, string? freezeBelow, bool isCheckpointing, Func<Pass, Variable> loss)
    {
        var groups = new ParameterGroups(model);
        groups.Rates(head: 0.01);
        if (freezeBelow is not null) groups.FreezeBelow(freezeBelow);
        using var rule = OptimiserKind.All.Single(kind => kind.Name == optimiser).Create(groups, new OptimiserOptions());
        List<float> gradients = [];
        for (int step = 0; step < 3; step++)
        {
            using var pass = Pass.Train(device, seed: (ulong)step);
            pass.ActivationCheckpointing = isCheckpointing;
            var found = pass.Backward(loss(pass));
            foreach (var parameter in model.Parameters()) gradients.AddRange(found.Of(parameter)?.ToArray() ?? []);
            rule.Step(found);
        }
        return [.. gradients, .. Numbers(model)];
    }

    private static float[] Numbers(Model model) => [.. model.Parameters().Concat(model.Buffers()).SelectMany(static one => one.Value.ToArray())];

    private static TextModel Text(string config) => PretrainedModel.Create(JsonFile.Parse(Encoding.UTF8.GetBytes(config.Replace("HEADS", Heads, StringComparison.Ordinal)), "config.json"));

    private static TextBatch Batch(int sequences, int length) => new(
        sequences, length, [.. Enumerable.Range(0, sequences * length).Select(static place => 2 + place % 40)],
        attentionMask: [.. Enumerable.Range(0, sequences * length).Select(place => place % length < length - place / length % 3 ? 1 : 0)]);
}

/// <summary>Names of optimisers.</summary>
internal static class OptimiserNames
{
    public const string Sgd = "sgd";
    public const string AdamW = "adamw";
}
