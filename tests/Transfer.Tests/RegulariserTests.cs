using Graft.Models;
using Graft.Tensors;
using Graft.Testing;

namespace Graft.Transfer.Tests;

/// <summary>Numbers of Golden/regularisers.py.</summary>
public sealed class RegulariserTests : IDisposable
{
    private readonly CpuDevice device = new(2);

    public void Dispose() => device.Dispose();

    [Theory]
    [InlineData(false, new[] { -0.20739989f, -0.869931877f, 1.70739996f, 1.86993182f, 0.811432123f, -1.31143212f })]
    [InlineData(true, new[] { -0.817486167f, 0.469900757f, 1.19034743f, -0.22132656f, 0.762370288f, -1.26237047f })]
    public void Weights_are_pulled_to_their_start_and_a_new_heads_to_nothing_as_in_the_loss(bool isHeadNew, float[] expected)
    {
        using var penalty = isHeadNew ? new StartPenalty(0.7, beta: 0.5) : new StartPenalty(0.5, beta: 0.7);
        AssertNear(expected, TwoBatches.Train(device, observers: [penalty], isHeadNew: isHeadNew));
    }

    [Fact]
    public void A_huge_pull_keeps_the_weights_where_they_were_and_none_changes_no_bit()
    {
        const double Rate = 1e-6;
        using var huge = new StartPenalty(1 / Rate);
        using var none = new StartPenalty(0);
        float[] start = TwoBatches.Weights(TwoBatches.NewModel()), pulled = TwoBatches.Train(device, 50, momentum: 0, [huge], rate: Rate);
        for (int i = 0; i < 4; i++) Assert.Equal(start[i], pulled[i], 4e-6);
        Check.SameBits("no pull", TwoBatches.Train(device), TwoBatches.Train(device, observers: [none]));
        Assert.Throws<ArgumentOutOfRangeException>(() => new StartPenalty(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new StartPenalty(1, double.NaN));
    }

    [Fact]
    public void The_sharpness_aware_step_is_two_backwards()
    {
        using var rule = new SharpnessAware(0.5);
        AssertNear([-0.487333119f, -0.645198524f, 1.98733306f, 1.64519858f, 0.889307618f, -1.38930774f], TwoBatches.Train(device, rule: rule));
        Assert.Throws<ArgumentOutOfRangeException>(() => new SharpnessAware(-0.1));
    }

    [Fact]
    public void Without_a_radius_it_is_the_plain_step_bit_for_bit_with_the_same_dropout_in_both_runs()
    {
        using var rule = new SharpnessAware(0);
        var losses = new List<float>();
        float[] twice = TwoBatches.Train(device, rule: rule, dropout: 0.4f, told: loss => losses.Add(loss.Value.ToArray()[0]));
        Check.SameBits("rho of 0", TwoBatches.Train(device, dropout: 0.4f), twice);
        Assert.Equal(12, losses.Count);
        for (int i = 0; i < losses.Count; i += 2) Assert.Equal(losses[i], losses[i + 1]);
    }

    [Fact]
    public void Running_statistics_follow_the_first_run_alone_and_weights_are_never_seen_on_the_way()
    {
        (float[] Weights, float[] Statistics) Trained(BackwardRule? rule, Action<SmallModel>? seen = null)
        {
            var model = new SmallModel();
            var groups = new ParameterGroups(model);
            groups.Rates(0.1);
            using var optimiser = Optimiser.Sgd(groups);
            new Trainer(optimiser, device) { Backward = rule }.Fit(new Noise(model, device, batches: 1), 1);
            seen?.Invoke(model);
            return ([.. model.Parameters().SelectMany(static tensor => tensor.Value.ToArray())], [.. model.Buffers().SelectMany(static tensor => tensor.Value.ToArray())]);
        }

        using var none = new SharpnessAware(0);
        using var wide = new SharpnessAware(0.5);
        var plain = Trained(null);
        var flat = Trained(none);
        Check.SameBits("weights with rho of 0", plain.Weights, flat.Weights);
        Check.SameBits("statistics with rho of 0", plain.Statistics, flat.Statistics);
        var up = Trained(wide);
        Assert.NotEqual(plain.Weights, up.Weights);
        Check.SameBits("statistics of the first run", plain.Statistics, up.Statistics);
    }

    [Fact]
    public void Accumulated_batches_have_an_ascent_each_and_the_penalty_of_one_step()
    {
        using var penalty = new StartPenalty(0.5);
        using var again = new StartPenalty(0.5);
        using var rule = new SharpnessAware(0);
        float[] plain = TwoBatches.Train(device, observers: [penalty, new GradientAccumulation(2)]);
        Check.SameBits("rho of 0", plain, TwoBatches.Train(device, observers: [again, new GradientAccumulation(2)], rule: rule));
    }

    [Fact]
    public void A_recipe_asks_for_them_by_name()
    {
        var options = new FineTuneOptions { Epochs = 2, FrozenEpochs = 1, LearningRate = 0.1, Regularisation = new() { StartPenalty = 0.5, SharpnessRadius = 0.1, AverageDecay = 0.9 } };
        var model = new SmallModel();
        var report = new FineTuner(model, device, options).FineTune(new Noise(model, device));
        Assert.Equal(9, report.Steps);
        Assert.Equal(0.1, options.WeightDecay * 1000, 1e-12);

        var bad = new FineTuneOptions { Regularisation = new() { AverageDecay = 0.9, AverageStart = 0.5 } };
        Assert.Contains("not both", Assert.Throws<ArgumentException>(() => new FineTuner(model, device, bad)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new FineTuner(model, device, new() { Regularisation = new() { HeadPenalty = 0.1 } }));
        Assert.Throws<ArgumentException>(() => new FineTuner(model, device, new() { Regularisation = new() { AverageRateFactor = 0.1 } }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new FineTuner(model, device, new() { Regularisation = new() { SharpnessRadius = -0.1 } }));
    }

    [Fact]
    public void Branches_are_dropped_along_a_line_while_it_learns()
    {
        var model = ModelRegistry.Create("convnext_tiny", classes: 2);
        StochasticDepth[] depths = [.. model.Descendants().OfType<StochasticDepth>()];
        float[] own = [.. depths.Select(static depth => depth.Probability)];
        using (new BranchDropping(model, 0.4))
        {
            Assert.Equal(0.4f, depths[^1].Probability, 1e-6f);
            for (int i = 0; i < depths.Length; i++) Assert.Equal(0.4 * i / (depths.Length - 1), depths[i].Probability, 1e-6);
        }
        Assert.Equal(own, depths.Select(static depth => depth.Probability));
        var options = new FineTuneOptions { Epochs = 1, FrozenEpochs = 0, Regularisation = new() { StochasticDepth = 0.2 } };
        var small = new SmallModel();
        var error = Assert.Throws<ArgumentException>(() => new FineTuner(small, device, options).FineTune(new Noise(small, device)));
        Assert.Contains("small has no branches", error.Message, StringComparison.Ordinal);
    }

    private static void AssertNear(float[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i], actual[i], 2e-5);
    }
}
