namespace Graft.Text;

/// <summary>The stem of an English word in lower case.</summary>
/// <remarks>Porter, "An algorithm for suffix stripping" (1980), with what NLTK's <c>PorterStemmer</c> adds to it, which rouge-score uses.</remarks>
internal static class PorterStemmer
{
    private static readonly Dictionary<string, string> Irregular = new(StringComparer.Ordinal)
    {
        ["sky"] = "sky",
        ["skies"] = "sky",
        ["dying"] = "die",
        ["lying"] = "lie",
        ["tying"] = "tie",
        ["news"] = "news",
        ["innings"] = "inning",
        ["inning"] = "inning",
        ["outings"] = "outing",
        ["outing"] = "outing",
        ["cannings"] = "canning",
        ["canning"] = "canning",
        ["howe"] = "howe",
        ["proceed"] = "proceed",
        ["exceed"] = "exceed",
        ["succeed"] = "succeed",
    };

    private static readonly (string End, string New)[] Plurals = [("sses", "ss"), ("ies", "i"), ("ss", "ss"), ("s", "")];

    private static readonly (string End, string New)[] Doubled =
    [
        ("ational", "ate"), ("tional", "tion"), ("enci", "ence"), ("anci", "ance"), ("izer", "ize"), ("bli", "ble"), ("alli", "al"), ("entli", "ent"), ("eli", "e"),
        ("ousli", "ous"), ("ization", "ize"), ("ation", "ate"), ("ator", "ate"), ("alism", "al"), ("iveness", "ive"), ("fulness", "ful"), ("ousness", "ous"),
        ("aliti", "al"), ("iviti", "ive"), ("biliti", "ble"), ("fulli", "ful"),
    ];

    private static readonly (string End, string New)[] Single =
        [("icate", "ic"), ("ative", ""), ("alize", "al"), ("iciti", "ic"), ("ical", "ic"), ("ful", ""), ("ness", "")];

    private static readonly (string End, string New)[] Last =
    [
        ("al", ""), ("ance", ""), ("ence", ""), ("er", ""), ("ic", ""), ("able", ""), ("ible", ""), ("ant", ""), ("ement", ""), ("ment", ""), ("ent", ""), ("ion", ""),
        ("ou", ""), ("ism", ""), ("ate", ""), ("iti", ""), ("ous", ""), ("ive", ""), ("ize", ""),
    ];

    public static string Stem(string word)
    {
        if (Irregular.TryGetValue(word, out string? stem)) return stem;
        if (word.Length <= 2) return word;
        return WithoutE(WithoutSuffix(WithoutSingle(WithoutDoubled(WithI(WithoutParticiple(WithoutPlural(word)))))));
    }

    private static string WithoutPlural(string word) =>
        word.Length == 4 && Ends(word, "ies") ? word[..^1] : Replace(word, Plurals, static (_, _) => true);

    private static string WithoutParticiple(string word)
    {
        if (Ends(word, "ied")) return word.Length == 4 ? word[..^1] : word[..^2];
        if (Ends(word, "eed")) return Measure(word[..^3]) > 0 ? word[..^1] : word;
        string stem = Ends(word, "ed") ? word[..^2] : Ends(word, "ing") ? word[..^3] : "";
        if (!HasVowel(stem)) return word;
        if (Ends(stem, "at") || Ends(stem, "bl") || Ends(stem, "iz")) return stem + "e";
        if (EndsDouble(stem)) return stem[^1] is 'l' or 's' or 'z' ? stem : stem[..^1];
        return Measure(stem) == 1 && EndsShort(stem) ? stem + "e" : stem;
    }

    private static string WithI(string word) => word.Length > 2 && word[^1] == 'y' && IsConsonant(word, word.Length - 2) ? word[..^1] + "i" : word;

    private static string WithoutDoubled(string word)
    {
        if (Ends(word, "alli") && Measure(word[..^4]) > 0) return WithoutDoubled(word[..^2]);
        if (Ends(word, "logi")) return Measure(word[..^3]) > 0 ? word[..^1] : word;
        return Replace(word, Doubled, static (_, stem) => Measure(stem) > 0);
    }

    private static string WithoutSingle(string word) => Replace(word, Single, static (_, stem) => Measure(stem) > 0);

    private static string WithoutSuffix(string word) =>
        Replace(word, Last, static (end, stem) => Measure(stem) > 1 && (end != "ion" || stem[^1] is 's' or 't'));

    private static string WithoutE(string word)
    {
        if (Ends(word, "e"))
        {
            string stem = word[..^1];
            int measure = Measure(stem);
            if (measure > 1 || measure == 1 && !EndsShort(stem)) word = stem;
        }
        return Ends(word, "ll") && Measure(word[..^1]) > 1 ? word[..^1] : word;
    }

    /// <summary>Replaces the first ending of a list that the word has, where what is before it allows; no other is tried then.</summary>
    private static string Replace(string word, (string End, string New)[] rules, Func<string, string, bool> allows)
    {
        foreach (var (end, replacement) in rules)
        {
            if (!Ends(word, end)) continue;
            string stem = word[..^end.Length];
            return allows(end, stem) ? stem + replacement : word;
        }
        return word;
    }

    private static bool Ends(string word, string end) => word.EndsWith(end, StringComparison.Ordinal);

    /// <summary>Whether a letter is none of a, e, i, o, u, nor a y behind a consonant.</summary>
    private static bool IsConsonant(string word, int at)
    {
        // a row of y is a consonant and a vowel in turn
        int first = at;
        while (first > 0 && word[first] == 'y') first--;
        bool isConsonant = word[first] is not ('a' or 'e' or 'i' or 'o' or 'u');
        return (at - first) % 2 == 0 ? isConsonant : !isConsonant;
    }

    /// <summary>How many times a consonant follows on a vowel.</summary>
    private static int Measure(string stem)
    {
        int measure = 0;
        bool afterVowel = false, afterConsonant = false;
        foreach (char letter in stem)
        {
            bool isConsonant = letter is not ('a' or 'e' or 'i' or 'o' or 'u') && !(letter == 'y' && afterConsonant);
            if (afterVowel && isConsonant) measure++;
            (afterVowel, afterConsonant) = (!isConsonant, isConsonant);
        }
        return measure;
    }

    private static bool HasVowel(string stem)
    {
        for (int at = 0; at < stem.Length; at++)
            if (!IsConsonant(stem, at)) return true;
        return false;
    }

    private static bool EndsDouble(string stem) => stem.Length >= 2 && stem[^1] == stem[^2] && IsConsonant(stem, stem.Length - 1);

    /// <summary>Whether a stem ends in consonant, vowel and a consonant other than w, x and y, or is a vowel and a consonant.</summary>
    private static bool EndsShort(string stem)
    {
        int last = stem.Length - 1;
        if (last == 1) return !IsConsonant(stem, 0) && IsConsonant(stem, 1);
        return last > 1 && IsConsonant(stem, last - 2) && !IsConsonant(stem, last - 1) && IsConsonant(stem, last) && stem[last] is not ('w' or 'x' or 'y');
    }
}
