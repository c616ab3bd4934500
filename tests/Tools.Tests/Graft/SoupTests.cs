namespace Graft.Tools.Tests;

public sealed class SoupTests(Workplace place) : IClassFixture<Workplace>
{
    [Fact]
    public void Saved_classifiers_are_averaged_all_or_those_that_help()
    {
        GraftLine.Run(place.FineTune("a", "--epochs", "1")).AssertDoneQuietly();
        GraftLine.Run(place.FineTune("b", "--epochs", "1", "--sam-rho", "0.05", "--mixup", "0.2",
            "--class-weights", "balanced", "--sampling", "balanced", "--ema-decay", "0.9")).AssertDoneQuietly();
        var all = GraftLine.Run("soup", place.In("a"), place.In("b"), "--out", place.In("all"), "--json").AssertDone();
        Assert.Equal(2, all.GetProperty("used").GetArrayLength());
        var greedy = GraftLine.Run("soup", place.In("a"), place.In("b"), "--out", place.In("greedy"), "--data", place.Data, "--json").AssertDone();
        Assert.True(greedy.GetProperty("accuracy").GetDouble() >= greedy.GetProperty("models").EnumerateArray().Max(static model => model.GetProperty("accuracy").GetDouble()));
        Assert.Equal(
            greedy.GetProperty("accuracy").GetDouble(),
            GraftLine.Run("evaluate", "--model", place.In("greedy"), "--data", place.Data, "--json").AssertDone().GetProperty("accuracy").GetDouble());
        var told = GraftLine.Run("soup", place.In("a"), place.In("a"), "--out", place.In("same"), "--data", place.Data);
        told.AssertDoneQuietly();
        Assert.Contains("the mean of 2 of 2 models: ", told.Output, StringComparison.Ordinal);

        GraftLine.Run("soup", place.In("a"), "--out", place.In("one")).AssertFailed(2, "two models at least");
        GraftLine.Run("soup", place.In("a"), place.In("none"), "--out", place.In("one")).AssertFailed(2, "is no folder of a saved model");
    }

    [Fact]
    public void A_recipe_is_cross_validated_before_everything_is_learnt_from()
    {
        var crossed = GraftLine.Run(place.FineTune("crossed", "--epochs", "1", "--folds", "2", "--json")).AssertDone().GetProperty("crossValidation");
        Assert.Equal(2, crossed.GetProperty("parts").GetArrayLength());
        Assert.InRange(crossed.GetProperty("accuracy").GetDouble(), 0, 1);
        var told = GraftLine.Run(place.FineTune("told", "--epochs", "1", "--folds", "2"));
        told.AssertDoneQuietly();
        Assert.Contains("part 2/2: ", told.Error, StringComparison.Ordinal);
        Assert.Contains("cross-validation in 2 parts: ", told.Output, StringComparison.Ordinal);
        GraftLine.Run(place.FineTune("many", "--epochs", "1", "--folds", "50")).AssertFailed(2, "--folds 50: 16 examples are too few for 50 parts");
        GraftLine.Run(place.FineTune("bad", "--folds", "1")).AssertFailed(2, "--folds is a whole number from 2 up");
    }
}
