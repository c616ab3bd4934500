using System.Text.Json;

namespace Graft.Tools.Tests;

public sealed class FeaturesTests(Workplace place) : IClassFixture<Workplace>
{
    [Fact]
    public void A_folder_of_classes_gives_labelled_features()
    {
        string file = place.In("features.safetensors");
        var report = GraftLine.Run("features", place.Data, "--model", "cifar-resnet20", "--weights", place.Weights, "--out", file, "--json").AssertDone();
        Assert.Equal([16, 64], report.GetProperty("shape").EnumerateArray().Select(length => length.GetInt32()));
        Assert.Equal(file, report.GetProperty("out").GetString());
        Assert.Equal(["bright", "dark"], report.GetProperty("classes").EnumerateArray().Select(name => name.GetString()));

        using var written = Checkpoint.Open(file);
        Assert.True(written.TryGet("features", out var features));
        Assert.Equal([16, 64], features.Shape);
        float[] numbers = features.ToSingleArray();
        Assert.All(numbers, number => Assert.True(float.IsFinite(number)));
        Assert.NotEqual(numbers[..64], numbers[(15 * 64)..]);
        Assert.True(written.TryGet("labels", out var labels));
        Assert.Equal(Enumerable.Repeat(0L, 8).Concat(Enumerable.Repeat(1L, 8)), labels.ToInt64Array());
        Assert.Equal(["bright", "dark"], JsonSerializer.Deserialize<string[]>(written.Metadata["classNames"])!);
        string[] paths = JsonSerializer.Deserialize<string[]>(written.Metadata["paths"])!;
        Assert.Equal(16, paths.Length);
        Assert.Equal(place.In("data", "dark", "0.ppm"), paths[8]);
        Assert.Equal("cifar-resnet20", written.Metadata["model"]);
    }

    [Fact]
    public void Pictures_without_classes_have_no_labels_and_a_broken_one_no_row()
    {
        string broken = place.In("loose", "broken.png"), file = place.In("loose.safetensors");
        string fine = Workplace.Paint(place.In("loose", "fine.ppm"), 100, 2);
        File.WriteAllText(broken, "no picture");
        var run = GraftLine.Run("features", broken, fine, "--model", "cifar-resnet20", "--weights", place.Weights, "--out", file, "--json");
        var report = run.AssertDone(exitCode: 1);
        Assert.Equal([1, 64], report.GetProperty("shape").EnumerateArray().Select(length => length.GetInt32()));
        Assert.Equal(1, report.GetProperty("failed").GetInt32());
        Assert.Equal(JsonValueKind.Null, report.GetProperty("classes").ValueKind);
        Assert.Contains("broken.png", run.Error, StringComparison.Ordinal);
        using var written = Checkpoint.Open(file);
        Assert.False(written.Contains("labels"));
        Assert.Equal([fine], JsonSerializer.Deserialize<string[]>(written.Metadata["paths"])!);
    }

    [Fact]
    public void Nothing_is_written_where_nothing_can_be()
    {
        string[] Of(string image, string target) => ["features", image, "--model", "cifar-resnet20", "--weights", place.Weights, "--out", target];
        string picture = place.In("data", "dark", "0.ppm");
        GraftLine.Run(Of(picture, picture)).AssertFailed(2, "overwrite");
        GraftLine.Run(Of(picture, place.Weights)).AssertFailed(2, "overwrite");
        GraftLine.Run(Of(picture, place.Folder)).AssertFailed(2, "is a folder");
        GraftLine.Run(Of(picture, Path.Combine(picture, "f.safetensors"))).AssertFailed(2, "cannot be written");
        GraftLine.Run("features", picture, "--model", "cifar-resnet20", "--weights", place.Weights).AssertFailed(2, "--out");

        string broken = place.In("broken.png");
        File.WriteAllText(broken, "no picture");
        var run = GraftLine.Run(Of(broken, place.In("none.safetensors")));
        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        Assert.Contains("nothing was written", run.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(place.In("none.safetensors")));
    }
}
