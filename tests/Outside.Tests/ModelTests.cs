using Graft.Autograd;
using Graft.Models;
using Graft.Tensors;
using Graft.Testing;
using Graft.Transfer;

namespace Graft.Outside.Tests;

/// <summary>Models, checkpoints, captured inference and training, as a program of a user's has them.</summary>
public sealed class ModelTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("graft-outside-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void A_checkpoint_that_is_written_is_read_again()
    {
        string file = Path.Combine(folder, "model.safetensors");
        using var model = ModelRegistry.Create("cifar-resnet20", classes: 3, seed: 5);
        model.Save(file, new Dictionary<string, string> { ["origin"] = "here" });

        using var checkpoint = Checkpoint.Open(file);
        Assert.Equal("here", checkpoint.Metadata["origin"]);
        Assert.Equal([3, 64], checkpoint["linear.weight"].Shape.ToArray());
        foreach (var parameter in model.Parameters()) Assert.Equal(parameter.Value.ToArray(), checkpoint[parameter.Name].ToSingleArray());

        using var other = ModelRegistry.Create("cifar-resnet20", classes: 3, seed: 6);
        var report = other.Load(checkpoint);
        Assert.Equal(report.Expected, report.Loaded);
        Assert.Equal(Logits(model), Logits(other));
    }

    [Fact]
    public void Published_weights_are_loaded()
    {
        using var checkpoint = Checkpoint.Open(RealData.Require("cifar-resnet/resnet20-12fca82f.th"));
        using var model = ModelRegistry.Create("cifar-resnet20");
        var report = model.Load(checkpoint);
        Assert.Equal(report.Expected, report.Loaded);
        Assert.False(model.IsHeadNew);
    }

    [Fact]
    public void A_captured_pass_gives_the_bits_of_an_eager_one()
    {
        using var model = ModelRegistry.Create("cifar-resnet20", seed: 2);
        using var captured = model.Capture(Device.Cpu, [2, 3, 32, 32]);
        var logits = new float[captured.OutputShape.ElementCount];
        captured.Run(Images(), logits);
        Assert.Equal(Logits(model), logits);
    }

    [Fact]
    public void A_loop_of_ones_own_learns()
    {
        using var device = new CpuDevice(threads: 2);
        using var model = ModelRegistry.Create("cifar-resnet20", classes: 2, seed: 3);
        var groups = new ParameterGroups(model);
        groups.Rates(head: 0.05, decayPerStage: 1.5);
        using var optimiser = Optimiser.Sgd(groups, momentum: 0.9);
        using var images = Tensor.From<float>([2, 3, 32, 32], Images(), device);
        var losses = new List<float>();
        for (int step = 0; step < 6; step++)
        {
            using var pass = Pass.Train(device, seed: (ulong)step);
            var loss = model.Forward(pass.Constant(images)).CrossEntropy([0, 1]);
            losses.Add(loss.Value.ToArray()[0]);
            using var gradients = pass.Backward(loss);
            optimiser.Step(gradients);
        }
        Assert.True(losses[^1] < losses[0] / 2, string.Join(" ", losses));
    }

    [Fact]
    public void Data_of_ones_own_is_learnt_from()
    {
        using var model = ModelRegistry.Create("cifar-resnet20", classes: 2, seed: 3);
        var tuner = new FineTuner(model, Device.Cpu, new FineTuneOptions { Epochs = 3, FrozenEpochs = 0, LearningRate = 0.05 });
        var report = tuner.FineTune(new TwoPictures(model));
        Assert.Equal(6, report.Steps);
        Assert.True(report.Epochs[^1].Loss < report.Epochs[0].Loss);
    }

    private static float[] Images()
    {
        var numbers = new float[2 * 3 * 32 * 32];
        new RandomStream(seed: 1, "images").FillNormal(numbers, mean: 0f, standardDeviation: 1f);
        return numbers;
    }

    private static float[] Logits(ImageModel model)
    {
        using var images = Tensor.From<float>([2, 3, 32, 32], Images());
        using var pass = Pass.Infer(Device.Cpu);
        return model.Forward(pass.Constant(images)).Value.ToArray();
    }

    private sealed class TwoPictures(ImageModel model) : ITrainingSet, ITrainingBatch
    {
        public int BatchesPerEpoch => 2;

        public int Count => 2;

        public IEnumerable<ITrainingBatch> Epoch(int epoch, CancellationToken cancellation) => [this, this];

        public Variable Loss(Pass pass) => model.Forward(pass.Constant(Tensor.From<float>([2, 3, 32, 32], Images(), pass.Device))).CrossEntropy([0, 1]);
    }
}
