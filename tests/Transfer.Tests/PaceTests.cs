namespace Graft.Transfer.Tests;

public sealed class PaceTests
{
    [Fact]
    public void The_rest_is_told_by_the_median_of_the_steps_after_the_first_ones_and_by_the_validations()
    {
        var pace = new Pace();
        foreach (double seconds in new[] { 9.0, 4, 2 })
        {
            pace.Step(seconds);
            Assert.Null(pace.Of(10, 0, 0));
        }
        foreach (double seconds in new[] { 0.5, 0.5, 30, 0.5 }) pace.Step(seconds);
        Assert.Equal(5, pace.Of(10, 0, 0)!.Value.TotalSeconds, 6);
        // a step of the whole costs about three of the head
        Assert.Equal(5 + 15, pace.Of(10, 10, 0)!.Value.TotalSeconds, 6);
        pace.Validation(7);
        Assert.Equal(5 + 14, pace.Of(10, 0, 2)!.Value.TotalSeconds, 6);
        pace.BeginPhase();
        Assert.Null(pace.Of(10, 0, 2));
    }

    [Fact]
    public void Options_out_of_their_range_are_refused_by_their_names()
    {
        var good = new FineTuneOptions();
        good.Validate();
        foreach (var (bad, name) in new (FineTuneOptions, string)[]
        {
            (good with { LearningRate = 0 }, "LearningRate"), (good with { LearningRate = double.NaN }, "LearningRate"),
            (good with { RateDecayPerStage = -1 }, "RateDecayPerStage"), (good with { Momentum = 1 }, "Momentum"),
            (good with { WeightDecay = double.PositiveInfinity }, "WeightDecay"), (good with { ClipNorm = 0 }, "ClipNorm"), (good with { Epochs = -1 }, "Epochs"),
        })
            Assert.Equal(name, Assert.Throws<ArgumentOutOfRangeException>(bad.Validate).ParamName);
    }
}
