using System.Text;

namespace Graft.Text;

/// <summary>Which texts are, letter by letter, one of their references.</summary>
/// <remarks><c>exact_match</c> of Hugging Face's <c>evaluate</c>; with several references one is enough.</remarks>
public sealed record SequenceMatch
{
    /// <summary>The share of texts that match, from 0 to 1.</summary>
    public required double Share { get; init; }

    /// <summary>How many match.</summary>
    public required int Matches { get; init; }

    /// <summary>Figures by name: <c>exact_match</c>.</summary>
    public IReadOnlyList<(string Name, double Value)> Figures => [("exact_match", Share)];

    /// <summary>Compares texts with a reference each.</summary>
    /// <param name="hypotheses">The texts.</param>
    /// <param name="references">A reference for each text.</param>
    /// <param name="options">What does not count; null for nothing.</param>
    /// <exception cref="ArgumentException">There is no text, or not as many on both sides.</exception>
    public static SequenceMatch Of(IReadOnlyList<string> hypotheses, IReadOnlyList<string> references, SequenceMatchOptions? options = null) =>
        Of(hypotheses, Segments.Single(references), options);

    /// <summary>Compares texts with several references each.</summary>
    /// <param name="hypotheses">The texts.</param>
    /// <param name="references">The references of each text.</param>
    /// <param name="options">What does not count; null for nothing.</param>
    /// <exception cref="ArgumentException">There is no text, or not as many on both sides.</exception>
    public static SequenceMatch Of(IReadOnlyList<string> hypotheses, IReadOnlyList<IReadOnlyList<string>> references, SequenceMatchOptions? options = null)
    {
        Segments.Require(hypotheses, references);
        options ??= new SequenceMatchOptions();
        int matches = 0;
        for (int at = 0; at < hypotheses.Count; at++)
        {
            string text = options.Apply(hypotheses[at]);
            if (references[at].Any(reference => options.Apply(reference) == text)) matches++;
        }
        return new SequenceMatch { Share = (double)matches / hypotheses.Count, Matches = matches };
    }
}

/// <summary>What does not count where texts are compared letter by letter.</summary>
public sealed record SequenceMatchOptions
{
    /// <summary>Whether case does not.</summary>
    public bool IgnoreCase { get; init; }

    /// <summary>Whether ASCII's punctuation does not.</summary>
    public bool IgnorePunctuation { get; init; }

    /// <summary>Whether ASCII's digits do not.</summary>
    public bool IgnoreNumbers { get; init; }

    internal string Apply(string text)
    {
        if (IgnoreCase) text = PythonStrings.Lower(text);
        if (!IgnorePunctuation && !IgnoreNumbers) return text;
        var kept = new StringBuilder(text.Length);
        foreach (char letter in text)
            if (!(IgnorePunctuation && PythonStrings.Punctuation.Contains(letter)) && !(IgnoreNumbers && char.IsAsciiDigit(letter))) kept.Append(letter);
        return kept.ToString();
    }
}
