using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Graft.Transfer;

namespace Graft.Tasks.Tests;

[Collection(nameof(ReportFixture))]
public sealed class ReportPageTests(ReportFixture reports)
{
    private static readonly string[] Outside = ["src", "href", "srcset", "data", "action", "xlink:href", "poster", "background"];

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_page_is_well_formed_and_asks_for_nothing(bool isPictures)
    {
        string html = ReportPage.Of(isPictures ? reports.Pictures : reports.Texts);
        var page = Parse(html);
        Assert.DoesNotContain("http:", html, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("https:", html, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("url(", html, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("@import", html, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(page.Descendants(), static element => element.Name.LocalName is "script" or "link" or "iframe" or "object" or "embed" or "base" or "form");
        foreach (var attribute in page.Descendants().SelectMany(static element => element.Attributes()))
        {
            Assert.False(attribute.Name.LocalName.StartsWith("on", StringComparison.Ordinal), attribute.ToString());
            if (Outside.Contains(attribute.Name.LocalName)) Assert.StartsWith("data:image/jpeg;base64,", attribute.Value, StringComparison.Ordinal);
        }
        // numbers that are none are said as such and not as they are printed
        Assert.DoesNotContain(page.Descendants().SelectMany(static element => element.Attributes()), static attribute => attribute.Value.Contains("NaN", StringComparison.Ordinal));
        Assert.DoesNotContain(">NaN", html, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void It_can_be_read_without_seeing_it(bool isPictures)
    {
        var page = Parse(ReportPage.Of(isPictures ? reports.Pictures : reports.Texts));
        Assert.Equal("en", page.Attribute("lang")?.Value);
        Assert.Single(page.Descendants("h1"));
        var pictures = page.Descendants("svg").ToList();
        Assert.True(pictures.Count >= 6);
        Assert.All(pictures, static svg =>
        {
            Assert.Equal("img", svg.Attribute("role")?.Value);
            Assert.False(string.IsNullOrWhiteSpace(svg.Attribute("aria-label")?.Value));
            Assert.Equal("title", svg.Elements().First().Name.LocalName);
        });
        Assert.All(page.Descendants("th"), static heading => Assert.Contains(heading.Attribute("scope")?.Value, new[] { "col", "row" }));
        Assert.All(page.Descendants("img"), static image => Assert.False(string.IsNullOrWhiteSpace(image.Attribute("alt")?.Value)));
        // a wide table scrolls within itself
        Assert.All(page.Descendants("table"), static table => Assert.Equal("scroll", table.Parent?.Attribute("class")?.Value));
    }

    [Fact]
    public void What_data_say_is_text_and_never_markup()
    {
        string html = ReportPage.Of(reports.Pictures), texts = ReportPage.Of(reports.Texts);
        Assert.Contains("blue &amp; &lt;b&gt;", html, StringComparison.Ordinal);
        Assert.Contains("&lt;bad&gt;", texts, StringComparison.Ordinal);
        Assert.Contains("good &amp; fine", texts, StringComparison.Ordinal);
        string text = Parse(texts).Descendants("p").First(static one => one.Attribute("class")?.Value == "text").Value;
        Assert.Equal(string.Concat(reports.Texts.Worst[0].Pieces.Select(static piece => piece.Text)), text);
        Assert.Equal("a&quot;&lt;&#39;\ufffd&amp;\ufffd ", Markup.Escape("a\"<'\u0001&\ud800\n"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Every_figure_of_the_json_is_on_the_page(bool isPictures)
    {
        var report = isPictures ? reports.Pictures : reports.Texts;
        string folder = reports.Folder[isPictures ? "pictures" : "texts"];
        TransferReportFiles.Write(report, folder);
        Assert.Equal(["report.html", "report.json"], Directory.GetFiles(folder).Select(Path.GetFileName).Order());
        string html = File.ReadAllText(Path.Combine(folder, "report.html"));
        var cells = Parse(html).Descendants().SelectMany(static element => Regex.Split(element.Value, "[\\s ]")).ToHashSet();
        using var json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "report.json")));
        var root = json.RootElement;
        foreach (var arm in root.GetProperty("arms").EnumerateArray())
        {
            foreach (string name in new[] { "accuracy", "accuracySpread", "calibrationError" }) AssertShown(Say.Percent(Number(arm, name)), name);
            AssertShown(Say.Number(Number(arm, "loss")), "loss");
            if (arm.GetProperty("forgetting") is { ValueKind: JsonValueKind.Object } forgetting) AssertShown(Say.Percent(Number(forgetting, "agreement")), "agreement");
            foreach (var stage in arm.GetProperty("stages").EnumerateArray())
            {
                AssertShown(Say.Number(Number(stage, "movement")), "movement");
                if (stage.GetProperty("alignment").ValueKind == JsonValueKind.Number) AssertShown(Say.Number(Number(stage, "alignment")), "alignment");
            }
            var full = arm.GetProperty("runs").EnumerateArray().Where(run => run.GetProperty("examples").GetInt32() == report.TrainingExamples).ToList();
            for (int epoch = 0; epoch < report.Epochs; epoch++)
                AssertShown(Say.Percent(full.Average(run => Number(run.GetProperty("epochs")[epoch], "accuracy"))), "an epoch's accuracy");
            foreach (var size in arm.GetProperty("runs").EnumerateArray().GroupBy(static run => run.GetProperty("examples").GetInt32()))
                AssertShown(Say.Percent(size.Average(static run => Number(run, "accuracy"))), "the accuracy of a share");
        }
        foreach (var row in root.GetProperty("alignment").GetProperty("beforeByAfter").EnumerateArray())
            foreach (var value in row.EnumerateArray()) AssertShown(Say.Number(value.GetDouble()), "alignment");
        foreach (var row in root.GetProperty("confusion").EnumerateArray())
            foreach (var count in row.EnumerateArray()) AssertShown(Say.Count(count.GetInt32()), "confusion");
        foreach (var bin in root.GetProperty("calibration").GetProperty("bins").EnumerateArray().Where(static bin => bin.GetProperty("count").GetInt32() > 0))
        {
            AssertShown(Say.Percent(Number(bin, "confidence")), "confidence");
            AssertShown(Say.Percent(Number(bin, "accuracy")), "a bin's accuracy");
        }
        foreach (var worst in root.GetProperty("worst").EnumerateArray()) AssertShown(Say.Number(Number(worst, "loss")), "a loss");
        var verdict = root.GetProperty("verdict");
        AssertShown(Say.Percent(Number(verdict, "halfWidth")), "half a width");
        Assert.Contains(Say.Percent(Math.Abs(Number(verdict, "difference"))), html, StringComparison.Ordinal);
        Assert.Equal(report.Verdict!.ToString(), verdict.GetProperty("sentence").GetString());

        void AssertShown(string figure, string what) => Assert.True(cells.Any(cell => cell.Trim('(', ')', ',', '.', ';', '%', '+') == figure), $"{what} {figure} is not on the page");
    }

    [Fact]
    public void The_headline_says_what_was_found()
    {
        foreach (var (outcome, headline, style) in new[]
        {
            (TransferOutcome.Helped, "The transfer helped by 12.0 ± 2.0 points", "good"), (TransferOutcome.NegativeTransfer, "Negative transfer: worse by 12.0 ± 2.0 points", "bad"),
            (TransferOutcome.Neutral, "Neutral: +12.0 ± 2.0 points", "calm"), (TransferOutcome.Undecided, "Undecided: +12.0 points by one seed", "calm"),
        })
        {
            var report = reports.Pictures with { Verdict = new TransferVerdict(outcome, 0.12, 0.02, 0.95, 24, 2, 4, IsSavingLeast: true) };
            var said = Say.Verdict(report);
            Assert.Equal((headline, style), (said.Headline, said.Style));
            if (outcome == TransferOutcome.Helped)
                Assert.EndsWith("At most 1/4 of the examples are enough for what training from scratch reaches with all 24.", said.Lead, StringComparison.Ordinal);
            Assert.Contains($"<h1 class=\"{style}\">{headline}</h1>", ReportPage.Of(report), StringComparison.Ordinal);
        }
        Assert.StartsWith("No verdict", Say.Verdict(reports.Pictures with { Verdict = null }).Headline, StringComparison.Ordinal);
    }

    [Fact]
    public void Many_classes_are_a_list_of_what_is_confused_most()
    {
        string[] names = [.. Enumerable.Range(0, 30).Select(static number => $"class{number}")];
        var report = reports.Pictures with { Classes = names, Confusion = ConfusionMatrix.Of([0, 1, 1, 2], [0, 29, 29, 3], 30) };
        var rows = Parse(ReportPage.Of(report)).Descendants("tr").Select(static row => string.Join('|', row.Elements().Select(static cell => cell.Value))).ToList();
        Assert.Contains("class1|class29|2", rows);
        Assert.Contains("class2|class3|1", rows);
    }

    [Fact]
    public void Axes_have_round_marks()
    {
        Assert.Equal([0, 0.25, 0.5, 0.75, 1], new Axis(0, 1, 0, 100).Marks(4));
        Assert.Equal(50, new Axis(10, 1000, 0, 100, IsLogarithmic: true).At(100), 1e-9);
        var around = Axis.Around([0.62, 0.91, double.NaN], 100, 0, least: 0, most: 1);
        Assert.True(around is { Low: <= 0.6 and >= 0, High: >= 0.91 and <= 1 });
        Assert.Equal(1, Axis.Around([1, 1], 0, 1, most: 1).High);
        Assert.True(Axis.Around([1, 1], 0, 1, most: 1).Low < 1);
    }

    private static XElement Parse(string html) => XDocument.Parse(html.Replace("<!DOCTYPE html>", "", StringComparison.Ordinal), System.Xml.Linq.LoadOptions.PreserveWhitespace).Root!;

    private static double Number(JsonElement element, string name) => element.GetProperty(name) is { ValueKind: JsonValueKind.Number } number ? number.GetDouble() : double.NaN;
}
