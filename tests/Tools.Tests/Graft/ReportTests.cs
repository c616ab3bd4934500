using System.Text.Json;

namespace Graft.Tools.Tests;

public sealed class ReportTests(Workplace place) : IClassFixture<Workplace>
{
    [Fact]
    public void A_report_of_pictures_is_a_page_and_its_figures()
    {
        string target = place.In("report");
        var said = GraftLine.Run(Line(target, "--arms", "scratch,linear-probe", "--seeds", "2", "--shares", "none", "--json")).AssertDone();
        Assert.Equal(["scratch", "linear-probe"], said.GetProperty("arms").EnumerateArray().Select(static arm => arm.GetProperty("name").GetString()));
        Assert.Contains("points", said.GetProperty("verdict").GetString(), StringComparison.Ordinal);
        string page = File.ReadAllText(said.GetProperty("page").GetString()!);
        Assert.Contains("<h1", page, StringComparison.Ordinal);
        using var figures = JsonDocument.Parse(File.ReadAllBytes(said.GetProperty("figures").GetString()!));
        // a quarter of the sixteen pictures was kept for the test
        Assert.Equal((12, 4), (figures.RootElement.GetProperty("trainingExamples").GetInt32(), figures.RootElement.GetProperty("testExamples").GetInt32()));
        Assert.Equal("linear-probe", figures.RootElement.GetProperty("verdictArm").GetString());
    }

    [Fact]
    public void A_fine_tuning_reports_what_the_transfer_was_worth()
    {
        string folder = place.In("with-report");
        string[] how = ["--epochs", "1", "--frozen-epochs", "0", "--held-out", "0.5", "--report", folder, "--report-seeds", "1", "--json"];
        var said = GraftLine.Run(place.FineTune("with-model", how)).AssertDone();
        Assert.StartsWith("undecided", said.GetProperty("report").GetProperty("verdict").GetString(), StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(folder, "report.html")) && File.Exists(Path.Combine(folder, "report.json")));
        GraftLine.Run(place.FineTune("refused", "--report", place.Data)).AssertFailed(2, "--report");
    }

    [Fact]
    public void What_cannot_be_is_refused_before_any_work()
    {
        string target = place.In("refused-report");
        GraftLine.Run(Line(target, "--arms", "scratch,ful")).AssertFailed(2, "'ful'", "(nearest: full)");
        GraftLine.Run(Line(target, "--shares", "0.5,1.5")).AssertFailed(2, "(0, 1)", "'1.5'");
        GraftLine.Run(Line(target, "--minutes", "0")).AssertFailed(2, "--minutes is a number above 0");
        GraftLine.Run(Line(target, "--seeds", "0")).AssertFailed(2, "--seeds");
        GraftLine.Run(Line(place.In("data", "report"))).AssertFailed(2, "lies in the folder of pictures");
        Assert.False(Directory.Exists(target));
    }

    private string[] Line(string target, params string[] more) =>
    [
        "report", "--model", "cifar-resnet20", "--weights", place.Weights, "--data", place.Data, "--out", target, "--epochs", "1", "--frozen-epochs", "0", "--batch-size", "8", .. more,
    ];
}
