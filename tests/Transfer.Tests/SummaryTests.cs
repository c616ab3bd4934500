using Graft.Autograd;
using Graft.Models;
using Graft.Tensors;

namespace Graft.Transfer.Tests;

/// <summary>What a summary says of a step against what a step does.</summary>
public sealed class SummaryTests : IDisposable
{
    private readonly CpuDevice device = new(1);

    public void Dispose() => device.Dispose();

    [Fact]
    public void Stages_rates_decay_norms_and_the_memory_of_what_learns()
    {
        var model = new SmallModel { IsHeadNew = true };
        var options = new FineTuneOptions { Epochs = 2, LearningRate = 0.1, Optimiser = OptimiserKind.AdamW, WeightDecay = 0.05 };
        var (frozen, whole) = (new FineTuner(model, device, options).Summaries() is [var first, var second] ? (first, second) : throw new InvalidOperationException());

        Assert.Equal(("head", "all"), (frozen.Phase.Name, whole.Phase.Name));
        Assert.Equal(["stem", "middle", "head"], frozen.Summary.Groups.Select(static group => group.Name));
        Assert.Equal([3 * 4 * 9 + 4, 4 * 4 * 9 + 8, 4 * 2 + 2], frozen.Summary.Groups.Select(static group => group.Parameters));
        Assert.Equal([0, 0, 10], frozen.Summary.Groups.Select(static group => group.Trainable));
        Assert.Equal([0, 0, 0.1], frozen.Summary.Groups.Select(static group => group.Rate));
        Assert.Equal([0.0125, 0.025, 0.05], whole.Summary.Groups.Select(static group => group.Rate));
        Assert.Equal([0, 0, 0.05], frozen.Summary.Groups.Select(static group => group.WeightDecay));
        Assert.Equal(["none", "running statistics", "none"], frozen.Summary.Groups.Select(static group => group.Norms));
        Assert.Equal("batch statistics", whole.Summary.Groups[1].Norms);
        // weights and the norm's two buffers; AdamW keeps two numbers of each parameter that learns
        Assert.Equal(new StepMemory(152 * 4 + 8 * 4, 152 * 4, 2 * 152 * 4, 0), whole.Summary.Groups[1].Memory);
        Assert.Equal(new StepMemory(152 * 4 + 8 * 4, 0, 0, 0), frozen.Summary.Groups[1].Memory);
        Assert.Equal((274, 10), (frozen.Summary.Parameters, frozen.Summary.Trainable));
    }

    [Theory]
    [InlineData(null, "running statistics", 0)]
    [InlineData(FrozenNormPolicy.TrackStatistics, "batch statistics, frozen affine", 0)]
    [InlineData(FrozenNormPolicy.TrainAffine, "running statistics, learning affine", 8)]
    public void The_norms_of_what_is_frozen(FrozenNormPolicy? policy, string norms, long learning)
    {
        var options = new FineTuneOptions { Epochs = 1, FrozenEpochs = 0, FreezeBelow = "head", FrozenNorm = policy };
        var group = Assert.Single(new FineTuner(new SmallModel(), device, options).Summaries()).Summary.Groups[1];
        Assert.Equal((norms, learning), (group.Norms, group.Trainable));
    }

    /// <summary>Measured in a pass of its own, against the memory that a device of its own takes for a whole step.</summary>
    [Theory]
    [InlineData("stem")]
    [InlineData("layer3")]
    [InlineData("head")]
    public void The_memory_is_about_what_a_step_takes(string from)
    {
        var model = ModelRegistry.Create("cifar-resnet20");
        var groups = new ParameterGroups(model);
        groups.Rates(0.1);
        groups.FreezeBelow(from);
        using var optimiser = Optimiser.AdamW(groups);
        var summary = ModelSummary.Of(optimiser, device, Forward);
        int first = groups.ToList().FindIndex(group => group.Name == from);
        // a frozen trunk leaves the pictures and its last output alone
        Assert.InRange(summary.Groups.Take(first).Sum(static group => group.Memory.Activations), 0, 8 * (3 * 32 * 32 + 32 * 16 * 16) * sizeof(float) * 5 / 4);
        Assert.All(summary.Groups.Skip(first), static group => Assert.InRange(group.Memory.Activations, 1, long.MaxValue));

        using var own = new CpuDevice(1);
        using (var pass = Pass.Train(own))
        {
            var gradients = pass.Backward(model.Forward(pass.Constant(pass.Rent([8, 3, 32, 32]))).CrossEntropy(new int[8]));
            optimiser.Step(gradients);
        }
        var memory = summary.Memory;
        long expected = memory.Gradients + memory.OptimiserState + memory.Activations;
        Assert.InRange(own.BytesTaken, expected / 2, 4 * expected + (8 << 20));

        void Forward(Pass pass) => model.Forward(pass.Constant(pass.Rent([8, 3, 32, 32])));
    }

    [Fact]
    public void Activations_grow_with_the_batch()
    {
        var model = ModelRegistry.Create("cifar-resnet20");
        var groups = new ParameterGroups(model);
        groups.Rates(0.1);
        using var optimiser = Optimiser.Sgd(groups);
        long[] bytes = [.. new[] { 4, 16 }.Select(batch => ModelSummary.Of(optimiser, device, pass => model.Forward(pass.Constant(pass.Rent([batch, 3, 32, 32])))).Memory.Activations)];
        Assert.InRange(bytes[1] / (double)bytes[0], 3.5, 4.5);
    }
}
