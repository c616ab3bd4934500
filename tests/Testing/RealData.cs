using Xunit;

namespace Graft.Testing;

/// <summary>Published weights and real data beside the repository. Tests that need them are skipped on a machine without
/// them and fail where <c>CI=true</c>.</summary>
public static class RealData
{
    private static readonly string? Root = Find();

    /// <summary>The repository's root folder.</summary>
    public static string Repository { get; } = FindRepository();

    /// <summary>The path of a file or folder below the data folder; skips the running test where there is none.</summary>
    public static string Require(string relativePath)
    {
        string? path = Root is null ? null : Path.Combine(Root, relativePath);
        if (path is not null && Path.Exists(path)) return path;
        string message = $"'{relativePath}' is needed from ../shared/data, beside the repository";
        if (Environment.GetEnvironmentVariable("CI") == "true") Assert.Fail(message);
        Assert.Skip(message);
        return "";
    }

    /// <summary>The path of a file or folder below the published weights (<c>../shared/tools/published-weights.sh</c> unpacks them once); skips the
    /// running test where they are not unpacked.</summary>
    public static string RequirePublished(string relativePath)
    {
        string root = Environment.GetEnvironmentVariable("GRAFT_PUBLISHED_WEIGHTS") is { Length: > 0 } given
            ? given : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache", "graft", "published-weights");
        string path = Path.Combine(root, relativePath);
        if (File.Exists(Path.Combine(root, "complete")) && Path.Exists(path)) return path;
        string message = $"'{relativePath}' is needed of the published weights: run ../shared/tools/published-weights.sh once";
        if (Environment.GetEnvironmentVariable("CI") == "true") Assert.Fail(message);
        Assert.Skip(message);
        return "";
    }

    private static string FindRepository()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "Graft.slnx"))) return folder.FullName;
        throw new InvalidOperationException("the tests do not run inside the repository");
    }

    private static string? Find()
    {
        string data = Path.GetFullPath(Path.Combine(FindRepository(), "..", "shared", "data"));
        return Directory.Exists(data) ? data : null;
    }
}
