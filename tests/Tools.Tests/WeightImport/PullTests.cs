using Graft.Testing;

namespace Graft.Tools.Tests;

public sealed class PullTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("graft-pull-");

    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public void A_published_package_is_copied_under_the_names_that_commands_know()
    {
        string reference = RealData.RequirePublished("resnet18/model.onnx");
        string target = Path.Combine(folder.FullName, "resnet18");
        var (exitCode, output, error) = CommandLine.Run("pull", "mlnet-resnet18", "--to", target);
        Assert.Equal((0, ""), (exitCode, error));
        string[] paths = output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        Assert.Equal([Path.Combine(target, "model.onnx"), Path.Combine(target, "preprocess.onnx")], paths);
        Assert.Equal(new FileInfo(reference).Length, new FileInfo(paths[0]).Length);
        Assert.Equal(2, Directory.GetFiles(target).Length);
    }

    [Fact]
    public void The_facts_of_a_row_come_with_it()
    {
        RealData.RequirePublished("resnet18/model.onnx");
        var (exitCode, output, _) = CommandLine.Run("pull", "mlnet-resnet18", "--json");
        Assert.Equal(0, exitCode);
        using var json = System.Text.Json.JsonDocument.Parse(output);
        Assert.EndsWith("ResNet18.onnx", json.RootElement.GetProperty("path").GetString(), StringComparison.Ordinal);
        Assert.Equal("MIT", json.RootElement.GetProperty("weights").GetProperty("licence").GetString());
    }

    [Theory]
    [InlineData("resnet5O", "(nearest: resnet50")]
    [InlineData("nuget:../1.0.0/file", "no id of a NuGet package")]
    [InlineData("nuget:one", "nuget:id/version/path")]
    [InlineData("org/../net", "organisation/name")]
    public void A_name_that_is_none_is_wrong_input(string name, string message)
    {
        CommandLine.Run("pull", name).AssertFailed(2, message);
    }

    [Fact]
    public void A_file_is_no_folder_to_copy_to()
    {
        string file = Path.Combine(folder.FullName, "file");
        File.WriteAllText(file, "");
        CommandLine.Run("pull", "mlnet-resnet18", "--to", file).AssertFailed(2, "is no folder");
    }
}
