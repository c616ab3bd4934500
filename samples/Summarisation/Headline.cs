namespace Graft.Samples.Summarisation;

/// <summary>What a caption says in a few words: who, and what they do.</summary>
public static class Headline
{
    private const int LongestAction = 4;

    // where a part of a sentence ends
    private static readonly HashSet<string> Ends = new(StringComparer.OrdinalIgnoreCase)
    {
        "is", "are", "was", "were", "has", "have", "in", "on", "at", "with", "near", "next", "by", "behind", "beside", "outside", "inside", "into", "onto", "through", "along", "under",
        "over", "during", "for", "from", "of", "to", "as", "and", "while", "that", "which", "who", "whose", "around", "across", "against", "above", "between", "before", "after", "down",
        "up", "off", "out", "towards", "toward", "past", "about", "using", "wearing", "dressed", "because", "without", "among", "amongst", "below", "beneath",
    };

    // what looks like a verb and is none, or says nothing of what is done
    private static readonly HashSet<string> NoActions = new(StringComparer.OrdinalIgnoreCase)
    {
        "wearing", "building", "buildings", "clothing", "something", "ceiling", "string", "evening", "morning", "during", "king", "ring", "wing", "spring", "swing", "railing", "wedding",
        "being", "having", "using", "including", "nothing", "anything", "everything", "lighting", "sling", "thing", "sterling", "painting", "housing", "parking", "dining", "living",
    };

    private static readonly HashSet<string> Articles = new(StringComparer.OrdinalIgnoreCase) { "a", "an", "the" };

    /// <summary>Who does what in a caption: its words up to the first that ends a part, and from the first form on -ing as many more; null where it has
    /// none of either.</summary>
    /// <param name="caption">The caption.</param>
    public static string? Of(string caption)
    {
        string[] words = caption.TrimEnd('.', ' ').Split(' ', StringSplitOptions.RemoveEmptyEntries);
        int action = Array.FindIndex(words, static word => word.Length > 4 && word.EndsWith("ing", StringComparison.Ordinal) && !NoActions.Contains(word));
        if (action < 1) return null;
        string[] who = [.. Part(words.AsSpan(0, action), words.Length)], what = [words[action], .. Part(words.AsSpan(action + 1), LongestAction - 1)];
        return who.Length == 0 ? null : string.Join(' ', [.. who, .. what]);
    }

    private static List<string> Part(ReadOnlySpan<string> words, int most)
    {
        var part = new List<string>();
        foreach (string word in words)
        {
            if (Ends.Contains(word) || part.Count == most) break;
            string plain = word.TrimEnd(',', ';', ':', '"').TrimStart('"');
            if (!Articles.Contains(plain) && plain.Length > 0) part.Add(plain);
            if (word.EndsWith(',')) break;
        }
        return part;
    }
}
