namespace Graft.Tools.Tests;

/// <summary>Folders as they come: with pictures that cannot be read, with files that are none, with classes of other names.</summary>
public sealed class BadPicturesTests(Workplace place) : IClassFixture<Workplace>
{
    private string[] Model => ["--model", "cifar-resnet20", "--weights", place.Weights];

    [Fact]
    public void Evaluate_names_what_it_cannot_read_and_counts_the_rest()
    {
        for (int i = 0; i < 10; i++) Workplace.Paint(place.In("some", i % 2 == 0 ? "cat" : "dog", $"{i}.ppm"), 20 * i, i);
        var clean = GraftLine.Run(["evaluate", .. Model, "--data", place.In("some"), "--json"]).AssertDone();
        File.WriteAllText(place.In("some", "cat", "bad.png"), "no picture");
        File.WriteAllBytes(place.In("some", "dog", "empty.jpg"), []);
        File.WriteAllText(place.In("some", "dog", "scan.tif"), "II*");
        Directory.CreateDirectory(place.In("some", "frog"));
        Workplace.Paint(place.In("some", "__MACOSX", "0.ppm"), 20, 1);

        var run = GraftLine.Run(["evaluate", .. Model, "--data", place.In("some"), "--json"]);
        var report = run.AssertDone(exitCode: 1);
        foreach (string figure in new[] { "examples", "correct", "accuracy", "loss" })
            Assert.Equal(clean.GetProperty(figure).GetDouble(), report.GetProperty(figure).GetDouble());
        var unreadable = report.GetProperty("unreadable").EnumerateArray().Select(one => Path.GetFileName(one.GetProperty("path").GetString()));
        Assert.Equal(["bad.png", "empty.jpg"], unreadable);
        Assert.Equal(["frog"], report.GetProperty("emptyClasses").EnumerateArray().Select(name => name.GetString()));
        Assert.Equal(1, report.GetProperty("skipped").GetProperty(".tif").GetInt32());
        foreach (string said in new[] { "bad.png: is not an image", "empty.jpg: the file is empty", "no pictures of the class frog", "1 .tif" })
            Assert.Contains(said, run.Error, StringComparison.Ordinal);

        var table = GraftLine.Run(["evaluate", .. Model, "--data", place.In("some")]);
        Assert.Equal(1, table.ExitCode);
        Assert.Contains("; 2 could not be read", table.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_that_can_be_read_is_a_failure()
    {
        Directory.CreateDirectory(place.In("none", "cat"));
        File.WriteAllText(place.In("none", "cat", "bad.png"), "no picture");
        var run = GraftLine.Run(["evaluate", .. Model, "--data", place.In("none"), "--json"]);
        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        Assert.Contains("none of the pictures can be read", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Fine_tune_leaves_out_what_it_cannot_read_and_learns_from_the_rest()
    {
        for (int i = 0; i < 4; i++)
        {
            Workplace.Paint(place.In("spoilt", "bright", $"{i}.ppm"), 200, i);
            Workplace.Paint(place.In("spoilt", "dark", $"{i}.ppm"), 20, i);
        }
        string[] FineTune(string target) =>
            ["fine-tune", .. Model, "--data", place.In("spoilt"), "--out", place.In(target), "--epochs", "1", "--json"];
        GraftLine.Run(FineTune("whole")).AssertDone();
        File.WriteAllText(place.In("spoilt", "dark", "9.ppm"), "P6 32 32 255\nshort");
        var run = GraftLine.Run(FineTune("spoilt-model"));
        var report = run.AssertDone();
        Assert.Equal(8, report.GetProperty("examples").GetInt32());
        Assert.Contains("9.ppm: the image is truncated", report.GetProperty("unreadable")[0].GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.Contains("graft: left out: ", run.Error, StringComparison.Ordinal);
        // it learns as if the picture had never been there
        Assert.Equal(File.ReadAllBytes(place.In("whole", "model.safetensors")), File.ReadAllBytes(place.In("spoilt-model", "model.safetensors")));

        for (int i = 0; i < 4; i++) File.WriteAllText(place.In("spoilt", "dark", $"{i}.ppm"), "P6 32 32 255\nshort");
        GraftLine.Run(FineTune("lost")).AssertFailed(2, "none of the pictures of the class dark can be read");
        Assert.False(Directory.Exists(place.In("lost")));
    }

    [Theory]
    [InlineData("Truck", "(the nearest is 'truck')")]
    [InlineData("plane", "(the nearest is 'airplane')")]
    public void Classes_of_published_weights_have_names(string folder, string nearest)
    {
        Workplace.Paint(place.In(folder, "cat", "0.ppm"), 50, 0);
        foreach (string name in new[] { "automobile", "bird", "deer", "dog", "frog", "horse", "ship", folder == "plane" ? "truck" : "airplane", folder })
            Workplace.Paint(place.In(folder, name, "0.ppm"), 50, 0);
        GraftLine.Run(["evaluate", .. Model, "--data", place.In(folder), "--json"]).AssertFailed(2, $"'{folder}' {nearest}");
    }

    [Fact]
    public void Names_that_speak_to_the_terminal_are_written_out()
    {
        if (OperatingSystem.IsWindows()) Assert.Skip("such names cannot be made there");
        string hostile = Workplace.Paint(place.In("odd", "\e]0;title\a\e[31mred\n[red]x.ppm"), 50, 0), emoji = Workplace.Paint(place.In("odd", "\U0001F600 caf\u00e9.ppm"), 50, 0);
        string broken = place.In("odd", "\e[2J.png");
        File.WriteAllText(broken, "no picture");
        var run = GraftLine.Run(["predict", place.In("odd"), .. Model]);
        Assert.Equal(1, run.ExitCode);
        Assert.DoesNotContain('\e', run.Output + run.Error);
        Assert.Contains("\\u001b]0;title\\u0007\\u001b[31mred\\u000a[red]x.ppm: ", run.Output, StringComparison.Ordinal);
        Assert.Contains("\U0001F600 caf\u00e9.ppm: ", run.Output, StringComparison.Ordinal);
        Assert.Contains("\\u001b[2J.png: is not an image", run.Error, StringComparison.Ordinal);
        var json = GraftLine.Run(["predict", hostile, emoji, .. Model, "--json"]).AssertDone().GetProperty("predictions");
        Assert.Equal([hostile, emoji], json.EnumerateArray().Select(one => one.GetProperty("path").GetString()));
        GraftLine.Run(["predict", place.In("\e[31m") + new string('x', 300), .. Model]).AssertFailed(2, "\\u001b[31m" + new string('x', 300) + ": there is no such");
    }
}
