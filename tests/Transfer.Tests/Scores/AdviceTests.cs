namespace Graft.Transfer.Tests;

/// <summary>What is proposed of stages' scores, and how candidates are thinned out.</summary>
public sealed class AdviceTests
{
    [Theory]
    // the best stage is the trunk's last
    [InlineData("0.3 0.5 0.9", 30, 2, "layer2", "head", "linear-probe", 2.6)]
    [InlineData("0.3 0.5 0.9", 200, 2, "layer2", "layer2", "lp-ft", 2.6)]
    [InlineData("0.3 0.5 0.9", 1000, 2, "layer2", null, "fine-tune", 2.6)]
    // a lower one suits as well: what stands above it has to change
    [InlineData("0.3 0.9 0.6", 30, 2, "layer1", "layer2", "lp-ft", 1.5)]
    [InlineData("0.3 0.9 0.6", 200, 2, "layer1", "layer1", "lp-ft", 1.5)]
    [InlineData("0.3 0.9 0.6", 400, 2, "layer1", null, "fine-tune", 1.5)]
    [InlineData("0.9 0.5 0.6", 100, 2, "stem", null, "fine-tune", 1.5)]
    // 0.86 is within sqrt(0.9 * 0.1 / 30) = 0.055 of the best, 0.84 is not; with 400 examples neither is
    [InlineData("0.3 0.86 0.9", 30, 2, "layer1", "layer2", "lp-ft", 1.5)]
    [InlineData("0.3 0.84 0.9", 30, 2, "layer2", "head", "linear-probe", 2.6)]
    [InlineData("0.3 0.86 0.9", 400, 2, "layer2", null, "fine-tune", 2.6)]
    // 20 examples a class are some, 200 are many
    [InlineData("0.3 0.5 0.9", 39, 2, "layer2", "head", "linear-probe", 2.6)]
    [InlineData("0.3 0.5 0.9", 40, 2, "layer2", "layer2", "lp-ft", 2.6)]
    [InlineData("0.3 0.5 0.9", 399, 2, "layer2", "layer2", "lp-ft", 2.6)]
    public void Depth_and_rates_follow_from_the_probes(string accuracies, int examples, int classes, string best, string? below, string strategy, double decay)
    {
        string[] stages = ["stem", "layer1", "layer2"];
        var trunk = accuracies.Split(' ').Select((accuracy, at) => Score(stages[at], double.Parse(accuracy, System.Globalization.CultureInfo.InvariantCulture)));
        var advice = FreezingAdvice.Of([.. trunk], "head", examples, classes);
        Assert.Equal((best, below, strategy, decay), (advice.BestStage, advice.FreezeBelow, advice.Strategy.Name, advice.RateDecayPerStage));
        Assert.Contains($"{best}", advice.Reason, StringComparison.Ordinal);
        Assert.Contains(below ?? "everything may learn", below == "head" ? advice.Reason.Replace("the head alone", "head", StringComparison.Ordinal) : advice.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_trunk_or_a_class_there_is_no_advice()
    {
        Assert.Throws<ArgumentException>(() => FreezingAdvice.Of([], "head", 10, 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => FreezingAdvice.Of([Score("stem", 0.5)], "head", 10, 0));
    }

    [Fact]
    public void The_better_half_goes_on_for_twice_the_epochs()
    {
        var report = SuccessiveHalving.Run([3, 8, 5, 9, 1], mostEpochs: 4, static (candidate, epochs) => new Evaluation(10, candidate, 1.0 / epochs), static () => false);
        Assert.Equal((9, 3), (report.Chosen, report.Rounds));
        Assert.Equal(
            [(3, 1), (8, 1), (5, 1), (9, 1), (1, 1), (9, 2), (8, 2), (5, 2), (9, 4), (8, 4)],
            report.Trials.Select(static trial => (trial.Candidate, trial.Epochs)));
        Assert.Equal(0.25, report.Trials[^1].Evaluation.Loss);
    }

    [Fact]
    public void The_epochs_end_it_with_several_left()
    {
        var report = SuccessiveHalving.Run([1, 2, 3, 4, 5, 6, 7, 8], mostEpochs: 3, static (candidate, _) => new Evaluation(10, candidate, 1), static () => false);
        Assert.Equal((8, 3), (report.Chosen, report.Rounds));
        Assert.Equal([1, 2, 3], report.Trials.Select(static trial => trial.Epochs).Distinct());
        var one = SuccessiveHalving.Run(["alone"], mostEpochs: 8, static (_, _) => new Evaluation(1, 1, 0), static () => false);
        Assert.Equal(("alone", 1), (one.Chosen, one.Trials.Count));
    }

    /// <summary>As right, the lower loss goes first, one that is no number last; equal in all, the preferred one.</summary>
    [Fact]
    public void Losses_decide_where_as_much_is_right()
    {
        Assert.Equal("b", Best([("a", 0.5), ("b", 0.4), ("c", double.NaN)]));
        Assert.Equal("a", Best([("a", 0.5), ("b", 0.5)]));
        Assert.Equal("b", Best([("a", double.NaN), ("b", 9)]));

        static string Best((string Name, double Loss)[] candidates) =>
            SuccessiveHalving.Run(candidates, 1, static (candidate, _) => new Evaluation(10, 5, candidate.Loss), static () => false).Chosen.Name;
    }

    /// <summary>A round that the time cut off decides nothing.</summary>
    [Theory]
    [InlineData(0, 3, 0)]
    [InlineData(2, 3, 0)]
    [InlineData(4, 9, 1)]
    [InlineData(5, 9, 1)]
    [InlineData(6, 8, 2)]
    public void The_time_ends_it(int trainings, int chosen, int rounds)
    {
        int done = 0;
        // what leads after one epoch falls behind after two
        var report = SuccessiveHalving.Run([3, 8, 5, 9], 8, (candidate, epochs) => new Evaluation(10, candidate == 9 && epochs > 1 ? 2 : candidate, 1), () => done++ >= trainings);
        Assert.Equal((chosen, rounds, trainings), (report.Chosen, report.Rounds, report.Trials.Count));
    }

    [Fact]
    public void Nothing_to_choose_from_is_refused()
    {
        Assert.Throws<ArgumentException>(() => SuccessiveHalving.Run(Array.Empty<int>(), 1, static (_, _) => new Evaluation(1, 1, 0), static () => false));
        Assert.Throws<ArgumentOutOfRangeException>(() => SuccessiveHalving.Run([1], 0, static (_, _) => new Evaluation(1, 1, 0), static () => false));
    }

    private static StageScore Score(string stage, double accuracy) => new(stage, 8, 0, 0, new LinearProbeScore(accuracy, 1, 1));
}
