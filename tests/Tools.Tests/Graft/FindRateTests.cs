namespace Graft.Tools.Tests;

public sealed class FindRateTests(Workplace place) : IClassFixture<Workplace>
{
    [Fact]
    public void Four_rates_come_of_it_and_nothing_is_changed_but_the_plots()
    {
        byte[] before = File.ReadAllBytes(place.Weights);
        string[] data = Directory.GetFiles(place.Data, "*", SearchOption.AllDirectories);
        var report = GraftLine.Run(FindRate("--steps", "40", "--plot", place.In("curve"), "--json")).AssertDone();
        Assert.Equal("head", report.GetProperty("phase").GetString());
        Assert.Equal("head", report.GetProperty("learningFrom").GetString());
        var suggestions = report.GetProperty("suggestions");
        foreach (string name in (string[])["valley", "slide", "steepest", "minimum"]) Assert.InRange(suggestions.GetProperty(name).GetDouble(), 1e-9, 10);
        Assert.Equal(suggestions.GetProperty("valley").GetDouble(), report.GetProperty("learningRate").GetDouble());
        Assert.Equal(report.GetProperty("steps").GetInt32(), report.GetProperty("losses").GetArrayLength());
        Assert.Equal(1e-7, report.GetProperty("rates")[0].GetDouble());
        Assert.Equal(before, File.ReadAllBytes(place.Weights));
        Assert.Equal(data, Directory.GetFiles(place.Data, "*", SearchOption.AllDirectories));

        byte[] png = File.ReadAllBytes(place.In("curve.png"));
        Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], png[..4]);
        string svg = File.ReadAllText(place.In("curve.svg"));
        Assert.Contains("<svg", svg, StringComparison.Ordinal);
        Assert.DoesNotContain("http", svg.Replace("http://www.w3.org/", "", StringComparison.Ordinal), StringComparison.Ordinal);
        _ = System.Xml.Linq.XDocument.Parse(svg);

        // what is drawn follows from the seed
        Assert.Equal(report.GetProperty("losses").ToString(), GraftLine.Run(FindRate("--steps", "40", "--json", "--threads", "1")).AssertDone().GetProperty("losses").ToString());
    }

    [Fact]
    public void A_phase_is_tried_by_its_name_and_for_people_there_is_a_table()
    {
        var run = GraftLine.Run(FindRate("--phase", "all", "--steps", "20"));
        run.AssertDoneQuietly();
        Assert.Contains("valley", run.Output, StringComparison.Ordinal);
        Assert.Contains("steps of the phase 'all' (from stem up)", run.Output, StringComparison.Ordinal);
        GraftLine.Run(FindRate("--phase", "body")).AssertFailed(2, "has no phase 'body'; in order there are head, all");
    }

    [Fact]
    public void Texts_have_rates_too()
    {
        string encoder = Graft.Testing.TinyEncoder.Write(place.In("encoder"));
        File.WriteAllLines(place.In("moods.tsv"), ["text\tlabel", .. Enumerable.Range(0, 24).Select(static index => index % 2 == 0 ? "the film is good\tgood" : "the book was awful\tbad")]);
        var report = GraftLine.Run(
            "find-rate", "--task", "text-classification", "--model", encoder, "--data", place.In("moods.tsv"), "--steps", "40", "--highest", "1", "--json").AssertDone();
        Assert.InRange(report.GetProperty("learningRate").GetDouble(), 1e-9, 1);
    }

    [Fact]
    public void What_cannot_be_is_refused()
    {
        GraftLine.Run(FindRate("--plot", place.In("curve.gif"))).AssertFailed(2, "has to end in .png or .svg");
        GraftLine.Run(FindRate("--plot", place.In("nowhere", "curve.png"))).AssertFailed(2, "its folder is not there");
        GraftLine.Run(FindRate("--lowest", "1", "--highest", "0.5")).AssertFailed(2, "--highest has to be above --lowest");
        GraftLine.Run(FindRate("--steps", "3")).AssertFailed(2, "--steps is a whole number from 10");
    }

    private string[] FindRate(params string[] more) => ["find-rate", "--model", "cifar-resnet20", "--weights", place.Weights, "--data", place.Data, "--batch-size", "8", "--seed", "3", .. more];
}
