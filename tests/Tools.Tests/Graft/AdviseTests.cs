namespace Graft.Tools.Tests;

public sealed class AdviseTests(Workplace place) : IClassFixture<Workplace>
{
    [Fact]
    public void Stages_are_measured_and_a_line_comes_of_it()
    {
        string[] line = ["advise", "cifar-resnet20", "--weights", place.Weights, "--data", place.Data, "--seed", "3"];
        var report = GraftLine.Run([.. line, "--json"]).AssertDone();
        Assert.Equal(["stem", "layer1", "layer2", "layer3"], report.GetProperty("stages").EnumerateArray().Select(static stage => stage.GetProperty("stage").GetString()));
        foreach (var stage in report.GetProperty("stages").EnumerateArray()) Assert.InRange(stage.GetProperty("probeAccuracy").GetDouble(), 0, 1);
        Assert.True(report.GetProperty("leep").GetDouble() <= 0);
        // eight bright and eight dark pictures: the stem tells them apart, and with so few examples it stays as it is
        Assert.Equal("stem", report.GetProperty("bestStage").GetString());
        Assert.Equal("layer1", report.GetProperty("freezeBelow").GetString());
        string command = report.GetProperty("command").GetString()!;
        Assert.StartsWith($"graft fine-tune --model cifar-resnet20 --weights {place.Weights} --data {place.Data} --strategy lp-ft --freeze-below layer1", command, StringComparison.Ordinal);
        // and the line is one
        GraftLine.Run([.. command.Split(' ')[1..^1], place.In("advised"), "--epochs", "1", "--batch-size", "8", "--json"]).AssertDone();
        var table = GraftLine.Run(line);
        table.AssertDoneQuietly();
        Assert.Contains("linear probe", table.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Recipes_are_tried_for_some_minutes()
    {
        string[] line = ["advise", "cifar-resnet20", "--weights", place.Weights, "--data", place.Data, "--seed", "3", "--minutes", "5", "--epochs", "2", "--json"];
        var report = GraftLine.Run(line).AssertDone();
        Assert.Equal(2, report.GetProperty("rounds").GetInt32());
        Assert.Equal(12 + 6, report.GetProperty("trials").GetArrayLength());
    }

    [Fact]
    public void Texts_are_measured_too()
    {
        string encoder = Graft.Testing.TinyEncoder.Write(place.In("advised-encoder"));
        File.WriteAllLines(place.In("moods.tsv"), ["text\tlabel", .. Enumerable.Range(0, 24).Select(static index => index % 2 == 0 ? "the film is good\tgood" : "the book was awful\tbad")]);
        var report = GraftLine.Run("advise", encoder, "--task", "text-classification", "--data", place.In("moods.tsv"), "--json").AssertDone();
        Assert.Equal(["embeddings", "layer0", "layer1"], report.GetProperty("stages").EnumerateArray().Select(static stage => stage.GetProperty("stage").GetString()));
        Assert.Equal(System.Text.Json.JsonValueKind.Null, report.GetProperty("leep").ValueKind);
    }
}
