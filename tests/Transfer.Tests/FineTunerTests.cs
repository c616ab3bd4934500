using Graft.Models;
using Graft.Tensors;

namespace Graft.Transfer.Tests;

public sealed class FineTunerTests : IDisposable
{
    private readonly CpuDevice device = new(2);

    public void Dispose() => device.Dispose();

    [Fact]
    public void A_frozen_trunk_keeps_its_bytes_under_decay_momentum_and_clipping_and_has_no_part_on_the_tape()
    {
        var model = new SmallModel();
        var options = new FineTuneOptions { Epochs = 2, FrozenEpochs = 1, FreezeBelow = "head", WeightDecay = 0.1, ClipNorm = 0.1, LearningRate = 0.1 };
        var before = Snapshot(model);
        var data = new Noise(model, device);
        var report = new FineTuner(model, device, options).FineTune(data);
        var after = Snapshot(model);

        foreach (string key in before.Keys)
        {
            if (key.StartsWith("fc.", StringComparison.Ordinal)) Assert.NotEqual(before[key], after[key]);
            else Assert.Equal(before[key], after[key]);
        }
        Assert.All(data.TapeLengths, length => Assert.Equal(2, length));    // the head and the loss
        Assert.Equal(4 * 2 + 2, report.TrainableParameters);
    }

    [Fact]
    public void Without_freezing_everything_moves_buffers_too()
    {
        var model = new SmallModel();
        var before = Snapshot(model);
        new FineTuner(model, device, new FineTuneOptions { Epochs = 1, FrozenEpochs = 0 }).FineTune(new Noise(model, device));
        var after = Snapshot(model);
        Assert.All(before.Keys, key => Assert.NotEqual(before[key], after[key]));
    }

    [Fact]
    public void A_frozen_norm_moves_its_statistics_only_where_the_policy_says_so()
    {
        var options = new FineTuneOptions { Epochs = 1, FrozenEpochs = 0, FreezeBelow = "head", BatchNorm = BatchNormPolicy.AlwaysBatchStatistics };
        var model = new SmallModel();
        var before = Snapshot(model);
        new FineTuner(model, device, options).FineTune(new Noise(model, device));
        var after = Snapshot(model);
        Assert.NotEqual(before["bn.running_mean"], after["bn.running_mean"]);
        Assert.Equal(before["bn.weight"], after["bn.weight"]);
        Assert.Equal(before["conv2.weight"], after["conv2.weight"]);
    }

    [Fact]
    public void The_head_learns_first_then_everything_at_half_the_rate()
    {
        var model = new SmallModel();
        var told = new List<FitProgress>();
        var report = new FineTuner(model, device, new FineTuneOptions { Epochs = 2, FrozenEpochs = 1, LearningRate = 0.1 })
            .FineTune(new Noise(model, device), validate: _ => new Evaluation(4, 3, 0.5), progress: new Teller(told.Add));

        Assert.Equal(["head", "stem", "stem"], report.Epochs.Select(epoch => epoch.LearningFrom));
        Assert.Equal(9, report.Steps);
        Assert.False(report.Interrupted);
        Assert.Equal(Enumerable.Range(1, 9), told.Select(progress => progress.Step));
        Assert.All(told, progress => Assert.Equal(9, progress.Steps));
        Assert.InRange(told.Take(3).Max(progress => progress.Rate), 0.05, 0.1);
        Assert.Equal(0.05 / 5, new[] { told[3].Rate }.Min(), 0.02);
        Assert.All(told.Skip(3), progress => Assert.InRange(progress.Rate, 0, 0.05));
        Assert.Equal(report.Epochs, told.Where(progress => progress.Finished is not null).Select(progress => progress.Finished!));
        Assert.Equal(0.75, report.Epochs[^1].Validation!.Accuracy);
    }

    [Fact]
    public void The_same_seed_gives_the_same_bits_on_one_thread_and_two()
    {
        using var single = new CpuDevice(1);
        float[][] weights = [.. new[] { single, device }.Select(threads =>
        {
            var model = new SmallModel();
            new FineTuner(model, threads, new FineTuneOptions { Epochs = 2, ClipNorm = 1 }).FineTune(new Noise(model, threads));
            return Snapshot(model).Values.SelectMany(value => value).ToArray();
        })];
        Assert.Equal(weights[0], weights[1]);
    }

    [Theory]
    [InlineData("sgd", 0.1)]
    [InlineData("adamw", 0.02)]
    public void It_learns(string optimiser, double rate)
    {
        var model = new SmallModel();
        var options = new FineTuneOptions { Epochs = 30, FrozenEpochs = 1, Optimiser = OptimiserKind.Named(optimiser), LearningRate = rate, RateDecayPerStage = 1 };
        var report = new FineTuner(model, device, options).FineTune(new Noise(model, device, size: 8));
        Assert.True(report.Epochs[^1].Loss < report.Epochs[0].Loss / 2, $"{report.Epochs[0].Loss} to {report.Epochs[^1].Loss}");
    }

    [Fact]
    public void A_cancelled_run_stops_after_its_step_and_keeps_what_was_learnt()
    {
        using var source = new CancellationTokenSource();
        var model = new SmallModel();
        var before = Snapshot(model);
        var data = new Noise(model, device) { Before = step => { if (step == 4) source.Cancel(); } };
        var report = new FineTuner(model, device, new FineTuneOptions { Epochs = 3, FrozenEpochs = 0 }).FineTune(data, cancellation: source.Token);
        Assert.True(report.Interrupted);
        Assert.Equal(5, report.Steps);
        Assert.Equal(2, report.Epochs.Count);
        Assert.NotEqual(before["conv1.weight"], Snapshot(model)["conv1.weight"]);
    }

    [Fact]
    public void A_loss_that_is_not_finite_ends_the_run_before_it_spoils_the_weights()
    {
        var model = new SmallModel();
        var data = new Noise(model, device)
        {
            Before = step => { if (step == 1) model.Parameters().Last().Value.CopyFrom([float.NaN, 0f]); },
        };
        float[] weight = [];
        var tuner = new FineTuner(model, device, new FineTuneOptions { Epochs = 1, FrozenEpochs = 0 });
        var error = Assert.Throws<NonFiniteException>(() => tuner.FineTune(data, progress: new Teller(_ => weight = Snapshot(model)["conv1.weight"])));
        Assert.Matches("^the loss is NaN in step 2 .*: lower the learning rate, or look for broken inputs$", error.Message);
        Assert.Equal(weight, Snapshot(model)["conv1.weight"]);
    }

    [Fact]
    public void Impossible_options_are_refused()
    {
        var model = new SmallModel();
        Assert.Throws<ArgumentException>(() => new FineTuner(model, device, new FineTuneOptions { Epochs = 0, FrozenEpochs = 0 }));
        Assert.Throws<ArgumentException>(() => new FineTuner(model, device, new FineTuneOptions { FreezeBelow = "tail" }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new FineTuner(model, device, new FineTuneOptions { LearningRate = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new FineTuner(model, device, new FineTuneOptions { Epochs = -1 }));
    }

    private static Dictionary<string, float[]> Snapshot(Model model) =>
        model.Parameters().Concat(model.Buffers()).ToDictionary(tensor => tensor.Name, tensor => tensor.Value.ToArray());

    /// <summary>Progress on the caller's own thread.</summary>
    private sealed class Teller(Action<FitProgress> tell) : IProgress<FitProgress>
    {
        public void Report(FitProgress value) => tell(value);
    }
}
