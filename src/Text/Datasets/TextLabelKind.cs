namespace Graft.Text;

/// <summary>What the labels of texts are (Hugging Face's <c>problem_type</c>).</summary>
public enum TextLabelKind
{
    /// <summary>One class a text.</summary>
    SingleLabel,

    /// <summary>Any number of classes a text, also none.</summary>
    MultiLabel,

    /// <summary>A number a text.</summary>
    Regression,
}
