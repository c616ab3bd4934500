using System.Runtime.InteropServices;
using Graft.Testing;

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

    /// <summary>The GPU's library makes code at run time and would warn; a trimmed build leaves it out and says so when it is asked for.</summary>
    [Fact]
    public async Task A_trimmed_graft_runs_and_has_no_GPU()
    {
        string folder = feed.Project("trimmed");
        string published = Path.Combine(folder, "published");
        // the sources have been looked at by the build of the solution: here it is about what the linker leaves
        await CommandRun.DotNet(
            RealData.Repository, null, "publish", "tools/graft", "-c", "Release", "-r", RuntimeInformation.RuntimeIdentifier, "--self-contained",
            "-p:PublishTrimmed=true", "-p:RunAnalyzers=false", $"-p:ArtifactsPath={Path.Combine(folder, "artifacts")}", "-o", published);
        Assert.Empty(Directory.GetFiles(published, "ILGPU*.dll"));
        string graft = Path.Combine(published, "graft");
        Assert.Contains("resnet18", (await CommandRun.Done(graft, folder, null, "models")).Output, StringComparison.Ordinal);
        var refused = await CommandRun.Of(graft, folder, null, "demo", "--device", "gpu");
        Assert.Equal(2, refused.ExitCode);
        Assert.Equal("graft: this build was trimmed, which leaves the GPU out: use one that was not, or the CPU", refused.Output.Trim());
    }
}
