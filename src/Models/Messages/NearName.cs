using System.Globalization;
using System.Text;

namespace Graft.Messages;

/// <summary>Finds the known name nearest to an unknown one.</summary>
public static class NearName
{
    private const int ShortestPart = 3;

    // beyond these a file is not one with a name misspelled, and comparing would take long
    private const int MostKeys = 2000;
    private const int LongestKey = 200;

    /// <summary>The nearest of the known names; null where none is near.</summary>
    /// <remarks>Nearest of all are names that differ by case, separators, accents, a number before them or a plural; then the one
    /// whose words begin with these letters (lr, learning-rate), one that contains the other, and those a few letters apart.</remarks>
    /// <param name="wanted">The unknown name.</param>
    /// <param name="known">The known names.</param>
    public static string? Find(string wanted, IEnumerable<string> known)
    {
        string? best = null;
        int least = int.MaxValue;
        foreach (string name in known)
        {
            if (Cost(wanted, name) is not { } cost || cost >= least) continue;
            (best, least) = (name, cost);
        }
        return best;
    }

    /// <summary>The nearest of the known names, the nearest first, of equally near ones those that come first; none where none is near.</summary>
    /// <param name="wanted">The unknown name.</param>
    /// <param name="known">The known names.</param>
    /// <param name="count">How many at most.</param>
    public static IReadOnlyList<string> FindSome(string wanted, IEnumerable<string> known, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        return [.. known.Select(name => (Name: name, Cost: Cost(wanted, name))).Where(static near => near.Cost is not null).OrderBy(static near => near.Cost).Take(count)
            .Select(static near => near.Name)];
    }

    /// <summary>The key of a checkpoint that looks most like one that it lacks; null where none does. A key is long and made of the same
    /// words as its neighbours, so letters alone decide.</summary>
    /// <param name="wanted">The missing key.</param>
    /// <param name="known">The keys that there are.</param>
    public static string? FindKey(string wanted, IEnumerable<string> known)
    {
        if (wanted.Length > LongestKey) return null;
        string? best = null;
        string lowered = wanted.ToLowerInvariant();
        int least = wanted.Length / 2 + 1;
        foreach (string key in known.Take(MostKeys))
        {
            if (Math.Abs(key.Length - wanted.Length) >= least) continue;
            int distance = Distance(lowered, key.ToLowerInvariant());
            if (distance < least) (best, least) = (key, distance);
        }
        return best;
    }

    /// <summary>" (nearest: name)" for the end of a message, or nothing.</summary>
    /// <param name="wanted">The unknown name.</param>
    /// <param name="known">The known names.</param>
    public static string Hint(string wanted, IEnumerable<string> known) => Find(wanted, known) is { } near ? $" (nearest: {Printable.Text(near)})" : "";

    /// <summary>The row of a name in a list of rows with names.</summary>
    /// <param name="wanted">The name.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="nameOf">A row's name.</param>
    /// <param name="what">What a row is, for the message: "optimiser".</param>
    /// <exception cref="ArgumentException">There is none of that name; the message has the nearest and all there are.</exception>
    public static T Pick<T>(string wanted, IReadOnlyList<T> rows, Func<T, string> nameOf, string what) where T : class
    {
        ArgumentNullException.ThrowIfNull(wanted);
        string[] names = [.. rows.Select(nameOf)];
        int at = Array.IndexOf(names, wanted);
        return at >= 0 ? rows[at] : throw new ArgumentException($"there is no {what} '{Printable.Text(wanted)}'{Hint(wanted, names)}; there are {string.Join(", ", names)}");
    }

    /// <summary>Whether two different names look the same on a screen: by spaces at their ends, or by letters with marks that one writes as
    /// one sign and the other as two.</summary>
    public static bool LooksTheSame(string first, string second)
    {
        string left = Visible(first), right = Visible(second);
        if (left == right) return true;
        return HasMark(first) != HasMark(second) && left.Length == right.Length
            && left.Zip(right).All(static pair => pair.First == pair.Second || (pair.First > 127) != (pair.Second > 127));
    }

    private static bool HasMark(string text) => text.Any(static letter => char.GetUnicodeCategory(letter) == UnicodeCategory.NonSpacingMark);

    /// <summary>The letters that take up width: without combining marks, formats and spaces at the ends.</summary>
    private static string Visible(string text) => string.Concat(text.Where(static letter =>
        char.GetUnicodeCategory(letter) is not (UnicodeCategory.NonSpacingMark or UnicodeCategory.Format))).Replace('\u00a0', ' ').Trim();

    private static int? Cost(string wanted, string known)
    {
        string left = Key(wanted), right = Key(known);
        if (left.Length == 0 || right.Length == 0) return null;
        if (left == right) return 0;
        if (Singular(left) == Singular(right)) return 1;
        if (left.Length > 1 && left == Initials(known)) return 2;
        int distance = Distance(left, right);
        if (distance <= Math.Max(1, Math.Max(left.Length, right.Length) / 3)) return 2 + distance;
        bool contained = Math.Min(left.Length, right.Length) >= ShortestPart
            && (left.Contains(right, StringComparison.Ordinal) || right.Contains(left, StringComparison.Ordinal));
        return contained ? 3 + distance : null;
    }

    /// <summary>Letters and digits in lower case, without a number that only orders ("03_cat").</summary>
    private static string Key(string text)
    {
        var key = new StringBuilder(text.Length);
        foreach (char letter in Visible(text))
            if (char.IsLetterOrDigit(letter)) key.Append(char.ToLowerInvariant(letter));
        int digits = 0;
        while (digits < key.Length && char.IsAsciiDigit(key[digits])) digits++;
        if (digits < key.Length) key.Remove(0, digits);
        return key.ToString();
    }

    private static string Singular(string key) =>
        key.EndsWith("ies", StringComparison.Ordinal) ? key[..^3] + "y"
        : key.EndsWith("es", StringComparison.Ordinal) && key.Length > 3 && "sxzh".Contains(key[^3], StringComparison.Ordinal) ? key[..^2]
        : key.EndsWith('s') && key.Length > 2 ? key[..^1]
        : key;

    private static string Initials(string text) =>
        string.Concat(text.Split(['-', '_', ' ', '.'], StringSplitOptions.RemoveEmptyEntries).Select(static word => char.ToLowerInvariant(word[0])));

    /// <summary>How many letters have to be changed, added, taken away or swapped with their neighbour.</summary>
    private static int Distance(string first, string second)
    {
        var rows = new int[3][];
        for (int i = 0; i < rows.Length; i++) rows[i] = new int[second.Length + 1];
        for (int j = 0; j <= second.Length; j++) rows[1][j] = j;
        for (int i = 1; i <= first.Length; i++)
        {
            (rows[0], rows[1], rows[2]) = (rows[1], rows[2], rows[0]);
            (int[] beforeLast, int[] last, int[] now) = (rows[2], rows[0], rows[1]);
            now[0] = i;
            for (int j = 1; j <= second.Length; j++)
            {
                int change = first[i - 1] == second[j - 1] ? 0 : 1;
                now[j] = Math.Min(Math.Min(now[j - 1], last[j]) + 1, last[j - 1] + change);
                if (i > 1 && j > 1 && first[i - 1] == second[j - 2] && first[i - 2] == second[j - 1]) now[j] = Math.Min(now[j], beforeLast[j - 2] + 1);
            }
        }
        return rows[1][second.Length];
    }
}
