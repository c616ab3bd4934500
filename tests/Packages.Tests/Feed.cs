using Graft.Testing;

namespace Graft.Packages.Tests;

/// <summary>The solution packed into a folder, and a place for projects that use the packages from there. Everything of Graft's comes
/// from this folder and nothing from a cache, so that no older package is tested.</summary>
public sealed class Feed : IAsyncLifetime
{
    public const string Version = "0.1.0";

    private readonly DirectoryInfo root = Directory.CreateTempSubdirectory("graft-packages-");

    /// <summary>Where the packages lie.</summary>
    public string Folder => Path.Combine(root.FullName, "feed");

    /// <summary>A configuration that knows the feed, beside the machine's own sources.</summary>
    public string Configuration => Path.Combine(root.FullName, "nuget.config");

    /// <summary>What a user's build is told: where it unpacks packages.</summary>
    public Dictionary<string, string> Environment => new() { ["NUGET_PACKAGES"] = Path.Combine(root.FullName, "unpacked") };

    /// <summary>A folder below the configuration.</summary>
    public string Project(string name) => root.CreateSubdirectory(name).FullName;

    public async ValueTask InitializeAsync()
    {
        // the tests' own configuration, which the build of this project has just built
        string configuration = new DirectoryInfo(AppContext.BaseDirectory).Name;
        await CommandRun.DotNet(
            RealData.Repository, null, "pack", "Graft.slnx", "--no-build", "-c", configuration, "-o", Folder);
        string caches = string.Concat(ForeignCaches().Select(folder => $"<add key=\"{Path.GetFileName(folder)}\" value=\"{folder}\" />"));
        await File.WriteAllTextAsync(Configuration, $"""
            <configuration>
              <packageSources><add key="graft-under-test" value="{Folder}" /></packageSources>
              <fallbackPackageFolders>{caches}</fallbackPackageFolders>
            </configuration>
            """);
    }

    public ValueTask DisposeAsync()
    {
        root.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }

    /// <summary>What the machine has unpacked of other people's packages, the compiler ahead of time among them: looked up there, not
    /// fetched again.</summary>
    private IEnumerable<string> ForeignCaches()
    {
        string cache = System.Environment.GetEnvironmentVariable("NUGET_PACKAGES")
            ?? Path.Combine(System.Environment.GetFolderPath(System.Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        if (OperatingSystem.IsWindows() || !Directory.Exists(cache)) yield break;
        string foreign = root.CreateSubdirectory("foreign").FullName;
        foreach (string package in Directory.GetDirectories(cache))
        {
            string name = Path.GetFileName(package);
            if (!name.StartsWith("graft", StringComparison.OrdinalIgnoreCase)) Directory.CreateSymbolicLink(Path.Combine(foreign, name), package);
        }
        yield return foreign;
    }
}

/// <summary>The tests that share one feed; they run one after the other.</summary>
[CollectionDefinition(nameof(FeedUsers))]
public sealed class FeedUsers : ICollectionFixture<Feed>;
