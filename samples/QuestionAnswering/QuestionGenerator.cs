using System.Globalization;
using Graft.Tensors;
using Graft.Text;

namespace Graft.Samples.QuestionAnswering;

/// <summary>How questions are made.</summary>
public sealed record QuestionOptions
{
    /// <summary>How many questions to learn from.</summary>
    public int Training { get; init; } = 5000;

    /// <summary>How many to be tested with.</summary>
    public int Test { get; init; } = 500;

    /// <summary>How many sentences make a context.</summary>
    public int Sentences { get; init; } = 5;

    /// <summary>The share of questions about a sentence that is not in the context.</summary>
    public double Impossible { get; init; }

    /// <summary>The seed of all draws.</summary>
    public ulong Seed { get; init; } = 1;
}

/// <summary>Makes questions about real sentences, in SQuAD's form. Several sentences make a context, at any place of which the answer may be, so that
/// question and context have to be read. Tests have sentences, ways to ask and things asked for that training does not.</summary>
/// <remarks>A thing asked for is an entity: the noun of the subject, the verb, the last word of a place, a thing or clothes. The most frequent entities
/// of each part are for training, of the others a share is held out.</remarks>
public sealed class QuestionGenerator
{
    private const int Frequent = 5;
    private const float HeldOutEntities = 0.3f, HeldOutSentences = 0.3f;
    private const int MostTries = 200;

    private readonly QuestionOptions options;
    private readonly List<Caption> training = [];
    private readonly List<Caption> test = [];
    private readonly Dictionary<AskedPart, HashSet<string>> frequent = [];

    /// <summary>Takes sentences apart.</summary>
    /// <param name="lines">Sentences; those of another form than "somebody is doing something" are left out.</param>
    /// <param name="options">How questions are made.</param>
    /// <exception cref="ArgumentException">There are too few usable sentences for a context.</exception>
    public QuestionGenerator(IEnumerable<string> lines, QuestionOptions options)
    {
        ArgumentNullException.ThrowIfNull(lines);
        ArgumentNullException.ThrowIfNull(options);
        this.options = options;
        var sides = new RandomStream(options.Seed, "sentences");
        ulong number = 0;
        foreach (var caption in lines.Select(Caption.Parse).OfType<Caption>().DistinctBy(static caption => caption.Text))
            (sides.Uniform(number++) < HeldOutSentences ? test : training).Add(caption);
        if (Math.Min(training.Count, test.Count) < 4 * options.Sentences)
            throw new ArgumentException($"{training.Count + test.Count} sentences of the form \"somebody is doing something\" are too few", nameof(lines));
        foreach (var group in QuestionTemplate.All.GroupBy(static template => template.Part))
            frequent[group.Key] = [.. training.Select(group.First().Entity).OfType<string>().CountBy(static entity => entity)
                .OrderByDescending(static count => count.Value).ThenBy(static count => count.Key, StringComparer.Ordinal).Take(Frequent).Select(static count => count.Key)];
    }

    /// <summary>How many sentences are of the form that questions are made about.</summary>
    public int Captions => training.Count + test.Count;

    /// <summary>The sentences to learn from.</summary>
    public IReadOnlyList<Caption> Training => training;

    /// <summary>The sentences to be tested with.</summary>
    public IReadOnlyList<Caption> Test => test;

    /// <summary>Questions to learn from and questions to be tested with.</summary>
    /// <exception cref="InvalidOperationException">The sentences do not give as many.</exception>
    public (IReadOnlyList<QuestionExample> Training, IReadOnlyList<QuestionExample> Test) Generate() =>
        (Draw(training, "train", options.Training, isTest: false), Draw(test, "test", options.Test, isTest: true));

    /// <summary>Whether an entity is asked for in tests alone.</summary>
    /// <param name="part">The part of a sentence that it is.</param>
    /// <param name="entity">The word.</param>
    public bool IsHeldOut(AskedPart part, string entity) =>
        !frequent[part].Contains(entity) && new RandomStream(options.Seed, $"entity {part} {entity}").Uniform(0) < HeldOutEntities;

    private List<QuestionExample> Draw(List<Caption> captions, string name, int count, bool isTest)
    {
        var draws = new Draws(new RandomStream(options.Seed, name));
        QuestionTemplate[] templates = [.. QuestionTemplate.All.Where(template => template.IsHeldOut == isTest)];
        var byPart = templates.GroupBy(static template => template.Part).ToDictionary(static group => group.Key, static group => group.ToArray());
        var usable = byPart.Keys.ToDictionary(static part => part, part => captions.Where(caption =>
            byPart[part][0].Entity(caption) is { } entity && IsHeldOut(part, entity) == isTest).ToArray());
        var parts = byPart.Keys.Where(part => usable[part].Length > 0).Order().ToArray();
        if (count > 0 && parts.Length == 0) throw new InvalidOperationException($"no sentence serves for {name}: give more");
        var examples = new List<QuestionExample>(count);
        var seen = new HashSet<(string, string)>();
        for (int tries = 0; examples.Count < count; tries++)
        {
            if (tries > MostTries * count) throw new InvalidOperationException($"the sentences give no more than {examples.Count} questions for {name}: give more");
            var part = parts[draws.Below(parts.Length)];
            var asked = usable[part][draws.Below(usable[part].Length)];
            var template = byPart[part][draws.Below(byPart[part].Length)];
            string question = template.Ask(asked);
            if (!seen.Add((question, asked.Text)) || Context(captions, asked, draws) is not { } context) continue;
            bool isImpossible = draws.Uniform() < options.Impossible;
            int place = draws.Below(options.Sentences);
            if (!isImpossible) context[place] = asked;
            string text = string.Join(' ', context.Select(static caption => caption.Text)), answer = template.Answer(asked)!;
            int start = context.Take(place).Sum(static caption => caption.Text.Length + 1) + Within(asked, part, answer);
            examples.Add(new QuestionExample(
                string.Create(CultureInfo.InvariantCulture, $"{name}-{examples.Count}"), question, text, isImpossible ? [] : [new AnswerSpan(start, answer)], isImpossible, "captions"));
        }
        return examples;
    }

    /// <summary>Other sentences, none of which answers a question about the one that is asked; null where too few were found.</summary>
    private Caption[]? Context(List<Caption> captions, Caption asked, Draws draws)
    {
        var others = new List<Caption>(options.Sentences);
        for (int tries = 0; others.Count < options.Sentences; tries++)
        {
            if (tries > MostTries * options.Sentences) return null;
            var other = captions[draws.Below(captions.Count)];
            if (!Holds(other.Subject, asked.Subject) && !Holds(other.Predicate, asked.Predicate) && !others.Contains(other)) others.Add(other);
        }
        return [.. others];
    }

    /// <summary>Whether every word of one text is in another.</summary>
    private static bool Holds(string text, string words) =>
        words.ToLowerInvariant().Split(' ').All(text.ToLowerInvariant().Split(' ').Contains);

    private static int Within(Caption caption, AskedPart part, string answer) => part switch
    {
        AskedPart.Person => 0,
        AskedPart.Clothes => caption.Subject.Length - answer.Length,
        AskedPart.Action => caption.Subject.Length + caption.Copula.Length + 2,
        AskedPart.Place => caption.Text.Length - 1 - answer.Length,
        _ => caption.Subject.Length + caption.Copula.Length + caption.Verb.Length + 3,
    };

    /// <summary>Numbers of a stream one after the other.</summary>
    private sealed class Draws(RandomStream stream)
    {
        private ulong position;

        public int Below(int maximum) => stream.Below(maximum, position++);

        public float Uniform() => stream.Uniform(position++);
    }
}
