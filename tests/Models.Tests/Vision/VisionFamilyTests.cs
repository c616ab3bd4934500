using Graft.Autograd;
using Graft.Tensors;
using Graft.Testing;

namespace Graft.Models.Tests;

/// <summary>What every convolutional family keeps of an image model's contract.</summary>
public sealed class VisionFamilyTests : IDisposable
{
    private readonly CpuDevice device = new(2);
    private readonly TemporaryFolder folder = new();

    public static TheoryData<string, int, int> Families => new()
    {
        { "alexnet", 64, 4096 }, { "squeezenet1_1", 48, 512 }, { "mobilenet_v2", 32, 1280 }, { "mobilenet_v3_small", 32, 1024 }, { "densenet121", 32, 1024 },
        { "efficientnet_b0", 32, 1280 }, { "googlenet_aux", 32, 1024 }, { "inception_v3", 80, 2048 }, { "regnet_y_400mf", 32, 440 },
    };

    public void Dispose()
    {
        device.Dispose();
        folder.Dispose();
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void Stages_follow_one_another_from_stem_to_head(string name, int size, int features)
    {
        using var model = ModelRegistry.Create(name, classes: 7, seed: 3);
        Assert.Equal(7, model.Classes);
        Assert.Equal("stem", model.Stages[0].Name);
        Assert.Equal("head", model.Stages[^1].Name);
        Assert.Equal(model.Tensors().Count(), model.Stages.Sum(stage => stage.Tensors().Count()));
        using var images = Images(2, size);
        using var pass = Pass.Infer(device);
        var x = pass.Constant(images);
        float[] logits = model.Forward(x).Value.ToArray();
        Assert.Equal([2, features], model.Features(x).Shape);
        for (int stage = 1; stage < model.Stages.Count - 1; stage++)
            Assert.Equal(logits, model.ForwardFrom(model.ForwardTo(x, model.Stages[stage - 1].Name), model.Stages[stage].Name).Value.ToArray());
        var map = model is SqueezeNet ? model.ForwardTo(x, model.Stages[^2].Name) : model.Features(x);
        Assert.Equal(logits, model.ForwardFrom(map, "head").Value.ToArray());
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void A_captured_pass_gives_the_eager_bits_and_a_folded_norm_the_numbers_of_one_that_is_not(string name, int size, int features)
    {
        using var model = ModelRegistry.Create(name, classes: 7);
        GoldenWeights.Fill(model);
        using var images = Images(2, size);
        float[] eager;
        using (var pass = Pass.Infer(device)) eager = model.Forward(pass.Constant(images)).Value.ToArray();
        using var captured = model.Capture(device, images.Shape);
        var logits = new float[14];
        captured.Run(images, logits);
        Assert.Equal(eager, logits);
        Assert.True(features > 0);

        foreach (var norm in model.Descendants().OfType<BatchNorm2d>()) norm.Policy = BatchNormPolicy.AlwaysRunningStatistics;
        foreach (var dropout in model.Descendants().OfType<Dropout>()) dropout.Probability = 0;
        foreach (var depth in model.Descendants().OfType<StochasticDepth>()) depth.Probability = 0;
        using var training = Pass.Train(device);
        float[] separate = model.Forward(training.Constant(images)).Value.ToArray();
        Check.Close(name, eager, [.. separate.Select(number => (double)number)], [.. separate.Select(_ => (double)separate.Max(MathF.Abs))], 1e-4);
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void A_head_of_another_size_is_found_in_a_file_or_replaced(string name, int size, int features)
    {
        string path = folder.At("weights.safetensors");
        using (var saved = ModelRegistry.Create(name, classes: 7, seed: 3)) saved.Save(path);
        using var checkpoint = Checkpoint.Open(path);
        using var same = ModelRegistry.CreateFor(name, checkpoint, new LoadOptions());
        Assert.Equal(7, same.Classes);
        Assert.Empty(same.Load(checkpoint).Replaced);
        Assert.False(same.IsHeadNew);

        using var other = ModelRegistry.Create(name, classes: 3);
        Assert.Throws<CheckpointException>(() => other.Load(checkpoint));
        var replaced = other.Load(checkpoint, replaceHead: true).Replaced;
        Assert.True(other.IsHeadNew);
        Assert.Equal(2 * (1 + other.AuxiliaryTensors().Count(tensor => tensor.Shape == new Shape([3]))), replaced.Count);
        using var images = Images(1, size);
        using var pass = Pass.Infer(device);
        Assert.Equal([1, 3], other.Forward(pass.Constant(images)).Shape);
        Assert.True(features > 0);
    }

    [Fact]
    public void DenseNets_keys_of_earlier_years_are_loaded_and_said_to_be_such()
    {
        string path = folder.At("old.safetensors");
        using var model = ModelRegistry.Create("densenet121", classes: 3, seed: 3);
        SafetensorsWriter.Write(path, model.Tensors().Select(tensor => TensorEntry.From(Old(tensor.Name), tensor.Value)), null);
        using var checkpoint = Checkpoint.Open(path);
        Assert.True(checkpoint.Contains("features.denseblock1.denselayer1.norm.1.running_var"));
        using var loaded = ModelRegistry.Create("densenet121", classes: 3);
        var report = loaded.Load(checkpoint);
        Assert.Equal(58 * 10, report.Receipt!.Lines.Count(line => line.Rule == "a key of earlier years"));
        foreach (var (left, right) in model.Tensors().Zip(loaded.Tensors())) Assert.Equal(left.Value.ToArray(), right.Value.ToArray());

        static string Old(string name) => name.Contains("denselayer", StringComparison.Ordinal)
            ? name.Replace("norm1", "norm.1").Replace("norm2", "norm.2").Replace("conv1", "conv.1").Replace("conv2", "conv.2") : name;
    }

    [Fact]
    public void Auxiliary_heads_may_be_missing_from_a_file_and_may_be_in_it_for_nothing()
    {
        string whole = folder.At("whole.safetensors"), bare = folder.At("bare.safetensors");
        using (var model = ModelRegistry.Create("googlenet_aux", classes: 3, seed: 3)) model.Save(whole);
        using (var checkpoint = Checkpoint.Open(whole))
        using (var plain = ModelRegistry.Create("googlenet", classes: 3))
        {
            var report = plain.Load(checkpoint);
            Assert.Equal(18, report.Receipt!.Lines.Count(line => line.Rule.StartsWith("an auxiliary head", StringComparison.Ordinal)));
            plain.Save(bare);
        }
        using (var checkpoint = Checkpoint.Open(bare))
        using (var model = ModelRegistry.Create("googlenet_aux", classes: 3))
        {
            var report = model.Load(checkpoint);
            Assert.Equal(model.AuxiliaryTensors().Select(tensor => tensor.Name), report.Replaced);
            Assert.False(model.IsHeadNew);
        }
    }

    [Fact]
    public void Auxiliary_heads_are_computed_only_where_they_are_asked_for()
    {
        using var model = ModelRegistry.Create("googlenet_aux", classes: 3, seed: 3);
        using var plain = ModelRegistry.Create("googlenet", classes: 3, seed: 3);
        Assert.True(model.HasAuxiliaryHeads);
        using var images = Images(2, 32);
        using var pass = Pass.Train(device);
        var gradients = pass.Backward(model.Forward(pass.Constant(images)).Sum());
        Assert.All(model.AuxiliaryTensors().Where(tensor => !tensor.IsBuffer), tensor => Assert.Null(gradients.Of(tensor)));
        var (_, auxiliary) = model.ForwardWithAuxiliary(pass.Constant(images));
        Assert.Equal([0.3f, 0.3f], auxiliary.Select(head => head.LossWeight));
        Assert.All(auxiliary, head => Assert.Equal([2, 3], head.Logits.Shape));
        Assert.False(plain.HasAuxiliaryHeads);
        Assert.Empty(plain.ForwardWithAuxiliary(pass.Constant(images)).Auxiliary);
    }

    /// <summary>timm's weights are of the bare network, behind a mean and deviation of 0.5; the model here, as torchvision's, transforms what ImageNet's
    /// mean and deviation have normalised.</summary>
    [Fact]
    public void Pictures_for_timms_Inception_are_prepared_for_a_model_that_transforms_them()
    {
        folder.Write("config.json", """
            { "architecture": "inception_v3", "num_classes": 1000, "pretrained_cfg": { "input_size": [3, 299, 299], "mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5] } }
            """u8);
        var preprocessing = TimmConfig.Find(folder.Path)!.Preprocessing!;
        for (int channel = 0; channel < 3; channel++)
        {
            Assert.Equal(RgbValues.ImageNetMean[channel], preprocessing.Mean[channel], 1e-6f);
            Assert.Equal(RgbValues.ImageNetStandardDeviation[channel], preprocessing.StandardDeviation[channel], 1e-6f);
        }
    }

    private Tensor<float> Images(int count, int size) => Tensor.From<float>([count, 3, size, size], GoldenWeights.Images("0", count, size), device);
}
