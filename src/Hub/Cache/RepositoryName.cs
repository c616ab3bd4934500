using System.Text.RegularExpressions;

namespace Graft.Hub;

/// <summary>Names of repositories on the hub: <c>organisation/name</c>, or a name alone for the oldest.</summary>
internal static partial class RepositoryName
{
    private const int Longest = 96;

    /// <summary>Whether a text is such a name.</summary>
    public static bool Is(string text) => text.Length <= Longest && Form().IsMatch(text)
        && !text.Contains("--", StringComparison.Ordinal) && !text.Contains("..", StringComparison.Ordinal) && !text.EndsWith(".git", StringComparison.Ordinal);

    /// <summary>Refuses what is none.</summary>
    /// <exception cref="HubException">It is none.</exception>
    public static void Require(string repository)
    {
        if (!Is(repository))
            throw new HubException(
                HubFailure.InvalidName, $"'{Printable.Text(repository)}' is no repository of the hub: write organisation/name, of letters, digits, '-', '_' and '.', without '--' and '..'");
    }

    /// <summary>Refuses what is no branch, tag or commit.</summary>
    /// <exception cref="HubException">It is none.</exception>
    public static void RequireRevision(string revision, string repository) => SafePath.Require(revision, $"the revision of {repository}");

    /// <summary>Whether a revision is a commit's whole hash.</summary>
    public static bool IsCommit(string revision) => Commit().IsMatch(revision);

    [GeneratedRegex(@"^[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?(?:/[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?)?\z")]
    private static partial Regex Form();

    [GeneratedRegex(@"^[0-9a-f]{40}\z")]
    private static partial Regex Commit();
}
