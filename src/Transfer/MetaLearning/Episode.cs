using Graft.Tensors;

namespace Graft.Transfer;

/// <summary>A task of few examples (Vinyals et al. 2016): some classes, a few examples of each to learn from, and others to be asked about.</summary>
/// <param name="Classes">The classes; in the episode they are numbered in this order.</param>
/// <param name="Support">The examples to learn from, class by class, as many of each.</param>
/// <param name="Queries">The examples that are asked about, class by class, as many of each.</param>
public sealed record Episode(IReadOnlyList<int> Classes, IReadOnlyList<int> Support, IReadOnlyList<int> Queries)
{
    /// <summary>How many classes there are.</summary>
    public int Ways => Classes.Count;

    /// <summary>The number in the episode of each example's class that is learnt from.</summary>
    public int[] SupportLabels => Labels(Support.Count);

    /// <summary>The number in the episode of each example's class that is asked about.</summary>
    public int[] QueryLabels => Labels(Queries.Count);

    private int[] Labels(int count)
    {
        int of = count / Ways;
        var labels = new int[count];
        for (int i = 0; i < count; i++) labels[i] = i / of;
        return labels;
    }
}

/// <summary>Draws episodes of labelled examples. Which one has a number depends on the seed alone.</summary>
/// <remarks>Threads may share it.</remarks>
public sealed class EpisodeDraw
{
    private readonly int[][] members;
    private readonly int[] classes;
    private readonly int ways, shots, queries;
    private readonly RandomStream ofClasses, ofExamples;

    /// <summary>Prepares the draw.</summary>
    /// <param name="labels">Each example's class.</param>
    /// <param name="ways">How many classes an episode has.</param>
    /// <param name="shots">How many examples of each are learnt from.</param>
    /// <param name="queries">How many of each are asked about.</param>
    /// <param name="seed">The seed.</param>
    /// <exception cref="ArgumentException">A count is not above 0, or too few classes have as many examples.</exception>
    public EpisodeDraw(IReadOnlyList<int> labels, int ways, int shots, int queries, ulong seed = 0)
    {
        ArgumentNullException.ThrowIfNull(labels);
        ArgumentOutOfRangeException.ThrowIfLessThan(ways, 2);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(shots);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(queries);
        var all = labels.Index().GroupBy(static example => example.Item).OrderBy(static group => group.Key)
            .Select(static group => (Class: group.Key, Members: group.Select(static example => example.Index).ToArray()))
            .Where(group => group.Members.Length >= shots + queries).ToList();
        if (all.Count < ways)
            throw new ArgumentException($"{all.Count} of {labels.Distinct().Count()} classes have {shots + queries} examples or more, and an episode has {ways}: "
                + "ask for fewer classes or examples");
        (classes, members) = ([.. all.Select(static group => group.Class)], [.. all.Select(static group => group.Members)]);
        (this.ways, this.shots, this.queries) = (ways, shots, queries);
        (ofClasses, ofExamples) = (new RandomStream(seed, "episode classes"), new RandomStream(seed, "episode examples"));
    }

    /// <summary>An episode by its number.</summary>
    /// <param name="number">The number, from 0.</param>
    public Episode At(long number)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(number);
        int[] chosen = ofClasses.Permutation(classes.Length, (ulong)number)[..ways], support = new int[ways * shots], asked = new int[ways * queries];
        for (int way = 0; way < ways; way++)
        {
            int[] own = members[chosen[way]], order = ofExamples.Permutation(own.Length, ((ulong)number * (ulong)classes.Length) + (ulong)chosen[way]);
            for (int i = 0; i < shots; i++) support[way * shots + i] = own[order[i]];
            for (int i = 0; i < queries; i++) asked[way * queries + i] = own[order[shots + i]];
        }
        return new Episode([.. chosen.Select(place => classes[place])], support, asked);
    }
}
