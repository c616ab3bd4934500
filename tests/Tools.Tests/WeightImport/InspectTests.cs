using System.Text.Json;
using Graft.Testing;

namespace Graft.Tools.Tests;

public sealed class InspectTests
{
    [Fact]
    public void Json_is_one_object_with_every_tensor()
    {
        var run = CommandLine.Run("inspect", RealData.Require("cifar-resnet/resnet20-12fca82f.th"), "--json");
        Assert.Equal(0, run.ExitCode);
        Assert.Equal("", run.Error);
        using var document = JsonDocument.Parse(run.Output);
        var root = document.RootElement;
        Assert.Equal("pytorch-legacy", root.GetProperty("format").GetString());
        Assert.Equal(269_722, root.GetProperty("parameters").GetInt64());
        Assert.Equal("91.78000183105469", root.GetProperty("metadata").GetProperty("best_prec1").GetString());
        var tensors = root.GetProperty("tensors").EnumerateArray().ToList();
        Assert.Equal(root.GetProperty("tensorCount").GetInt32(), tensors.Count);
        Assert.Equal(root.GetProperty("tensorBytes").GetInt64(), 4 * root.GetProperty("elements").GetInt64());
        Assert.Equal("module.conv1.weight", tensors[0].GetProperty("key").GetString());
        Assert.Equal("float32", tensors[0].GetProperty("type").GetString());
        Assert.Equal([16, 3, 3, 3], tensors[0].GetProperty("shape").EnumerateArray().Select(length => length.GetInt32()));
    }

    [Fact]
    public void A_tensor_is_a_line_for_people()
    {
        var run = CommandLine.Run("inspect", CommandLine.Golden("zip-protocol4.pt"));
        Assert.Equal(0, run.ExitCode);
        string line = Assert.Single(run.Output.Split('\n'), line => line.Contains("channels_last", StringComparison.Ordinal));
        Assert.Contains("float32", line, StringComparison.Ordinal);
        Assert.Contains("[1, 3, 2, 2]", line, StringComparison.Ordinal);
        Assert.Contains("best_prec1: 91.75", run.Output, StringComparison.Ordinal);
        Assert.Contains("pytorch-zip: 20 tensors", run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("hostile-zip.pt")]
    [InlineData("hostile-legacy.pt")]
    public void Foreign_names_are_listed_and_not_run(string name)
    {
        var run = CommandLine.Run("inspect", CommandLine.Golden(name));
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Contains("names that were not run or built: posix.system", run.Output, StringComparison.Ordinal);
        using var document = JsonDocument.Parse(CommandLine.Run("inspect", CommandLine.Golden(name), "--json").Output);
        Assert.Equal(["posix.system"], document.RootElement.GetProperty("foreignNames").EnumerateArray().Select(one => one.GetString()));
        Assert.False(File.Exists("file-it-ran"), "the file was run");
    }

    [Theory]
    [InlineData("hostile.pkl", "posix.system")]
    [InlineData("hostile-protocol0.pkl", "os.system")]
    [InlineData("make.py", "text file")]
    [InlineData("missing.pt", "no such file")]
    public void A_bad_file_is_one_line_and_exit_code_2(string name, string reason)
    {
        CommandLine.Run("inspect", CommandLine.Golden(name)).AssertFailed(2, reason);
        CommandLine.Run("inspect", CommandLine.Golden(name), "--json").AssertFailed(2, reason);
    }

    [Fact]
    public void Wrong_options_are_one_line_and_exit_code_2()
    {
        CommandLine.Run().AssertFailed(2, "command");
        CommandLine.Run("inspect").AssertFailed(2, "FILE");
        CommandLine.Run("look", "x").AssertFailed(2, "look");
        CommandLine.Run("inspect", "x", "--color").AssertFailed(2, "--color");
        CommandLine.Run("convert", "x").AssertFailed(2, "--to");
    }

    [Theory]
    [InlineData("convert", "--help")]
    [InlineData("FILE", "inspect", "--help")]
    [InlineData("--to", "convert", "--help")]
    public void Help_is_no_failure(string word, params string[] arguments)
    {
        var run = CommandLine.Run(arguments);
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Contains(word, run.Output, StringComparison.Ordinal);
    }
}
