using Graft.Models;
using Graft.Tensors;

namespace Graft.Transfer.Tests;

/// <summary>What each strategy lets learn, at which rates, and that it leaves the rest alone.</summary>
public sealed class StrategyTests : IDisposable
{
    private static readonly string[] Five = ["stem", "layer1", "layer2", "layer3", "head"];

    private readonly CpuDevice device = new(1);

    public static TheoryData<string> Names => [.. FineTuneStrategy.All.Select(static strategy => strategy.Name)];

    public void Dispose() => device.Dispose();

    [Theory]
    [InlineData("fine-tune", 1, 5, "head 1: head x1 /2 | all 5: stem-head x0.5 /2")]
    [InlineData("fine-tune", 0, 3, "all 3: stem-head x1 /2")]
    [InlineData("fine-tune", 2, 0, "head 2: head x1 /2")]
    [InlineData("fastai", 1, 5, "head 1: head x1 /1 | all 5: stem-head x0.5 /3.1622776601683795")]
    [InlineData("linear-probe", 1, 5, "head 6: head x4 /1")]
    [InlineData("full", 1, 5, "all 6: stem-head x1 /1")]
    [InlineData("discriminative", 1, 5, "all 6: stem-head x1 /2")]
    [InlineData("gradual-unfreezing", 1, 7, "head 1: head x4 /2 | from layer3 1: layer3-head x1 /2 | from layer2 1: layer2-head x1 /2 | from layer1 1: layer1-head x1 /2 | all 4: stem-head x0.5 /2")]
    [InlineData("gradual-unfreezing", 0, 3, "head 1: head x4 /2 | from layer2 1: layer2-head x1 /2 | all 1: stem-head x0.5 /2")]
    [InlineData("gradual-unfreezing", 0, 1, "all 1: stem-head x1 /2")]
    [InlineData("chain-thaw", 1, 7, "head 1: head x4 /1 | stem 1: stem-stem x0.5 /1 | layer1 1: layer1-layer1 x0.5 /1 | layer2 1: layer2-layer2 x0.5 /1 | layer3 1: layer3-layer3 x0.5 /1 | all 3: stem-head x0.5 /1")]
    [InlineData("chain-thaw", 0, 4, "head 1: head x4 /1 | stem to layer1 1: stem-layer1 x0.5 /1 | layer2 to layer3 1: layer2-layer3 x0.5 /1 | all 1: stem-head x0.5 /1")]
    [InlineData("chain-thaw", 0, 2, "head 1: head x4 /1 | all 1: stem-head x0.5 /1")]
    [InlineData("lp-ft", 1, 4, "head 3: head x4 /1 | all 2: stem-head x0.5 /1")]
    [InlineData("lp-ft", 0, 1, "head 1: head x4 /1")]
    public void Phases(string name, int frozen, int epochs, string expected)
    {
        var phases = FineTuneStrategy.Named(name).Phases(new StrategySetting(Five, frozen, epochs, RateDecayPerStage: 2, HeadRateFactor: 4));
        Assert.Equal(expected, string.Join(" | ", phases.Select(static phase => FormattableString.Invariant(
            $"{phase.Name} {phase.Epochs}: {(phase.Stages.Count == 1 && phase.Stages[0] == "head" ? "head" : $"{phase.Stages[0]}-{phase.Stages[^1]}")} x{phase.RateFactor} /{phase.RateDecayPerStage}"))));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_strategy_trains_the_same_number_of_epochs_however_few_and_leaves_no_stage_for_ever_but_a_probe(string name)
    {
        for (int stages = 1; stages <= 14; stages++)
        {
            for (int total = 1; total <= 20; total++)
            {
                string[] all = [.. Enumerable.Range(0, stages).Select(static stage => $"stage{stage}")];
                var phases = FineTuneStrategy.Named(name).Phases(new StrategySetting(all, 0, total, 1.5, 2));
                Assert.Equal(total, phases.Sum(static phase => phase.Epochs));
                Assert.All(phases, phase => Assert.Equal(all.Where(phase.Stages.Contains), phase.Stages));
                if (name != "linear-probe" && (name, total) != ("lp-ft", 1)) Assert.Equal(all, phases[^1].Stages);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void What_is_below_the_frontier_keeps_every_bit_and_each_step_has_the_planned_rates(string name)
    {
        var model = new SmallModel { IsHeadNew = true };
        var options = new FineTuneOptions
        {
            Strategy = FineTuneStrategy.Named(name),
            Epochs = 4,
            FreezeBelow = "middle",
            LearningRate = 0.1,
            HeadRateFactor = 3,
            RateDecayPerStage = 2.5,
            WeightDecay = 0.1,
        };
        var before = Snapshot(model);
        var rates = new Rates();
        var tuner = new FineTuner(model, device, options) { Observers = [rates] };
        var report = tuner.FineTune(new Noise(model, device));
        var after = Snapshot(model);

        foreach (string key in before.Keys.Where(static key => key.StartsWith("conv1.", StringComparison.Ordinal))) Assert.Equal(before[key], after[key]);
        Assert.NotEqual(before["fc.weight"], after["fc.weight"]);
        Assert.Equal(name != "linear-probe", !before["conv2.weight"].SequenceEqual(after["conv2.weight"]));
        var expected = new List<(int Phase, int Step, double Middle, double Head)>();
        foreach (var (index, phase) in tuner.Phases.Index())
        {
            int steps = 3 * phase.Epochs;
            var schedule = phase.Schedule(steps);
            for (int step = 0; step < steps; step++)
            {
                double head = 0.1 * phase.RateFactor, factor = schedule.FactorAt((double)step / steps);
                expected.Add((index, step, phase.Stages.Contains("middle") ? head / phase.RateDecayPerStage * factor : 0, phase.Stages.Contains("head") ? head * factor : 0));
            }
        }
        Assert.Equal(expected, rates.Seen);
        Assert.Equal((tuner.Phases.Count - 1, 3 * tuner.Phases[^1].Epochs), (tuner.PhaseIndex, tuner.StepsInPhase));
        Assert.Equal(
            tuner.Phases.SelectMany(static phase => Enumerable.Repeat((phase.Stages[0], phase.Stages[^1] == "head" ? null : phase.Stages[^1]), phase.Epochs)),
            report.Epochs.Select(static epoch => (epoch.LearningFrom, epoch.LearningTo)));
        Assert.Equal(tuner.Phases.SelectMany(static (phase, index) => Enumerable.Repeat(index, phase.Epochs)), report.Epochs.Select(static epoch => epoch.Phase));
    }

    [Fact]
    public void A_stage_that_is_frozen_by_name_has_no_phase_of_its_own()
    {
        var model = new SmallModel();
        model.Freeze("conv1");
        var tuner = new FineTuner(model, device, new FineTuneOptions { Strategy = FineTuneStrategy.ChainThaw, Epochs = 3, FrozenEpochs = 0 });
        Assert.Equal(["head", "middle", "all"], tuner.Phases.Select(static phase => phase.Name));
        model.Freeze();
        var error = Assert.Throws<ArgumentException>(() => new FineTuner(model, device, new FineTuneOptions { FreezeBelow = "middle" }));
        Assert.Equal("every parameter of small from 'middle' on is frozen by name, so there is nothing to learn: unfreeze some (Module.Unfreeze)", error.Message);
    }

    [Fact]
    public void A_strategy_of_the_callers_own()
    {
        var backwards = new FineTuneStrategy("backwards", "the stem alone", static setting =>
            [new FineTunePhase { Name = "stem", Epochs = setting.TotalEpochs, Stages = [setting.Stages[0]], Schedule = static _ => Schedule.Constant }]);
        var model = new SmallModel();
        var before = Snapshot(model);
        var rates = new RateRecorder();
        new FineTuner(model, device, new FineTuneOptions { Strategy = backwards, Epochs = 1, LearningRate = 0.1 }) { Observers = [rates] }.FineTune(new Noise(model, device));
        var after = Snapshot(model);
        Assert.Equal(before["fc.weight"], after["fc.weight"]);
        Assert.NotEqual(before["conv1.weight"], after["conv1.weight"]);
        Assert.All(rates.Rates, static rate => Assert.Equal(0.1, rate));
    }

    [Fact]
    public void Impossible_plans_are_refused()
    {
        var model = new SmallModel();
        Assert.Equal(
            "there is no strategy 'lpft' (nearest: lp-ft); there are fine-tune, fastai, linear-probe, full, discriminative, gradual-unfreezing, chain-thaw, lp-ft",
            Assert.Throws<ArgumentException>(() => FineTuneStrategy.Named("lpft")).Message);
        Assert.Contains("has no phase for 0 and 0 epochs", Refused(FineTuneStrategy.Full), StringComparison.Ordinal);
        Assert.Contains("has 0 epochs", Refused(Of(new FineTunePhase { Name = "none", Epochs = 0, Stages = ["head"] })), StringComparison.Ordinal);
        Assert.Contains("no stage learns", Refused(Of(new FineTunePhase { Name = "none", Epochs = 1, Stages = [] })), StringComparison.Ordinal);
        Assert.Contains("no stage 'tail'", Refused(Of(new FineTunePhase { Name = "none", Epochs = 1, Stages = ["tail"] })), StringComparison.Ordinal);
        Assert.Contains("a factor is above 0", Refused(Of(new FineTunePhase { Name = "none", Epochs = 1, Stages = ["head"], RateFactor = 0 })), StringComparison.Ordinal);

        string Refused(FineTuneStrategy strategy) =>
            Assert.Throws<ArgumentException>(() => new FineTuner(model, device, new FineTuneOptions { Strategy = strategy, Epochs = 0 })).Message;

        static FineTuneStrategy Of(FineTunePhase phase) => new("own", "", _ => [phase]);
    }

    private static Dictionary<string, float[]> Snapshot(Model model) =>
        model.Parameters().Concat(model.Buffers()).ToDictionary(tensor => tensor.Name, tensor => tensor.Value.ToArray());

    /// <summary>The phase, the step in it, and the rate of each group that learns: 0 of one that does not.</summary>
    private sealed class Rates : TrainingObserver
    {
        public List<(int Phase, int Step, double Middle, double Head)> Seen { get; } = [];

        public override void StepStarting(TrainingContext context) =>
            Seen.Add((context.PhaseIndex, context.StepInPhase, RateOf(context, context.Groups["middle"]), RateOf(context, context.Groups["head"])));

        private static double RateOf(TrainingContext context, ParameterGroup group) => group.IsFrozen ? 0 : group.Rate * context.RateFactor;
    }
}
