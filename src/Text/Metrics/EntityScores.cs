namespace Graft.Text;

/// <summary>How well entities were found: a predicted one counts where its type, its first and its last word are right.</summary>
/// <remarks>The rules of <c>seqeval</c>.</remarks>
public sealed class EntityScores
{
    private EntityScores(IReadOnlyDictionary<string, PrecisionRecall> types, double accuracy)
    {
        Types = types;
        Overall = PrecisionRecall.Sum(types.Values);
        Accuracy = accuracy;
    }

    /// <summary>Over all entities (the micro average).</summary>
    public PrecisionRecall Overall { get; }

    /// <summary>Each type of entity, in ordinal order.</summary>
    public IReadOnlyDictionary<string, PrecisionRecall> Types { get; }

    /// <summary>The share of words with the right tag.</summary>
    public double Accuracy { get; }

    /// <summary>The mean F1 over the types; 0 where there is no entity.</summary>
    public double MacroF1 => Types.Count == 0 ? 0 : Types.Values.Average(static type => type.F1);

    /// <summary>Figures by name: <c>precision</c>, <c>recall</c>, <c>f1</c>, <c>accuracy</c>.</summary>
    public IReadOnlyList<(string Name, double Value)> Figures =>
        [("precision", Overall.Precision), ("recall", Overall.Recall), ("f1", Overall.F1), ("accuracy", Accuracy)];

    /// <summary>Compares the tags of sentences.</summary>
    /// <param name="expected">The right tags of each sentence.</param>
    /// <param name="predicted">The predicted tags of each sentence, as many.</param>
    /// <param name="scheme">How the tags are read.</param>
    /// <exception cref="ArgumentException">There are not as many sentences or tags on both sides, or a tag is not one of the scheme.</exception>
    public static EntityScores Of(IReadOnlyList<IReadOnlyList<string>> expected, IReadOnlyList<IReadOnlyList<string>> predicted, TagScheme scheme = TagScheme.Lenient)
    {
        ArgumentNullException.ThrowIfNull(expected);
        ArgumentNullException.ThrowIfNull(predicted);
        if (expected.Count != predicted.Count) throw new ArgumentException($"{predicted.Count} sentences were predicted and {expected.Count} are expected");
        var types = new SortedDictionary<string, PrecisionRecall>(StringComparer.Ordinal);
        long right = 0, words = 0;
        for (int sentence = 0; sentence < expected.Count; sentence++)
        {
            IReadOnlyList<string> sought = expected[sentence], given = predicted[sentence];
            if (sought.Count != given.Count) throw new ArgumentException($"sentence {sentence} has {sought.Count} words and {given.Count} predicted tags");
            words += sought.Count;
            for (int word = 0; word < sought.Count; word++) right += sought[word] == given[word] ? 1 : 0;
            var entities = TaggedEntity.Find(sought, scheme).ToHashSet();
            foreach (var entity in entities) Add(types, entity, new PrecisionRecall(0, 0, 1));
            foreach (var entity in TaggedEntity.Find(given, scheme)) Add(types, entity, new PrecisionRecall(entities.Contains(entity) ? 1 : 0, 1, 0));
        }
        return new EntityScores(types, words == 0 ? 0 : (double)right / words);
    }

    private static void Add(SortedDictionary<string, PrecisionRecall> types, TaggedEntity entity, PrecisionRecall one)
    {
        types.TryGetValue(entity.Type, out var sum);
        types[entity.Type] = PrecisionRecall.Sum([sum, one]);
    }
}
