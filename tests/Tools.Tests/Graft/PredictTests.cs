namespace Graft.Tools.Tests;

public sealed class PredictTests(Workplace place) : IClassFixture<Workplace>
{
    [Fact]
    public void Files_and_folders_are_predicted_in_their_order()
    {
        string single = Workplace.Paint(place.In("more", "big.ppm"), 90, 1, side: 50);
        var report = GraftLine.Run(
            "predict", single, place.Data, "--model", "cifar-resnet20", "--weights", place.Weights, "--top", "3", "--threads", "1", "--json").AssertDone();
        var predictions = report.GetProperty("predictions").EnumerateArray().ToList();
        Assert.Equal(17, predictions.Count);
        Assert.Equal(single, predictions[0].GetProperty("path").GetString());
        Assert.Equal(place.In("data", "bright", "0.ppm"), predictions[1].GetProperty("path").GetString());
        foreach (var prediction in predictions)
        {
            var classes = prediction.GetProperty("classes").EnumerateArray().ToList();
            Assert.Equal(3, classes.Count);
            Assert.Equal(prediction.GetProperty("label").GetString(), classes[0].GetProperty("label").GetString());
            Assert.Equal(prediction.GetProperty("probability").GetDouble(), classes[0].GetProperty("probability").GetDouble());
            Assert.True(classes[0].GetProperty("probability").GetDouble() >= classes[1].GetProperty("probability").GetDouble());
            Assert.InRange(classes.Sum(one => one.GetProperty("probability").GetDouble()), 0.3, 1 + 1e-9);
        }

        var all = GraftLine.Run("predict", single, "--model", "cifar-resnet20", "--weights", place.Weights, "--top", "99", "--json").AssertDone();
        Assert.Equal(1, all.GetProperty("predictions")[0].GetProperty("classes").EnumerateArray().Sum(one => one.GetProperty("probability").GetDouble()), 9);
    }

    [Fact]
    public void For_people_there_is_a_line_for_each_picture()
    {
        var run = GraftLine.Run("predict", place.In("data", "dark"), "--model", "cifar-resnet20", "--weights", place.Weights, "--top", "2");
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        string[] lines = run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(8, lines.Length);
        Assert.Matches(@"0\.ppm: \w+ [\d.]+ %, \w+ [\d.]+ %$", lines[0]);
    }

    [Fact]
    public void A_picture_that_cannot_be_decoded_is_told_of_and_the_rest_goes_on()
    {
        var files = Enumerable.Range(0, 140).Select(i => Workplace.Paint(place.In("mixed", $"{i:000}.ppm"), 20 + i, i)).ToList();
        File.WriteAllText(files[3], "no picture");
        File.WriteAllBytes(files[100], []);
        string[] args = ["predict", place.In("mixed"), "--model", "cifar-resnet20", "--weights", place.Weights];
        var run = GraftLine.Run([.. args, "--json"]);
        var predictions = run.AssertDone(exitCode: 1).GetProperty("predictions").EnumerateArray().ToList();
        Assert.Equal(files, predictions.Select(prediction => prediction.GetProperty("path").GetString()));
        Assert.Equal([3, 100], Enumerable.Range(0, 140).Where(i => predictions[i].TryGetProperty("error", out _)));
        Assert.DoesNotContain(predictions, prediction => prediction.TryGetProperty("error", out _) == prediction.TryGetProperty("label", out _));
        string[] lines = run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, lines.Length);
        Assert.Contains("003.ppm: ", lines[0], StringComparison.Ordinal);
        Assert.Contains("100.ppm: the file is empty", lines[1], StringComparison.Ordinal);

        // what stands around a broken picture does not change what is made of the others
        File.Delete(files[3]);
        File.Delete(files[100]);
        var clean = GraftLine.Run([.. args, "--json"]).AssertDone().GetProperty("predictions").EnumerateArray();
        Assert.Equal(
            predictions.Where(prediction => prediction.TryGetProperty("label", out _)).Select(prediction => prediction.GetRawText()),
            clean.Select(prediction => prediction.GetRawText()));
    }

    [Fact]
    public void Wrong_input_is_one_line()
    {
        string[] model = ["--model", "cifar-resnet20", "--weights", place.Weights];
        GraftLine.Run(["predict", .. model]).AssertFailed(2, "IMAGE");
        GraftLine.Run(["predict", place.In("no.png"), .. model]).AssertFailed(2, "no.png");
        GraftLine.Run(["predict", Directory.CreateDirectory(place.In("empty")).FullName, .. model]).AssertFailed(2, "has no pictures");
        GraftLine.Run(["predict", place.Data, .. model, "--top", "0"]).AssertFailed(2, "--top");
        // one that nobody publishes weights of
        GraftLine.Run("predict", place.Data, "--model", "googlenet_aux").AssertFailed(2, "--weights FILE");
        GraftLine.Run("predict", place.Data, "--model", place.Data).AssertFailed(2, "config.json");
        GraftLine.Run("predict", place.Data, "--model", place.Weights).AssertFailed(2, "--weights");
        GraftLine.Run(new CancellationToken(canceled: true), ["predict", place.Data, .. model]).AssertFailed(130, "interrupted");
    }
}
