using System.Globalization;

namespace Graft.Text;

/// <summary>How much of a vocabulary has vectors.</summary>
/// <param name="Words">How many words the vocabulary has.</param>
/// <param name="Found">How many of them have a vector.</param>
/// <param name="FoundByCase">How many of these are spelled with other capital letters there.</param>
/// <param name="Occurrences">How often the words occur in all; as many as words where nobody counted.</param>
/// <param name="OccurrencesFound">How often those with a vector occur.</param>
/// <param name="Missing">The words without a vector, in the vocabulary's order.</param>
public sealed record WordCoverage(int Words, int Found, int FoundByCase, long Occurrences, long OccurrencesFound, IReadOnlyList<string> Missing)
{
    /// <summary>The share of words that have a vector.</summary>
    public double Share => Words == 0 ? 0 : (double)Found / Words;

    /// <summary>The share of occurrences that have a vector.</summary>
    public double OccurrenceShare => Occurrences == 0 ? 0 : (double)OccurrencesFound / Occurrences;

    /// <summary>In a line, with the first words that have none.</summary>
    public override string ToString()
    {
        string line = string.Create(CultureInfo.InvariantCulture, $"{Found:n0} of {Words:n0} words ({100 * Share:0.0} %) have a vector");
        if (FoundByCase > 0) line += string.Create(CultureInfo.InvariantCulture, $", {FoundByCase:n0} of them with other capital letters");
        if (Occurrences != Words) line += string.Create(CultureInfo.InvariantCulture, $"; {100 * OccurrenceShare:0.0} % of the text");
        return Missing.Count == 0 ? line : $"{line}; without one: {Printable.Some(Missing)}";
    }
}
