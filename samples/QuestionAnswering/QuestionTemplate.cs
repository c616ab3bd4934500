namespace Graft.Samples.QuestionAnswering;

/// <summary>The part of a sentence that is asked for.</summary>
public enum AskedPart
{
    /// <summary>What the subject does.</summary>
    Action,

    /// <summary>Who does it.</summary>
    Person,

    /// <summary>Where.</summary>
    Place,

    /// <summary>To what.</summary>
    Thing,

    /// <summary>What the subject wears.</summary>
    Clothes,
}

/// <summary>A way to ask for a part of a sentence by the others.</summary>
/// <param name="Part">What is asked for.</param>
/// <param name="Wording">The question; names in braces stand for parts of the sentence.</param>
/// <param name="IsHeldOut">Whether it is used in tests alone.</param>
public sealed record QuestionTemplate(AskedPart Part, string Wording, bool IsHeldOut = false)
{
    /// <summary>All ways to ask.</summary>
    public static IReadOnlyList<QuestionTemplate> All { get; } =
    [
        new(AskedPart.Action, "What {be} {subject} doing?"),
        new(AskedPart.Action, "What does the text say {subject} {be} doing?"),
        new(AskedPart.Action, "{Subject} {be} busy doing what?"),
        new(AskedPart.Action, "In what activity {be} {subject} engaged?", IsHeldOut: true),
        new(AskedPart.Action, "How {be} {subject} spending the time?", IsHeldOut: true),
        new(AskedPart.Person, "Who {be} {predicate}?"),
        new(AskedPart.Person, "Who can be seen {predicate}?"),
        new(AskedPart.Person, "Which of them {be} {predicate}?"),
        new(AskedPart.Person, "Someone {be} {predicate}: who?", IsHeldOut: true),
        new(AskedPart.Person, "Name whoever {be} {predicate}.", IsHeldOut: true),
        new(AskedPart.Place, "Where {be} {subject} {verb}?"),
        new(AskedPart.Place, "In which place {be} {subject} {verb}?"),
        new(AskedPart.Place, "At what spot does one find {subject} {verb}?"),
        new(AskedPart.Place, "Whereabouts {be} {subject} {verb}?", IsHeldOut: true),
        new(AskedPart.Place, "What is the location of {subject} {verb}?", IsHeldOut: true),
        new(AskedPart.Thing, "What {be} {subject} {verb}?"),
        new(AskedPart.Thing, "What exactly {be} {subject} {verb}?"),
        new(AskedPart.Thing, "Which thing {be} {subject} {verb}?"),
        new(AskedPart.Thing, "Name the thing that {subject} {be} {verb}.", IsHeldOut: true),
        new(AskedPart.Thing, "{Subject} {be} {verb} something: what?", IsHeldOut: true),
        new(AskedPart.Clothes, "What {be} the {head} {predicate} wearing?"),
        new(AskedPart.Clothes, "What does one see the {head} wear who {be} {predicate}?"),
        new(AskedPart.Clothes, "In what {be} the {head} dressed who {be} {predicate}?"),
        new(AskedPart.Clothes, "Which clothes does the {head} have on who {be} {predicate}?"),
        new(AskedPart.Clothes, "Name the outfit of the {head} {predicate}."),
        new(AskedPart.Clothes, "Describe the clothes of the {head} {predicate}.", IsHeldOut: true),
        new(AskedPart.Clothes, "Which garment can be seen on the {head} {predicate}?", IsHeldOut: true),
    ];

    /// <summary>The question about a sentence.</summary>
    /// <param name="caption">The sentence.</param>
    public string Ask(Caption caption)
    {
        ArgumentNullException.ThrowIfNull(caption);
        string subject = char.ToLowerInvariant(caption.Subject[0]) + caption.Subject[1..];
        return Wording.Replace("{be}", caption.Copula, StringComparison.Ordinal).Replace("{subject}", subject, StringComparison.Ordinal)
            .Replace("{Subject}", caption.Subject, StringComparison.Ordinal).Replace("{predicate}", caption.Predicate, StringComparison.Ordinal)
            .Replace("{verb}", caption.Verb, StringComparison.Ordinal).Replace("{head}", caption.Head, StringComparison.Ordinal);
    }

    /// <summary>The answer in a sentence; null where the sentence has no such part.</summary>
    /// <param name="caption">The sentence.</param>
    public string? Answer(Caption caption)
    {
        ArgumentNullException.ThrowIfNull(caption);
        return Part switch
        {
            AskedPart.Action => caption.Predicate,
            AskedPart.Person => caption.Subject,
            AskedPart.Place => caption.Place,
            AskedPart.Thing => caption.Thing,
            _ => caption.Clothes,
        };
    }

    /// <summary>The word that an answer is about: the subject's noun, the verb, or the last word.</summary>
    /// <param name="caption">The sentence.</param>
    public string? Entity(Caption caption)
    {
        ArgumentNullException.ThrowIfNull(caption);
        return Part switch
        {
            AskedPart.Action => caption.Verb,
            AskedPart.Person => caption.Head,
            _ => Answer(caption)?.Split(' ')[^1].ToLowerInvariant(),
        };
    }
}
