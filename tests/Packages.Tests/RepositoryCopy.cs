using Graft.Testing;

namespace Graft.Packages.Tests;

/// <summary>The libraries' sources in another folder, as a repository of one commit with an address on GitHub, packed as for a
/// release.</summary>
internal sealed class RepositoryCopy(string folder)
{
    public const string Address = "https://github.com/example/graft";

    // the commit's name, which packages carry, follows from the sources alone
    private static readonly Dictionary<string, string> Author = new()
    {
        ["GIT_AUTHOR_NAME"] = "Graft",
        ["GIT_AUTHOR_EMAIL"] = "graft@example.com",
        ["GIT_AUTHOR_DATE"] = "2000-01-01T00:00:00Z",
        ["GIT_COMMITTER_NAME"] = "Graft",
        ["GIT_COMMITTER_EMAIL"] = "graft@example.com",
        ["GIT_COMMITTER_DATE"] = "2000-01-01T00:00:00Z",
        ["GIT_CONFIG_GLOBAL"] = OperatingSystem.IsWindows() ? "NUL" : "/dev/null",
    };

    public string Folder => folder;

    /// <summary>Where the packages are.</summary>
    public string Packages => Path.Combine(folder, "packages");

    /// <summary>The commit that was packed.</summary>
    public string Commit { get; private set; } = "";

    /// <summary>The assemblies and symbols that were built, by name.</summary>
    public Dictionary<string, byte[]> Built => Directory.GetFiles(Path.Combine(folder, "artifacts", "bin", "Tasks", "release"), "Graft.*")
        .Where(file => Path.GetExtension(file) is ".dll" or ".pdb" or ".xml").ToDictionary(file => Path.GetFileName(file), File.ReadAllBytes);

    /// <summary>Copies, commits, builds and packs the library at the end of the line, which builds all that it stands on.</summary>
    public async Task PackAsync()
    {
        foreach (string pattern in new[] { "Directory.*.props", "Directory.*.targets", ".editorconfig", ".gitignore", "global.json" })
            foreach (string file in Directory.GetFiles(RealData.Repository, pattern)) CopyOne(file);
        foreach (string part in new[] { "src", Path.Combine("docs", "package") })
            foreach (string file in Directory.GetFiles(Path.Combine(RealData.Repository, part), "*", SearchOption.AllDirectories)) CopyOne(file);

        await Git("init", "--quiet");
        await Git("remote", "add", "origin", $"{Address}.git");
        await Git("add", "--all");
        await Git("commit", "--quiet", "--message", "all of it");
        Commit = (await Git("rev-parse", "HEAD")).Output.Trim();
        await CommandRun.DotNet(
            folder, null, "pack", Path.Combine("src", "Tasks"), "-c", "Release", "-p:ContinuousIntegrationBuild=true", "-p:RunAnalyzers=false", "-o", Packages);
    }

    private Task<CommandRun> Git(params string[] arguments) => CommandRun.Done("git", folder, Author, arguments);

    private void CopyOne(string file)
    {
        string copy = Path.Combine(folder, Path.GetRelativePath(RealData.Repository, file));
        Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
        File.Copy(file, copy);
    }
}
