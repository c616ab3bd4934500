using Graft.Models;
using Graft.Tensors;

namespace Graft.Transfer.Tests;

/// <summary>Cycles of momenta and schedules of single groups, step by step.</summary>
public sealed class OwnScheduleTests : IDisposable
{
    private readonly CpuDevice device = new(1);

    public void Dispose() => device.Dispose();

    /// <summary>Against the published formulas (<c>Golden/fastai.py</c>).</summary>
    [Fact]
    public void Rates_and_momenta_of_every_step_are_those_of_fastais_fine_tune()
    {
        var seen = new Steps();
        var model = new SmallModel { IsHeadNew = true };
        var options = new FineTuneOptions { Strategy = FineTuneStrategy.Fastai, Epochs = 3, LearningRate = 2e-3, Optimiser = OptimiserKind.AdamW };
        new FineTuner(model, device, options) { Observers = [seen] }.FineTune(new Noise(model, device));
        Assert.Equal(FastaiTable.Steps.Length, seen.Rows.Count);
        foreach (var (expected, actual) in FastaiTable.Steps.Zip(seen.Rows))
        {
            Assert.Equal(expected.Length, actual.Length);
            for (int i = 0; i < expected.Length; i++) Assert.InRange(Math.Abs(actual[i] - expected[i]), 0, 1e-12 * Math.Max(expected[i], 1e-8));
        }
    }

    [Fact]
    public void Beside_or_in_place_of_the_fits_schedule()
    {
        var model = new SmallModel();
        var groups = new ParameterGroups(model);
        groups.Rates([0.1, 0.2, 0.4]);
        groups["stem"].Schedule = GroupSchedule.Beside(Schedule.Linear(1, 0.5));
        groups["middle"].Schedule = GroupSchedule.InPlace(Schedule.Linear(0.2, 1));
        var seen = new Steps();
        using var optimiser = Optimiser.Sgd(groups);
        new Trainer(optimiser, device) { Observers = [seen] }.Fit(new Noise(model, device, batches: 4), 1, Schedule.Linear(1, 0));
        for (int step = 0; step < 4; step++)
        {
            double position = step / 4.0, fit = 1 - position;
            Assert.Equal([0.1 * fit * (1 - 0.5 * position), 0.2 * (0.2 + 0.8 * position), 0.4 * fit], seen.Rows[step][..3].Select(static rate => rate), new Close(1e-12));
        }
    }

    [Fact]
    public void What_an_observer_does_to_the_rate_holds_for_a_schedule_in_its_place()
    {
        var model = new SmallModel();
        var groups = new ParameterGroups(model);
        groups.Rates(0.1);
        groups["middle"].Schedule = GroupSchedule.InPlace(Schedule.Constant);
        using var optimiser = Optimiser.Sgd(groups);
        var seen = new Steps();
        new Trainer(optimiser, device) { Observers = [new Halve(), seen] }.Fit(new Noise(model, device, batches: 2), 1, Schedule.Linear(1, 0.5));
        Assert.Equal([0.05, 0.05, 0.05], seen.Done[0], new Close(1e-12));
        Assert.Equal([0.0375, 0.05, 0.0375], seen.Done[1], new Close(1e-12));
    }

    [Theory]
    [InlineData("sgd")]
    [InlineData("nesterov")]
    [InlineData("adamw")]
    [InlineData("adam")]
    [InlineData("rmsprop")]
    [InlineData("lamb")]
    [InlineData("lion")]
    public void A_momentum_that_is_set_is_the_one_of_an_optimiser_made_with_it(string name)
    {
        float[][] weights = [.. new[] { false, true }.Select(isSet =>
        {
            var model = new SmallModel();
            var groups = new ParameterGroups(model);
            groups.Rates(0.01);
            using var optimiser = OptimiserKind.Named(name).Create(groups, new OptimiserOptions { Momentum = isSet ? 0.9 : 0.6 });
            if (isSet) optimiser.Momentum = 0.6;
            new Trainer(optimiser, device).Fit(new Noise(model, device), 2);
            return model.Parameters().SelectMany(static one => one.Value.ToArray()).ToArray();
        })];
        Assert.Equal(weights[0], weights[1]);
    }

    [Fact]
    public void Impossible_momenta_are_refused()
    {
        using var optimiser = Optimiser.Sgd(new ParameterGroups(new SmallModel()));
        Assert.Throws<ArgumentOutOfRangeException>(() => optimiser.Momentum = 1);
        Assert.Throws<ArgumentOutOfRangeException>(() => optimiser.Momentum = double.NaN);
        optimiser.Momentum = null;
    }

    /// <summary>Rates fall from layer to layer of a text encoder as they do from stage to stage of a network for pictures.</summary>
    [Fact]
    public void Layer_wise_decay_of_a_text_encoder()
    {
        using var model = PretrainedModel.Create(JsonFile.Parse("""
            {"architectures": ["BertForSequenceClassification"], "model_type": "bert", "vocab_size": 20, "hidden_size": 8, "num_hidden_layers": 3,
             "num_attention_heads": 2, "intermediate_size": 16, "max_position_embeddings": 12}
            """u8.ToArray(), "config.json"));
        var groups = new ParameterGroups(model);
        groups.Rates(head: 1, decayPerStage: 1.1);
        string[] layers = [.. Enumerable.Range(0, 3).Select(layer => groups.Single(group => group.Parameters.Any(one => one.Name.Contains($"layer.{layer}.", StringComparison.Ordinal))).Name)];
        Assert.Equal(3, layers.Distinct().Count());
        Assert.Equal(groups.Count, groups.Select(static group => group.Rate).Distinct().Count());
        for (int i = 1; i < groups.Count; i++) Assert.Equal(1.1, groups[i].Rate / groups[i - 1].Rate, 1e-12);
        Assert.Equal("head", groups[^1].Name);
        Assert.Equal(model.Parameters().Count(), groups.Sum(static group => group.Parameters.Count));
    }

    private sealed class Halve : TrainingObserver
    {
        public override void StepStarting(TrainingContext context) => context.RateFactor /= 2;
    }

    /// <summary>The rates of stem, middle and head, 0 of what does not learn, and the momentum.</summary>
    private sealed class Steps : TrainingObserver
    {
        public List<double[]> Rows { get; } = [];

        public List<double[]> Done { get; } = [];

        public override void StepStarting(TrainingContext context) =>
            Rows.Add([.. context.Groups.Select(group => group.IsFrozen ? 0 : context.RateOf(group)), context.Momentum ?? double.NaN]);

        public override void StepDone(TrainingContext context) => Done.Add([.. context.Groups.Select(context.RateOf)]);
    }

    private sealed class Close(double tolerance) : IEqualityComparer<double>
    {
        public bool Equals(double x, double y) => Math.Abs(x - y) <= tolerance;

        public int GetHashCode(double number) => 0;
    }
}
