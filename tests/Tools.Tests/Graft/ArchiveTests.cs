using System.Text.Json;
using Graft.Testing;

namespace Graft.Tools.Tests;

/// <summary>NumPy archives in the place of folders.</summary>
public sealed class ArchiveTests(Workplace place) : IClassFixture<Workplace>
{
    private string[] Model => ["--model", "cifar-resnet20", "--weights", place.Weights];

    [Fact]
    public void An_archive_is_learnt_from_evaluated_and_predicted()
    {
        string rays = RealData.Require("pneumonia-mnist/pneumoniamnist.npz");
        // a part to learn from that takes no minute: the validation pictures
        var report = GraftLine.Run([
            "fine-tune", .. Model, "--data", rays, "--split", "val", "--class-names", "normal,pneumonia", "--epochs", "0", "--frozen-epochs", "1",
            "--augment", "none", "--out", place.In("rays"), "--json",
        ]).AssertDone();
        Assert.Equal(270, report.GetProperty("examples").GetInt32());
        Assert.Equal(["normal", "pneumonia"], report.GetProperty("classes").EnumerateArray().Select(name => name.GetString()));

        string[] saved = ["--model", place.In("rays")];
        var run = GraftLine.Run(["evaluate", .. saved, "--data", rays, "--json"]);
        var evaluation = run.AssertDone();
        Assert.Equal(468, evaluation.GetProperty("examples").GetInt32());
        Assert.Contains("numbers of the model's classes", evaluation.GetProperty("matched").GetString(), StringComparison.Ordinal);
        Assert.Contains("graft: note: ", run.Error, StringComparison.Ordinal);
        var predictions = GraftLine.Run(["predict", .. saved, rays, place.In("data", "dark", "0.ppm"), "--split", "val", "--json"]).AssertDone().GetProperty("predictions");
        Assert.Equal(271, predictions.GetArrayLength());
        Assert.Equal(rays + "[269]", predictions[269].GetProperty("path").GetString());

        var features = GraftLine.Run(["features", .. saved, rays, "--split", "val", "--out", place.In("rays.safetensors"), "--json"]).AssertDone();
        Assert.Equal([270, 64], features.GetProperty("shape").EnumerateArray().Select(length => length.GetInt32()));
        using var written = Checkpoint.Open(place.In("rays.safetensors"));
        Assert.Equal(270, written["labels"].Shape[0]);
    }

    [Fact]
    public void What_is_wrong_with_an_archive_is_one_line()
    {
        File.WriteAllText(place.In("no.npz"), "hello");
        string rays = RealData.Require("pneumonia-mnist/pneumoniamnist.npz");
        GraftLine.Run(["evaluate", .. Model, "--data", place.In("no.npz")]).AssertFailed(2, "is not a NumPy archive");
        GraftLine.Run(["evaluate", .. Model, "--data", place.In("none.npz")]).AssertFailed(2, "none.npz");
        GraftLine.Run(["evaluate", .. Model, "--data", rays, "--split", "tset"]).AssertFailed(2, "train, val or test, not 'tset' (nearest: test)");
        GraftLine.Run(["evaluate", .. Model, "--data", rays, "--class-names", "sick"]).AssertFailed(2, "has the label 1");
        GraftLine.Run(["evaluate", .. Model, "--data", rays, "--class-names", "a,,b"]).AssertFailed(2, "--class-names", "empty");
        GraftLine.Run(["evaluate", .. Model, "--data", place.Data, "--split", "val"]).AssertFailed(2, "no .npz archive");
    }

    [Fact]
    public void How_pictures_are_varied_is_asked_for_kept_and_read_back()
    {
        string[] how = ["--epochs", "1", "--json"];
        GraftLine.Run(place.FineTune("cropped", [.. how, "--augment", "crop"])).AssertDone();
        Assert.Equal((4, 0.0), Augmentation("cropped"));
        // trained further, the saved classifier goes on in its own way
        string[] further = ["fine-tune", "--model", place.In("cropped"), "--data", place.Data, "--epochs", "1", "--json"];
        GraftLine.Run([.. further, "--out", place.In("further")]).AssertDone();
        Assert.Equal((4, 0.0), Augmentation("further"));
        GraftLine.Run([.. further, "--out", place.In("both"), "--augment", "flip,crop"]).AssertDone();
        Assert.Equal((4, 0.5), Augmentation("both"));
        GraftLine.Run(place.FineTune("plain", [.. how, "--augment", "none"])).AssertDone();
        Assert.Equal((null, 0.0), Augmentation("plain"));
        GraftLine.Run(place.FineTune("refused", "--augment", "flop")).AssertFailed(2, "not 'flop' (nearest: flip)");
        GraftLine.Run(place.FineTune("refused", "--augment", "crop,crop")).AssertFailed(2, "--augment");
        Assert.NotEqual(File.ReadAllBytes(place.In("plain", "model.safetensors")), File.ReadAllBytes(place.In("cropped", "model.safetensors")));

        (int?, double) Augmentation(string folder)
        {
            var recipe = JsonDocument.Parse(File.ReadAllText(place.In(folder, "graft.json"))).RootElement.GetProperty("recipe").GetProperty("augmentation");
            return (recipe.TryGetProperty("crop_padding", out var padding) ? padding.GetInt32() : null, recipe.GetProperty("horizontal_flip").GetDouble());
        }
    }
}
