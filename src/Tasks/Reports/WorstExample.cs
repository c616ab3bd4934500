namespace Graft.Tasks;

/// <summary>An example that a model is very wrong about, with what it looked at.</summary>
/// <param name="Name">A picture's file, or where a text is from.</param>
/// <param name="Expected">The right class.</param>
/// <param name="Predicted">The predicted one.</param>
/// <param name="Probability">The probability of that one.</param>
/// <param name="ExpectedProbability">The probability of the right one.</param>
/// <param name="Loss">The cross-entropy.</param>
public sealed record WorstExample(string Name, string Expected, string Predicted, double Probability, double ExpectedProbability, double Loss)
{
    /// <summary>A picture as the model saw it, as a small JPEG; null for a text.</summary>
    public ReadOnlyMemory<byte>? Thumbnail { get; init; }

    /// <summary>The same with what spoke for the predicted class laid over it (Grad-CAM); null for a text, and where the model has no feature map.</summary>
    public ReadOnlyMemory<byte>? Overlay { get; init; }

    /// <summary>A text in pieces with the attention that reaches the prediction from each (attention roll-out), the most being 1; empty for a picture. Without attention all
    /// weights are 0.</summary>
    public IReadOnlyList<TextPiece> Pieces { get; init; } = [];
}

/// <summary>A piece of a text.</summary>
/// <param name="Text">Its characters.</param>
/// <param name="Weight">How much it counts, from 0 to 1.</param>
public sealed record TextPiece(string Text, double Weight);
