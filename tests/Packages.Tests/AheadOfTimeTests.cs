using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using Graft.Testing;

namespace Graft.Packages.Tests;

/// <summary>A learner that is published ahead of time with the packages learns what it learns with the compiler at run time, to the
/// last bit; with the packages' settings it has the machine's multiply-adds, and without them it says so.</summary>
[Collection(nameof(FeedUsers))]
public sealed class AheadOfTimeTests(Feed feed)
{
    private const string Steps = "3";

    [Fact]
    public async Task Weights_are_the_same_bytes_with_the_settings_of_the_packages_and_with_others()
    {
        string? linker = FindLinker();
        string project = feed.Project("learner");
        File.Copy(Path.Combine(RealData.Repository, "samples", "Aot", "Program.cs"), Path.Combine(project, "Program.cs"));
        await File.WriteAllTextAsync(Path.Combine(project, "learner.csproj"), $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <ImplicitUsings>enable</ImplicitUsings>
                <Nullable>enable</Nullable>
                <InvariantGlobalization>true</InvariantGlobalization>
                <PublishAot>true</PublishAot>
                <CppCompilerAndLinker>{linker}</CppCompilerAndLinker>
              </PropertyGroup>
              <ItemGroup>
                <PackageReference Include="Graft.Transfer" Version="{Feed.Version}" />
              </ItemGroup>
            </Project>
            """);
        bool x64 = RuntimeInformation.OSArchitecture == Architecture.X64;

        string published = await Publish(project, "published");
        Assert.DoesNotContain("GRAFT0001", published, StringComparison.Ordinal);
        if (x64) Assert.Contains("Graft: IlcInstructionSet is x86-64-v3", published, StringComparison.Ordinal);
        var (device, weights) = await Learn(project, Path.Combine(project, "published", "learner"));
        // x86-64-v3 has these; a machine without them would not have started it
        Assert.DoesNotContain("emulated", device, StringComparison.Ordinal);

        string managed = Directory.GetFiles(Path.Combine(project, "bin"), "learner.dll", SearchOption.AllDirectories)[0];
        var (_, atRunTime) = await Learn(project, Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", managed);
        Assert.True(weights.AsSpan().SequenceEqual(atRunTime), "ahead of time and at run time learn different weights");

        if (!x64) return;
        string old = await Publish(project, "old-machines", "-p:IlcInstructionSet=x86-64-v2");
        Assert.Contains("warning GRAFT0001", old, StringComparison.Ordinal);
        (device, var emulated) = await Learn(project, Path.Combine(project, "old-machines", "learner"));
        Assert.Contains("multiply-adds emulated", device, StringComparison.Ordinal);
        Assert.True(weights.AsSpan().SequenceEqual(emulated), "emulated multiply-adds learn different weights");
    }

    private async Task<string> Publish(string project, string folder, params string[] options) =>
        (await CommandRun.DotNet(
            project, feed.Environment, ["publish", "-c", "Release", "-r", RuntimeInformation.RuntimeIdentifier, "-o", folder, .. options])).Output;

    private static async Task<(string Device, byte[] Weights)> Learn(string project, string program, params string[] before)
    {
        string weights = Path.Combine(project, "weights.safetensors");
        File.Delete(weights);
        var run = await CommandRun.Done(program, project, null, [.. before, "--steps", Steps, "--weights", weights]);
        return (run.Output.Split('\n')[0], await File.ReadAllBytesAsync(weights));
    }

    /// <summary>The compiler's own choice where there is clang, else gcc; a machine with neither cannot publish ahead of time.</summary>
    private static string? FindLinker()
    {
        if (OperatingSystem.IsLinux())
        {
            string[] folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
            string? found = new[] { "clang", "gcc" }.FirstOrDefault(name => folders.Any(folder => File.Exists(Path.Combine(folder, name))));
            if (found is null && Environment.GetEnvironmentVariable("CI") == "true") Assert.Fail("publishing ahead of time needs clang or gcc");
            Assert.SkipWhen(found is null, "publishing ahead of time needs clang or gcc");
            return found;
        }
        Assert.SkipUnless(Avx2.IsSupported || RuntimeInformation.OSArchitecture == Architecture.Arm64, "this machine cannot run x86-64-v3");
        return null;
    }
}
