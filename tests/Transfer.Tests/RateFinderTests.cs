using Graft.Models;
using Graft.Tensors;

namespace Graft.Transfer.Tests;

public sealed class RateFinderTests : IDisposable
{
    private const int Steps = 100;

    private readonly CpuDevice device = new(2);

    public void Dispose() => device.Dispose();

    /// <summary>Against NumPy on a planted curve (<c>Golden/rates.py</c>).</summary>
    [Fact]
    public void Suggestions_are_those_of_fastai()
    {
        double[] rates = [.. Enumerable.Range(0, Steps).Select(static step => 1e-7 * Math.Pow(10 / 1e-7, (double)step / Steps))];
        double[] losses =
        [
            .. rates.Select(static (rate, step) =>
            {
                double log = Math.Log10(rate);
                return 2 - 1.5 / (1 + Math.Exp(-2 * (log + 3.2))) + 3 / (1 + Math.Exp(-6 * (log - 0.2))) + 0.02 * Math.Sin(3 * step);
            }),
        ];
        var curve = new RateCurve(rates, losses);
        AssertNear(0.00144543977, curve.Valley);
        AssertNear(0.000190546072, curve.Slide);
        AssertNear(0.0144543977, curve.Minimum);
        AssertNear(0.00120226443, curve.Steepest);
    }

    [Fact]
    public void The_rate_rises_from_the_lowest_until_the_loss_diverges_and_nothing_is_changed()
    {
        var model = new SmallModel();
        var groups = new ParameterGroups(model);
        groups.Rates(0.1, decayPerStage: 2);
        float[][] before = Numbers(model);
        var curve = new RateFinder { Steps = 60, Highest = 1e4 }.Find(groups, OptimiserKind.Sgd, new Noise(model, device, batches: 3), device);
        Assert.Equal(before, Numbers(model));
        Assert.Equal(0.1, groups[^1].Rate);
        Assert.Equal(1e-7, curve.Rates[0]);
        Assert.InRange(curve.Rates.Count, 10, 59);
        Assert.Equal(curve.Rates.Count, curve.Losses.Count);
        double factor = Math.Pow(1e11, 1.0 / 60);
        for (int i = 1; i < curve.Rates.Count; i++) Assert.Equal(factor, curve.Rates[i] / curve.Rates[i - 1], 1e-9);
        Assert.True(curve.Losses[^1] > 4 * curve.Losses.Min() || !float.IsFinite((float)curve.Losses[^1]) || curve.Rates.Count < 59);
        Assert.InRange(curve.Valley, 1e-7, 1e4);
        // and the model can be trained as if nothing had been
        using var optimiser = Optimiser.Sgd(groups);
        Assert.Equal(3, new Trainer(optimiser, device).Fit(new Noise(model, device), 1).Steps);
    }

    [Fact]
    public void A_search_of_a_fine_tuning_puts_back_what_is_frozen_too()
    {
        var model = new SmallModel();
        model.Freeze("conv1");
        var norm = model.Descendants().OfType<BatchNorm2d>().Single();
        norm.Policy = BatchNormPolicy.AlwaysBatchStatistics;
        bool[] frozen = [.. model.Parameters().Select(static parameter => parameter.IsFrozen)];
        float[][] before = Numbers(model);
        var options = new FineTuneOptions { Epochs = 2, FrozenEpochs = 1, LearningRate = 0.1, BatchNorm = BatchNormPolicy.FollowFreezing };
        var tuner = new FineTuner(model, device, options);
        var curve = tuner.FindRate(new Noise(model, device), new RateFinder { Steps = 30 }, tuner.Phases[1]);
        Assert.True(curve.HasSuggestions);
        Assert.Equal(before, Numbers(model));
        Assert.Equal(frozen, model.Parameters().Select(static parameter => parameter.IsFrozen));
        Assert.Equal(BatchNormPolicy.AlwaysBatchStatistics, norm.Policy);
        // of a head alone with what is below kept, and without
        float[] kept = Losses(new SmallModel(), TrunkCacheMode.Memory), whole = Losses(new SmallModel(), TrunkCacheMode.Off);
        Assert.Equal(whole, kept);

        float[] Losses(SmallModel fresh, TrunkCacheMode mode) =>
            [.. new FineTuner(fresh, device, options with { Cache = mode }).FindRate(new StagedNoise(fresh), new RateFinder { Steps = 30 }).Losses.Select(static loss => (float)loss)];
    }

    [Fact]
    public void Impossible_settings_and_short_curves_are_refused()
    {
        var model = new LinearModel();
        var groups = new ParameterGroups(model);
        var data = new Noise(model, device);
        Assert.Throws<InvalidOperationException>(() => new RateFinder().Find(groups, OptimiserKind.Sgd, data, device));
        groups.Rates(0.1);
        foreach (var finder in new[] { new RateFinder { Lowest = 0 }, new RateFinder { Highest = 1e-8 }, new RateFinder { Steps = 1 }, new RateFinder { Divergence = 1 } })
            Assert.Throws<ArgumentException>(() => finder.Find(groups, OptimiserKind.Sgd, data, device));
        var curve = new RateCurve([1e-3, 1e-2, 1e-1], [1, 0.5, 2]);
        Assert.False(curve.HasSuggestions);
        Assert.Throws<InvalidOperationException>(() => curve.Valley);
        Assert.Throws<ArgumentException>(() => new RateCurve([1e-3], []));
    }

    private static float[][] Numbers(SmallModel model) => [.. model.Parameters().Concat(model.Buffers()).Select(static tensor => tensor.Value.ToArray())];

    private static void AssertNear(double expected, double actual) => Assert.Equal(1, actual / expected, 1e-6);
}
