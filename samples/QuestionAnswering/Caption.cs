using System.Text.RegularExpressions;

namespace Graft.Samples.QuestionAnswering;

/// <summary>A real sentence of the form "somebody is doing something" and its parts.</summary>
/// <param name="Text">The sentence, with its full stop.</param>
/// <param name="Subject">Who: "A man in a blue shirt".</param>
/// <param name="Head">The noun of the subject: "man".</param>
/// <param name="Copula">"is" or "are".</param>
/// <param name="Predicate">What they do: "standing on a ladder".</param>
public sealed partial record Caption(string Text, string Subject, string Head, string Copula, string Predicate)
{
    private const string Prepositions = "in front of|on top of|next to|on|in|at|near|beside|behind|under|through|across|along|outside|inside|by|over|down";
    private const string Others = "with|for|from|to|into|and|of|while";
    private const string Articles = "a|an|the|some|his|her|their";
    private const int LongestSubject = 10, LongestPredicate = 15;

    private static readonly string[] Joints = [" in ", " with ", " wearing ", " on ", " at ", " of ", " from ", " and ", " who ", " holding ", " near ", " by ", " dressed "];

    /// <summary>The first word of the predicate: "standing".</summary>
    public string Verb => Predicate.Split(' ')[0];

    /// <summary>The place at its end: "on a ladder"; null for none.</summary>
    public string? Place => AtEnd().Match(Predicate) is { Success: true } match ? match.Groups["place"].Value : null;

    /// <summary>What is done something to, straight after the verb: "a guitar"; null for none.</summary>
    public string? Thing => AfterVerb().Match(Predicate) is { Success: true } match ? match.Groups["thing"].Value : null;

    /// <summary>What the subject wears, at its end: "a blue shirt"; null for nothing.</summary>
    public string? Clothes => Worn().Match(Subject) is { Success: true } match ? match.Groups["clothes"].Value : null;

    /// <summary>Takes a sentence apart; null where it is of another form.</summary>
    /// <param name="line">A line of the file.</param>
    public static Caption? Parse(string line)
    {
        ArgumentNullException.ThrowIfNull(line);
        string sentence = line.Trim().TrimEnd('.').TrimEnd();
        if (Form().Match(sentence) is not { Success: true } match) return null;
        string subject = match.Groups["subject"].Value, predicate = match.Groups["predicate"].Value;
        if (subject.Split(' ').Length > LongestSubject || predicate.Split(' ').Length is < 2 or > LongestPredicate) return null;
        int joint = Joints.Select(word => subject.IndexOf(word, StringComparison.Ordinal)).Where(static at => at > 0).DefaultIfEmpty(subject.Length).Min();
        string head = subject[..joint].Split(' ')[^1].ToLowerInvariant();
        return new Caption($"{sentence}.", subject, head, match.Groups["copula"].Value, predicate);
    }

    [GeneratedRegex(
        @"^(?<subject>(?:A|An|The|One|Two|Three|Four|Five|Six|Several|Some|Many)(?: (?!is |are |while |that |they |which )[\w'-]+)+) (?<copula>is|are) "
        + @"(?<predicate>[a-z]+ing(?: (?!while |is |are )[\w'-]+)+)$")]
    private static partial Regex Form();

    [GeneratedRegex(
        $@"^[a-z]+ing .*?\b(?<place>(?:{Prepositions}) (?:{Articles})(?: (?!(?:{Prepositions}|{Others})\b)[\w'-]+)"
        + $@"(?: (?!(?:{Prepositions}|{Others}|[\w-]+ing)\b)[\w'-]+){{0,3}})$")]
    private static partial Regex AtEnd();

    [GeneratedRegex(
        $@"^[a-z]+ing (?<thing>(?:{Articles})(?: (?!(?:{Prepositions}|{Others}|up|off|as|that|being)\b)[\w'-]+){{1,3}}?)"
        + $@"(?= (?:{Prepositions}|with|for|from|to|into)\b|$)")]
    private static partial Regex AfterVerb();

    [GeneratedRegex(
        @" (?:in|wearing) (?<clothes>(?:(?:a|an|the|his|her|their) )?(?:(?!in |and |with |on )[\w'-]+ ){0,3}"
        + @"(?:shirts?|hats?|jackets?|dress|dresses|coats?|shorts|pants|jeans|uniforms?|helmets?|tops?|sweaters?|suits?|vests?|outfits?|hoodie|skirts?|"
        + @"costumes?|caps?|scarf|sunglasses|glasses|apron|robes?))$")]
    private static partial Regex Worn();
}
