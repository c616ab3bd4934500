namespace Graft.Transfer;

/// <summary>Figures by name, in the order in which they were given; equal where names and figures are.</summary>
public sealed class Metrics : IEquatable<Metrics>
{
    /// <summary>The name of the mean loss.</summary>
    public const string Loss = "loss";

    /// <summary>The name of the share that is right.</summary>
    public const string Accuracy = "accuracy";

    private readonly (string Name, double Value)[] figures;

    /// <summary>Takes figures with their names.</summary>
    /// <exception cref="ArgumentException">A name is given twice.</exception>
    public Metrics(params IEnumerable<(string Name, double Value)> figures)
    {
        ArgumentNullException.ThrowIfNull(figures);
        this.figures = [.. figures];
        if (this.figures.CountBy(static figure => figure.Name).FirstOrDefault(static name => name.Value > 1).Key is { } twice)
            throw new ArgumentException($"the metric '{twice}' is given twice: give each a name of its own", nameof(figures));
    }

    /// <summary>Names and figures, in order.</summary>
    public IReadOnlyList<(string Name, double Value)> All => figures;

    /// <summary>The figure of a name.</summary>
    /// <exception cref="KeyNotFoundException">There is none of that name.</exception>
    public double this[string name] => Find(name)
        ?? throw new KeyNotFoundException($"there is no metric '{name}'; there are {string.Join(", ", figures.Select(static figure => figure.Name))}");

    /// <summary>The figure of a name; null where there is none.</summary>
    public double? Find(string name)
    {
        int at = Array.FindIndex(figures, figure => figure.Name == name);
        return at < 0 ? null : figures[at].Value;
    }

    /// <summary>Whether names, figures and their order are the same.</summary>
    public bool Equals(Metrics? other) => other is not null && figures.AsSpan().SequenceEqual(other.figures);

    /// <summary>As <see cref="Equals(Metrics)"/>.</summary>
    public override bool Equals(object? obj) => Equals(obj as Metrics);

    /// <summary>Of the figures.</summary>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (var figure in figures) hash.Add(figure);
        return hash.ToHashCode();
    }

    /// <summary>Names and figures: <c>loss 0.31, accuracy 0.9</c>.</summary>
    public override string ToString() =>
        string.Join(", ", figures.Select(static figure => FormattableString.Invariant($"{figure.Name} {figure.Value:g6}")));
}
