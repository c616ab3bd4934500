namespace Graft.Tools.Tests;

public sealed class DemoCommandTests
{
    [Fact]
    public void The_demo_tells_three_arms_and_fine_tuning_is_well_ahead_of_nothing()
    {
        var result = GraftLine.Run("demo", "--runs", "1", "--threads", "2", "--json").AssertDone();
        var arms = result.GetProperty("arms").EnumerateArray().ToList();
        Assert.Equal(["trained from scratch", "frozen trunk, new head", "fine-tuned, discriminative rates"], arms.Select(arm => arm.GetProperty("name").GetString()));
        double[] accuracies = [.. arms.Select(arm => arm.GetProperty("accuracyMean").GetDouble())];
        Assert.True(accuracies[2] > accuracies[0] + 0.1, $"fine-tuning {accuracies[2]}, from scratch {accuracies[0]}");
        Assert.Equal([269_722, 650, 269_722], arms.Select(arm => arm.GetProperty("trainableParameters").GetInt64()));
        Assert.All(arms, arm => Assert.True(arm.GetProperty("seconds").GetDouble() > 0));
        Assert.All(arms, arm => Assert.Equal(0, arm.GetProperty("accuracyStd").GetDouble()));
    }

    [Fact]
    public void Impossible_options_are_refused() => GraftLine.Run("demo", "--runs", "0").AssertFailed(2, "--runs is a whole number");

    [Fact]
    public void An_interrupted_demo_says_so()
    {
        using var source = new CancellationTokenSource();
        source.Cancel();
        Assert.Equal(130, GraftLine.Run(source.Token, "demo").ExitCode);
    }
}
