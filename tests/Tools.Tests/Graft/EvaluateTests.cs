using Graft.Testing;

namespace Graft.Tools.Tests;

public sealed class EvaluateTests(Workplace place) : IClassFixture<Workplace>
{
    // PyTorch's count with the same weights on the same files
    private const int Reference = 1614;

    [Fact]
    public void Published_weights_do_as_well_as_under_PyTorch()
    {
        var report = GraftLine.Run(
            "evaluate", "--model", "cifar-resnet20", "--weights", RealData.Require("cifar-resnet/resnet20-12fca82f.th"),
            "--data", RealData.Require("cifar10-jpeg/test"), "--json").AssertDone();
        Assert.Equal(2000, report.GetProperty("examples").GetInt32());
        int correct = report.GetProperty("correct").GetInt32();
        Assert.InRange(correct, Reference - 3, Reference + 3);
        Assert.Equal(correct / 2000.0, report.GetProperty("accuracy").GetDouble());
        Assert.InRange(report.GetProperty("loss").GetDouble(), 0.5, 1.5);
        var classes = report.GetProperty("classes").EnumerateArray().ToList();
        Assert.Equal("airplane", classes[0].GetProperty("label").GetString());
        Assert.All(classes, one => Assert.Equal(200, one.GetProperty("examples").GetInt32()));
        Assert.Equal(correct, classes.Sum(one => one.GetProperty("correct").GetInt32()));
    }

    [Fact]
    public void For_people_there_is_a_table_of_classes()
    {
        foreach (string name in new[] { "cat", "dog" }) Workplace.Paint(place.In("animals", name, "0.ppm"), 50, 0);
        var run = GraftLine.Run("evaluate", "--model", "cifar-resnet20", "--weights", place.Weights, "--data", place.In("animals"));
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Matches(@"cat +1 +[01] +(0|100)\.0 %", run.Output);
        Assert.Matches(@"cifar-resnet20: [01] of 2 correct", run.Output);
    }

    [Fact]
    public void Weights_and_answers_that_are_not_finite_are_refused()
    {
        var model = Graft.Models.ModelRegistry.Create("cifar-resnet20");
        var head = model.Stages[^1].Modules.SelectMany(module => module.Parameters()).First();
        head.Value.CopyFrom(Enumerable.Repeat(float.NaN, (int)head.Shape.ElementCount).ToArray());
        model.Save(place.In("broken.safetensors"));
        Workplace.Paint(place.In("cats", "cat", "0.ppm"), 50, 0);
        string[] weights = ["--model", "cifar-resnet20", "--weights", place.In("broken.safetensors"), "--json"];
        foreach (string[] command in (string[][])[["evaluate", "--data", place.In("cats"), .. weights], ["predict", place.In("cats", "cat", "0.ppm"), .. weights]])
        {
            GraftLine.Run(command).AssertFailed(2, "linear.weight (640 of 640 not finite)", "--allow-non-finite");
            var run = GraftLine.Run([.. command, "--allow-non-finite"]);
            Assert.Equal((1, ""), (run.ExitCode, run.Output));
            Assert.Contains("0.ppm: the network makes of it numbers that are not finite", run.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Wrong_input_is_one_line()
    {
        string[] With(string data, params string[] model) => ["evaluate", "--data", data, "--json", .. model];
        string[] published = ["--model", "cifar-resnet20", "--weights", place.Weights];
        GraftLine.Run(With(place.Data, published)).AssertFailed(2, "'bright'", "airplane");
        GraftLine.Run(With(place.In("data", "dark"), published)).AssertFailed(2, "sub-folder");
        GraftLine.Run(With(place.In("none"), published)).AssertFailed(2, "none");
        GraftLine.Run(With(place.Data, "--model", "googlenet_aux")).AssertFailed(2, "--weights FILE");
        GraftLine.Run(With(place.Data, "--model", "cifar-resnet2O")).AssertFailed(2, "cifar-resnet2O");
        GraftLine.Run(With(place.Data, [.. published, "--epochs", "3"])).AssertFailed(2, "--epochs");
        GraftLine.Run(["evaluate", .. published]).AssertFailed(2, "--data");
    }
}
