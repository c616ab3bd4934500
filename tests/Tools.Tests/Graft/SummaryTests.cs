using Graft.Testing;

namespace Graft.Tools.Tests;

/// <summary><c>graft summary</c>: what would learn, for people and as JSON.</summary>
public sealed class SummaryTests(Workplace place) : IClassFixture<Workplace>
{
    [Fact]
    public void Of_an_architecture_with_a_new_head()
    {
        var json = GraftLine.Run("summary", "cifar-resnet20", "--classes", "2", "--strategy", "gradual-unfreezing", "--epochs", "5", "--freeze", "stem", "--json").AssertDone();
        Assert.Equal("gradual-unfreezing", json.GetProperty("strategy").GetString());
        var phases = json.GetProperty("phases").EnumerateArray().ToList();
        Assert.Equal(["head", "from layer3", "from layer2", "all"], phases.Select(static phase => phase.GetProperty("name").GetString()));
        Assert.Equal(6, phases.Sum(static phase => phase.GetProperty("epochs").GetInt32()));
        Assert.Equal(130, phases[0].GetProperty("trainable").GetInt64());
        var stem = phases[^1].GetProperty("stages")[0];
        Assert.Equal(("stem", 0), (stem.GetProperty("name").GetString(), stem.GetProperty("trainable").GetInt64()));
        long[] totals = [.. phases.Select(static phase => phase.GetProperty("memory").GetProperty("total").GetInt64())];
        Assert.Equal(totals.Order(), totals);
        Assert.True(phases[^1].GetProperty("memory").GetProperty("activations").GetInt64() > 10 * phases[0].GetProperty("memory").GetProperty("activations").GetInt64());
    }

    [Fact]
    public void For_people_and_of_texts()
    {
        var run = GraftLine.Run("summary", "cifar-resnet20", "--optimiser", "adamw");
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Contains("phase 1 of 1: all, epochs 5", run.Output, StringComparison.Ordinal);
        Assert.Contains("batch statistics", run.Output, StringComparison.Ordinal);
        Assert.Contains("cifar-resnet20: fine-tune, adamw", run.Output, StringComparison.Ordinal);

        string encoder = TinyEncoder.Write(place.In("encoder"));
        var text = GraftLine.Run("summary", encoder, "--strategy", "lp-ft", "--examples", "40", "--json").AssertDone();
        Assert.Equal([5, 5], text.GetProperty("phases").EnumerateArray().Select(static phase => phase.GetProperty("epochs").GetInt32()));
        double rate = 5e-5 * 768 / 32;
        Assert.Equal(20 * rate, text.GetProperty("phases")[0].GetProperty("stages").EnumerateArray().Last().GetProperty("rate").GetDouble(), 1e-12);
        Assert.All(text.GetProperty("phases")[1].GetProperty("stages").EnumerateArray(), stage => Assert.Equal(rate / 2, stage.GetProperty("rate").GetDouble(), 1e-12));
    }

    [Fact]
    public void What_cannot_be_is_refused()
    {
        GraftLine.Run("summary", "cifar-resnet21").AssertFailed(2, "(nearest: cifar-resnet20)");
        GraftLine.Run("summary", "cifar-resnet20", "--freeze", "stem..layer9").AssertFailed(2, "--freeze stem..layer9");
        GraftLine.Run("summary", "cifar-resnet20", "--freeze", "..").AssertFailed(2, "there is nothing to learn");
        GraftLine.Run("summary", "cifar-resnet20", "--strategy", "lpft").AssertFailed(2, "(nearest: lp-ft)");
    }
}
