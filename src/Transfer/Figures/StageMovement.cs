using Graft.Models;

namespace Graft.Transfer;

/// <summary>How far a stage's weights have gone.</summary>
/// <param name="Stage">The stage's name.</param>
/// <param name="Parameters">How many numbers it has.</param>
/// <param name="Distance">|w - w0| / |w0|: the length of the way relative to where it began; 0 where nothing moved.</param>
public sealed record StageMovement(string Stage, long Parameters, double Distance)
{
    /// <summary>Of two models with the same parameters, stage by stage from stem to head.</summary>
    /// <param name="before">The model as it began.</param>
    /// <param name="after">The model as it is now.</param>
    /// <exception cref="ArgumentException">They are not of the same stages and shapes.</exception>
    public static IReadOnlyList<StageMovement> Between(Model before, Model after)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(after);
        if (!before.Stages.Select(static stage => stage.Name).SequenceEqual(after.Stages.Select(static stage => stage.Name)))
            throw new ArgumentException($"{before.Name} and {after.Name} have not the same stages", nameof(after));
        return [.. before.Stages.Zip(after.Stages, (from, to) => Between(before, from, after, to))];
    }

    /// <summary>|w - w0| / |w0|, and how much both sides add to it.</summary>
    /// <param name="before">w0.</param>
    /// <param name="after">w, as many numbers.</param>
    /// <exception cref="ArgumentException">They are not as many.</exception>
    public static double Relative(ReadOnlySpan<float> before, ReadOnlySpan<float> after)
    {
        var (way, start) = Squares(before, after);
        return Distanced(way, start);
    }

    private static StageMovement Between(Model before, Stage from, Model after, Stage to)
    {
        double way = 0, start = 0;
        long count = 0;
        foreach (var (first, second) in from.Modules.SelectMany(static module => module.Parameters()).Zip(to.Modules.SelectMany(static module => module.Parameters())))
        {
            if (first.Shape != second.Shape)
                throw new ArgumentException($"'{first.Name}' is {first.Shape} in {before.Name} and {second.Shape} in {after.Name}", nameof(after));
            var (ways, starts) = Squares(first.Value.ToArray(), second.Value.ToArray());
            (way, start, count) = (way + ways, start + starts, count + first.Shape.ElementCount);
        }
        return new StageMovement(from.Name, count, Distanced(way, start));
    }

    private static (double Way, double Start) Squares(ReadOnlySpan<float> before, ReadOnlySpan<float> after)
    {
        if (before.Length != after.Length) throw new ArgumentException($"there are {before.Length} numbers before and {after.Length} after", nameof(after));
        double way = 0, start = 0;
        for (int i = 0; i < before.Length; i++)
        {
            double moved = (double)after[i] - before[i];
            way += moved * moved;
            start += (double)before[i] * before[i];
        }
        return (way, start);
    }

    private static double Distanced(double way, double start) => way == 0 ? 0 : Math.Sqrt(way / start);
}
