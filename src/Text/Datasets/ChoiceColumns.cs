namespace Graft.Text;

/// <summary>Which columns of a file hold what there is to choose from. What is not said is found where the file has the names of SWAG (<c>sent1</c>,
/// <c>sent2</c>, <c>ending0</c>, <c>ending1</c> ..., <c>label</c>) or <c>context</c>, <c>question</c>, <c>choices</c>, <c>label</c>.</summary>
public sealed record ChoiceColumns
{
    /// <summary>The column of the contexts; null to find it.</summary>
    public string? Context { get; init; }

    /// <summary>The column of what stands before each choice; null to find it, where there is one.</summary>
    public string? Question { get; init; }

    /// <summary>The column of the choices: a list of texts in JSON lines, or what columns begin with that are numbered from 0 or 1; null to find it.</summary>
    public string? Choices { get; init; }

    /// <summary>The column of the right choice: its number, from 0, or a letter, from A; null where the file does not say it.</summary>
    public string? Label { get; init; } = "label";
}
