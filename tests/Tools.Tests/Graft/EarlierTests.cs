namespace Graft.Tools.Tests;

public sealed class EarlierTests(Workplace place) : IClassFixture<Workplace>
{
    [Fact]
    public void Earlier_pictures_are_kept_by_elastic_weights_and_learnt_again()
    {
        string first = place.In("first");
        GraftLine.Run(place.FineTune("first", "--epochs", "1")).AssertDoneQuietly();
        string[] line = ["fine-tune", "--model", first, "--data", place.Data, "--batch-size", "8", "--seed", "3", "--epochs", "1"];
        string[] kept = ["--earlier", place.Data, "--elastic-weights", "0.5", "--elastic-examples", "4", "--replay", "2"];
        var done = GraftLine.Run([.. line, .. kept, "--out", place.In("kept"), "--json"]).AssertDone();
        Assert.True(done.GetProperty("steps").GetInt32() > 0);
        var recipe = File.ReadAllText(Path.Combine(place.In("kept"), "graft.json"));
        Assert.Contains("\"elastic_weights\": 0.5", recipe, StringComparison.Ordinal);
        GraftLine.Run([.. line, "--out", place.In("plain")]).AssertDoneQuietly();
        Assert.NotEqual(File.ReadAllBytes(Path.Combine(place.In("kept"), "model.safetensors")), File.ReadAllBytes(Path.Combine(place.In("plain"), "model.safetensors")));

        GraftLine.Run([.. line, "--out", place.In("never"), "--replay", "2"]).AssertFailed(2, "give those, or leave them out");
        GraftLine.Run([.. line, "--out", place.In("never"), "--earlier", place.Data]).AssertFailed(2, "nothing is said of what to do");
        GraftLine.Run([.. line, "--out", place.In("never"), "--earlier", place.In("nowhere"), "--replay", "2"]).AssertFailed(2, "there is no such folder");
        GraftLine.Run(place.FineTune("never", "--earlier", place.Data, "--replay", "2")).AssertFailed(2, "has learnt nothing of these classes yet");
        Assert.False(Directory.Exists(place.In("never")));
    }
}
