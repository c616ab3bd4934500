using System.Text.Json;
using Graft.Tasks;
using Graft.Testing;

namespace Graft.Tools.Tests;

public sealed class ExportTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("graft-export-command-");

    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public void A_published_architecture_is_written_with_its_labels()
    {
        string target = Target("resnet20.onnx");
        var run = CommandLine.Run(
            "export", "--model", "cifar-resnet20", "--weights", RealData.Require("cifar-resnet/resnet20-12fca82f.th"), "--to", target, "--json");
        Assert.Equal("", run.Error);
        Assert.Equal(0, run.ExitCode);
        using var document = JsonDocument.Parse(run.Output);
        Assert.Equal("pixel_values [batch, 3, 32, 32]", document.RootElement.GetProperty("inputs")[0].GetString());
        Assert.Equal(19, document.RootElement.GetProperty("operators").GetProperty("Conv").GetInt32());
        Assert.InRange(document.RootElement.GetProperty("largestDifference").GetDouble(), 0, 1e-4);
        Assert.Equal(new FileInfo(target).Length, document.RootElement.GetProperty("writtenBytes").GetInt64());
    }

    [Fact]
    public void A_saved_classifier_is_written_at_the_size_and_batch_that_are_asked_for()
    {
        using (var classifier = ImageClassifier.FromPretrained("cifar-resnet20", RealData.Require("cifar-resnet/resnet20-12fca82f.th")))
            classifier.Save(Path.Combine(folder.FullName, "saved"));
        var run = CommandLine.Run(
            "export", Path.Combine(folder.FullName, "saved"), "--to", Target("saved.onnx"), "--image-size", "48x40", "--batch", "2", "--external-data", "--opset", "18");
        Assert.Equal("", run.Error);
        Assert.Contains("input: pixel_values [2, 3, 48, 40]", run.Output);
        Assert.Contains("cifar-resnet20, opset 18", run.Output);
        Assert.Contains("read back, its logits differ by", run.Output);
        Assert.True(File.Exists(Target("saved.onnx.data")));
    }

    [Fact]
    public void Folders_of_the_hub_are_written()
    {
        var text = CommandLine.Run("export", RealData.Require("hf-goldens/bert-seqcls"), "--to", Target("bert.onnx"));
        Assert.Equal("", text.Error);
        Assert.Contains("input: attention_mask [batch, sequence]", text.Output);
        var images = CommandLine.Run("export", RealData.Require("hf-goldens/vit-imgcls"), "--to", Target("vit.onnx"), "--image-size", "32");
        Assert.Equal("", images.Error);
        Assert.Contains("input: pixel_values [batch, 3, 32, 32]", images.Output);
        Assert.Contains("read back, its logits differ by", images.Output);
    }

    [Fact]
    public void What_cannot_be_followed_is_refused_before_anything_is_written()
    {
        string weights = CommandLine.Golden("make.py"), target = Target("model.onnx");
        CommandLine.Run("export", "--to", target).AssertFailed(2, "export needs a folder");
        CommandLine.Run("export", "--to", target, "--model", "resnet18").AssertFailed(2, "--weights FILE");
        CommandLine.Run("export", "--to", target, "--model", "resnet19", "--weights", weights).AssertFailed(2, "resnet18");
        CommandLine.Run("export", folder.FullName, "--to", target, "--model", "resnet18").AssertFailed(2, "leave --model");
        CommandLine.Run("export", folder.FullName, "--to", target).AssertFailed(2, "config.json");
        CommandLine.Run("export", Path.Combine(folder.FullName, "none"), "--to", target).AssertFailed(2, "no such folder");
        CommandLine.Run("export", folder.FullName, "--to", Target("model.bin")).AssertFailed(2, ".onnx");
        CommandLine.Run("export", folder.FullName, "--to", target, "--opset", "9").AssertFailed(2, "17 to 21");
        CommandLine.Run("export", folder.FullName, "--to", target, "--batch", "none").AssertFailed(2, "dynamic");
        CommandLine.Run("export", folder.FullName, "--to", target, "--image-size", "8x8x8").AssertFailed(2, "224x160");
        Assert.Empty(folder.EnumerateFiles());
    }

    private string Target(string name) => Path.Combine(folder.FullName, name);
}
