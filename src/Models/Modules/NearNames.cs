namespace Graft.Models;

/// <summary>Finds the name that somebody may have meant.</summary>
internal static class NearNames
{
    // Beyond these a file is not one with a name misspelled, and comparing would take long.
    private const int MostCandidates = 2000;
    private const int LongestName = 200;

    /// <summary>The candidate that looks most like a name; null where none does.</summary>
    public static string? Nearest(string name, IEnumerable<string> candidates)
    {
        if (name.Length > LongestName) return null;
        var (nearest, least) = ((string?)null, name.Length / 2 + 1);
        foreach (string candidate in candidates.Take(MostCandidates))
        {
            if (Math.Abs(candidate.Length - name.Length) >= least) continue;
            int distance = Distance(name, candidate);
            if (distance < least) (nearest, least) = (candidate, distance);
        }
        return nearest;
    }

    /// <summary>How many characters have to be put in, taken out or changed (Levenshtein); case does not count.</summary>
    private static int Distance(string left, string right)
    {
        var row = new int[right.Length + 1];
        for (int j = 0; j < row.Length; j++) row[j] = j;
        for (int i = 1; i <= left.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= right.Length; j++)
            {
                int changed = diagonal + (char.ToLowerInvariant(left[i - 1]) == char.ToLowerInvariant(right[j - 1]) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(changed, Math.Min(row[j], row[j - 1]) + 1);
            }
        }
        return row[^1];
    }
}
