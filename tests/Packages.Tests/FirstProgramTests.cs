using System.Text;
using System.Text.RegularExpressions;
using Graft.Models;
using Graft.Testing;

namespace Graft.Packages.Tests;

/// <summary>The README's first program, word for word, in a new project that has the packages and nothing else of Graft's.</summary>
[Collection(nameof(FeedUsers))]
public sealed partial class FirstProgramTests(Feed feed)
{
    [Fact]
    public async Task The_first_program_of_the_README_builds_and_runs()
    {
        string project = feed.Project("first-program");
        string program = FirstProgram().Match((await File.ReadAllTextAsync(Path.Combine(RealData.Repository, "README.md"))).ReplaceLineEndings("\n")).Groups["code"].Value;
        Assert.Contains("using Graft.Tasks;", program, StringComparison.Ordinal);
        await File.WriteAllTextAsync(Path.Combine(project, "Program.cs"), program);
        await File.WriteAllTextAsync(Path.Combine(project, "first-program.csproj"), $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <ImplicitUsings>enable</ImplicitUsings>
                <Nullable>enable</Nullable>
                <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
              </PropertyGroup>
              <ItemGroup>
                <PackageReference Include="Graft.Tasks" Version="{Feed.Version}" />
              </ItemGroup>
            </Project>
            """);
        // what the program reads: weights as they might be published, and a few pictures; kinds are told by content, not by names
        using (var model = ModelRegistry.Create("resnet18", seed: 1)) model.Save(Path.Combine(project, "resnet18.pth"));
        foreach (var (label, channel) in new[] { ("cat", 0), ("dog", 2) })
        {
            for (int number = 0; number < 4; number++) Draw(Path.Combine(project, "photos", "train", label), $"{number}.ppm", number, channel);
            Draw(Path.Combine(project, "photos", "test", label), "0.ppm", 9, channel);
        }
        Draw(project, "cat.jpg", 10, 0);

        var run = await CommandRun.DotNet(project, feed.Environment, "run", "-c", "Release");
        string[] lines = run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        Assert.Equal(3, lines.Length);
        Assert.Matches(@"^\d+ steps, loss \d+[.,]\d{3}$", lines[0]);
        Assert.Matches(@"^(0|1|0[.,]5)$", lines[1]);
        Assert.Contains(lines[2], new[] { "cat", "dog" });
        Assert.Equal(
            ["config.json", "graft.json", "import.json", "model.safetensors", "preprocessor_config.json"],
            Directory.GetFiles(Path.Combine(project, "my-classifier")).Select(Path.GetFileName).Order(StringComparer.Ordinal)!);
    }

    /// <summary>A picture that is full of one colour.</summary>
    private static void Draw(string folder, string name, int seed, int channel)
    {
        const int Side = 64;
        var pixels = new byte[Side * Side * 3];
        new Random(seed).NextBytes(pixels);
        for (int i = channel; i < pixels.Length; i += 3) pixels[i] = 255;
        Directory.CreateDirectory(folder);
        File.WriteAllBytes(Path.Combine(folder, name), [.. Encoding.ASCII.GetBytes($"P6 {Side} {Side} 255\n"), .. pixels]);
    }

    [GeneratedRegex(@"^```csharp[ \t]*\n(?<code>.*?)^```[ \t]*$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex FirstProgram();
}
