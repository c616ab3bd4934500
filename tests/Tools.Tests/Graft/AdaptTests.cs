namespace Graft.Tools.Tests;

public sealed class AdaptTests(Workplace place) : IClassFixture<Workplace>
{
    [Fact]
    public void A_classifier_is_adapted_beside_its_source_and_without_it()
    {
        string target = Target(), start = place.In("start");
        GraftLine.Run(place.FineTune("start", "--epochs", "2")).AssertDoneQuietly();
        var dann = GraftLine.Run(
            "adapt", "--method", "dann", "--model", start, "--source", place.Data, "--target", target, "--out", place.In("dann"), "--epochs", "1", "--batch-size", "8", "--held-out", "0.25", "--json").AssertDone();
        Assert.Equal("dann", dann.GetProperty("method").GetString());
        var told = dann.GetProperty("target");
        Assert.InRange(told.GetProperty("proxyDistance").GetDouble(), 0, 2);
        Assert.True(told.TryGetProperty("expectedError", out _));
        Assert.Equal(2, told.GetProperty("answers").EnumerateObject().Count());
        GraftLine.Run("evaluate", "--model", place.In("dann"), "--data", place.Data).AssertDoneQuietly();

        var norms = GraftLine.Run("adapt", "--method", "adabn", "--model", start, "--target", target, "--out", place.In("adabn"));
        norms.AssertDoneQuietly();
        Assert.Contains("adabn on 8 pictures", norms.Output, StringComparison.Ordinal);
        var tent = GraftLine.Run("adapt", "--method", "tent", "--model", start, "--target", target, "--out", place.In("tent"), "--batch-size", "8", "--json").AssertDone();
        Assert.Equal(1, tent.GetProperty("steps").GetInt32());
        Assert.True(tent.GetProperty("after").GetProperty("entropy").GetDouble() < tent.GetProperty("before").GetProperty("entropy").GetDouble() + 0.5);
        // an adapted model is one like any other
        GraftLine.Run("predict", "--model", place.In("tent"), Path.Combine(target, "0.ppm")).AssertDoneQuietly();
    }

    [Fact]
    public void A_run_that_is_adapted_goes_on_where_it_ended()
    {
        string target = Target();
        string[] line = ["adapt", "--method", "cdan-e", "--model", "cifar-resnet20", "--weights", place.Weights, "--source", place.Data, "--target", target, "--epochs", "2", "--batch-size", "8", "--seed", "3"];
        GraftLine.Run([.. line, "--out", place.In("whole")]).AssertDoneQuietly();
        GraftLine.Run([.. line, "--out", place.In("halves"), "--keep-checkpoints", "9", "--checkpoint-every", "1"]).AssertDoneQuietly();
        string checkpoints = Path.Combine(place.In("halves"), "checkpoints");
        foreach (string late in Directory.GetDirectories(checkpoints).Order(StringComparer.Ordinal).Skip(3)) Directory.Delete(late, recursive: true);
        GraftLine.Run([.. line, "--out", place.In("halves"), "--resume"]).AssertDoneQuietly();
        Assert.Equal(File.ReadAllBytes(Path.Combine(place.In("whole"), "model.safetensors")), File.ReadAllBytes(Path.Combine(place.In("halves"), "model.safetensors")));
    }

    [Fact]
    public void What_is_missing_or_too_much_is_said()
    {
        string target = Target(), source = place.Data;
        string[] line = ["adapt", "--model", "cifar-resnet20", "--weights", place.Weights, "--out", place.In("never")];
        GraftLine.Run([.. line, "--source", source, "--target", target]).AssertFailed(2, "say how with --method: dann, cdan");
        GraftLine.Run([.. line, "--source", source, "--target", target, "--method", "dana"]).AssertFailed(2, "nearest: ");
        GraftLine.Run([.. line, "--source", source, "--method", "dann"]).AssertFailed(2, "give their folder with --target");
        GraftLine.Run([.. line, "--target", target, "--method", "dann"]).AssertFailed(2, "with --source");
        GraftLine.Run([.. line, "--source", source, "--target", target, "--method", "adabn"]).AssertFailed(2, "leave --source out");
        GraftLine.Run([.. line, "--target", place.In("nowhere"), "--method", "adabn"]).AssertFailed(2, "there is no such folder");
        GraftLine.Run([.. line, "--source", source, "--target", target, "--method", "dann", "--adapt-threshold", "0.5"]).AssertFailed(2, "has no threshold");
        GraftLine.Run([.. line, "--source", source, "--target", target, "--method", "dann", "--max-length", "5"]).AssertFailed(2, "--max-length");
        Assert.False(Directory.Exists(place.In("never")));
    }

    private string Target()
    {
        for (int i = 0; i < 8; i++) Workplace.Paint(place.In("target", $"{i}.ppm"), i % 2 == 0 ? 120 : 60, i);
        return place.In("target");
    }
}
