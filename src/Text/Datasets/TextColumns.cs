namespace Graft.Text;

/// <summary>Which columns of a file hold the texts and their labels.</summary>
public sealed record TextColumns
{
    /// <summary>The column of the texts.</summary>
    public required string Text { get; init; }

    /// <summary>The column of second texts, where a pair is judged; null for single texts.</summary>
    public string? Pair { get; init; }

    /// <summary>The column of the labels.</summary>
    public required string Label { get; init; }

    /// <summary>What the labels are.</summary>
    public TextLabelKind Kind { get; init; }

    /// <summary>What stands between the classes of one text, where there may be several.</summary>
    public string ClassSeparator { get; init; } = ";";
}
