namespace Graft.Packages.Tests;

/// <summary>The tools are installed from their packages and run.</summary>
[Collection(nameof(FeedUsers))]
public sealed class ToolPackageTests(Feed feed)
{
    [Theory]
    [InlineData("Graft.CommandLine", "graft", "models", "resnet18")]
    [InlineData("Graft.WeightImport", "weight-import", "--help", "convert")]
    public async Task A_tool_is_installed_and_runs(string package, string command, string argument, string expected)
    {
        string folder = feed.Project(command);
        await CommandRun.DotNet(
            folder, feed.Environment, "tool", "install", package, "--version", Feed.Version, "--tool-path", folder, "--configfile", feed.Configuration);
        // the tool finds its runtime where this one is
        string host = Path.GetDirectoryName(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? Environment.ProcessPath)!;
        var environment = File.Exists(Path.Combine(host, "dotnet")) ? new Dictionary<string, string> { ["DOTNET_ROOT"] = host } : null;
        var run = await CommandRun.Done(Path.Combine(folder, command), folder, environment, argument);
        Assert.Contains(expected, run.Output, StringComparison.Ordinal);
    }
}
