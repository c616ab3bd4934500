using Graft.Autograd;

namespace Graft.Models;

/// <summary>Parameters chosen by key: <c>fc.weight</c> alone, <c>layer1</c> with all that is in it, <c>*.bias</c> wherever it is.</summary>
internal static class KeyPattern
{
    /// <summary>The parameters within a module whose keys, taken from that module, fit.</summary>
    /// <exception cref="ArgumentException">None fits.</exception>
    public static IReadOnlyList<Parameter> Select(Module module, string pattern)
    {
        ArgumentException.ThrowIfNullOrEmpty(pattern);
        string prefix = module.KeyOf("x")[..^1];
        var named = module.Parameters().Select(parameter => (Key: parameter.Name[prefix.Length..], Parameter: parameter)).ToList();
        var chosen = named.Where(entry => Fits(pattern, entry.Key)).Select(entry => entry.Parameter).ToList();
        if (chosen.Count > 0) return chosen;
        string near = NearName.FindKey(pattern.Trim('*', '.'), named.SelectMany(entry => Prefixes(entry.Key)).Distinct()) is { } name ? $"; the nearest is '{name}'" : "";
        throw new ArgumentException($"no parameter fits '{pattern}'{near}: give the key of a parameter or module, with * for any characters", nameof(pattern));
    }

    /// <summary>Whether the key, or that of a module around it, is the pattern's.</summary>
    private static bool Fits(string pattern, string key) =>
        pattern.Contains('*', StringComparison.Ordinal)
            ? Matches(pattern, key)
            : key.StartsWith(pattern, StringComparison.Ordinal) && (key.Length == pattern.Length || key[pattern.Length] == '.');

    /// <summary>A star first matches nothing; where the rest does not match, the last star takes one character more.</summary>
    private static bool Matches(string pattern, string key)
    {
        int at = 0, star = -1, taken = 0;
        for (int i = 0; i < key.Length;)
        {
            if (at < pattern.Length && pattern[at] == '*') (star, taken, at) = (at, i, at + 1);
            else if (at < pattern.Length && pattern[at] == key[i]) (at, i) = (at + 1, i + 1);
            else if (star >= 0) (at, i) = (star + 1, ++taken);
            else return false;
        }
        return pattern.AsSpan(at).Trim('*').IsEmpty;
    }

    /// <summary>The key and those of the modules around it.</summary>
    private static IEnumerable<string> Prefixes(string key)
    {
        for (int dot = key.IndexOf('.'); dot >= 0; dot = key.IndexOf('.', dot + 1)) yield return key[..dot];
        yield return key;
    }
}
