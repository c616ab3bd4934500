namespace Graft.Tools.Tests;

public sealed class FewShotTests(Workplace place) : IClassFixture<Workplace>
{
    [Fact]
    public void Classes_are_learnt_from_a_picture_each_kept_and_added_to()
    {
        string classes = place.In("classes.safetensors"), few = place.In("few");
        Workplace.Paint(Path.Combine(few, "bright", "0.ppm"), 200, 0);
        Workplace.Paint(Path.Combine(few, "dark", "0.ppm"), 20, 0);
        string[] model = ["few-shot", "--model", "cifar-resnet20", "--weights", place.Weights];
        var learnt = GraftLine.Run([.. model, "--examples", few, "--out", classes]);
        Assert.Contains("bright (1), dark (1)", learnt.Output, StringComparison.Ordinal);
        var answers = GraftLine.Run([.. model, place.Data, "--classes", classes, "--json"]).AssertDone();
        Assert.Equal(["bright", "dark"], answers.GetProperty("classes").EnumerateArray().Select(static one => one.GetProperty("label").GetString()));
        foreach (var one in answers.GetProperty("predictions").EnumerateArray())
            Assert.Contains(one.GetProperty("label").GetString()!, one.GetProperty("path").GetString()!, StringComparison.Ordinal);

        Workplace.Paint(place.In("more", "grey", "0.ppm"), 110, 0);
        Workplace.Paint(place.In("more", "dark", "1.ppm"), 20, 1);
        var added = GraftLine.Run([.. model, place.In("more"), "--classes", classes, "--examples", place.In("more"), "--top", "1"]);
        Assert.Contains("bright (1), dark (2), grey (1)", added.Output, StringComparison.Ordinal);
        Assert.Matches(@"grey.0\.ppm: grey \d", added.Output);
        File.WriteAllText(place.In("more", "grey", "broken.ppm"), "P6");
        var broken = GraftLine.Run([.. model, place.In("more", "grey", "broken.ppm"), place.In("more", "grey", "0.ppm"), "--classes", classes]);
        Assert.Equal(1, broken.ExitCode);
        Assert.Contains("broken.ppm", broken.Error, StringComparison.Ordinal);
        Assert.Contains("0.ppm: ", broken.Output, StringComparison.Ordinal);

        GraftLine.Run([.. model, place.Data]).AssertFailed(2, "there are no classes");
        GraftLine.Run([.. model, "--classes", classes]).AssertFailed(2, "there is nothing to do");
        GraftLine.Run([.. model, place.Data, "--classes", classes, "--metric", "cosine"]).AssertFailed(2, "leave --metric out");
        GraftLine.Run([.. model, "--examples", few, "--out", place.Folder]).AssertFailed(2, "is a folder: give the name of a file");
        GraftLine.Run([.. model, place.Data, "--classes", place.Weights]).AssertFailed(2, "holds no classes");
    }

    [Theory]
    [InlineData("prototypes")]
    [InlineData("maml")]
    [InlineData("maml-zero-head")]
    public void A_model_learns_to_learn_and_its_trunk_goes_on(string method)
    {
        string data = place.In($"levels-{method}"), trunk = place.In($"{method}.safetensors");
        for (int level = 0; level < 8; level++)
            for (int number = 0; number < 4; number++) Workplace.Paint(Path.Combine(data, $"level{level}", $"{number}.ppm"), 25 * level + 5, number);
        // wherever it is, among what is learnt or what is tested, it is left out
        File.WriteAllText(Path.Combine(data, "level5", "broken.ppm"), "P6");
        string[] line = ["meta-learn", "--model", "conv4-28", "--from-scratch", "--data", data, "--out", trunk, "--method", method, "--ways", "2", "--queries", "2", "--episodes", "12", "--test-episodes", "8"];
        var told = GraftLine.Run([.. line, "--json"]).AssertDone();
        Assert.Equal((6, 2), (told.GetProperty("classes").GetInt32(), told.GetProperty("heldOutClasses").GetInt32()));
        Assert.Equal(12, told.GetProperty("steps").GetInt32());
        var test = Assert.Single(told.GetProperty("tests").EnumerateArray());
        Assert.Equal((2, 1, 8), (test.GetProperty("ways").GetInt32(), test.GetProperty("shots").GetInt32(), test.GetProperty("episodes").GetInt32()));
        Assert.InRange(test.GetProperty("accuracy").GetDouble(), 0.5, 1);
        Assert.Contains("left out: ", GraftLine.Run([.. line, "--seed", "1"]).Error, StringComparison.Ordinal);
        GraftLine.Run("few-shot", "--model", "conv4-28", "--weights", trunk, "--examples", place.Data, "--metric", "euclidean", "--out", place.In($"{method}-classes.safetensors")).AssertDoneQuietly();
        Assert.Contains("2-way 1-shot: ", GraftLine.Run([.. line, "--held-out-classes", "3"]).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_missing_or_wrong_is_said()
    {
        string[] line = ["meta-learn", "--model", "conv4-28", "--from-scratch", "--data", place.Data, "--out", place.In("never.safetensors")];
        GraftLine.Run(line).AssertFailed(2, "has 2 classes, of which 2 cannot be held out");
        GraftLine.Run([.. line, "--test", place.Data]).AssertFailed(2, "ask for fewer classes or examples");
        GraftLine.Run([.. line, "--test", place.Data, "--held-out-classes", "2"]).AssertFailed(2, "give one of them");
        GraftLine.Run([.. line, "--method", "prototypes", "--inner-rate", "0.1"]).AssertFailed(2, "--inner-rate goes with methods that learn by steps");
        GraftLine.Run([.. line, "--method", "reptil"]).AssertFailed(2, "nearest: reptile");
        GraftLine.Run([.. line, "--learning-rate", "0"]).AssertFailed(2, "--learning-rate is a number above 0");
        Assert.False(File.Exists(place.In("never.safetensors")));
    }
}
