namespace Graft.Tasks;

/// <summary>A row of figures of one colour.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Colour">The number of its colour in the page's style.</param>
internal sealed record Series(string Name, int Colour)
{
    /// <summary>Places on the x axis.</summary>
    public IReadOnlyList<double> X { get; init; } = [];

    /// <summary>The figures there.</summary>
    public IReadOnlyList<double> Y { get; init; } = [];

    /// <summary>The lowest and the highest figure of a seed there; empty for no band.</summary>
    public IReadOnlyList<(double Low, double High)> Band { get; init; } = [];

    /// <summary>The number of its colour.</summary>
    public int Style => Colour % ReportStyle.Colours;
}
