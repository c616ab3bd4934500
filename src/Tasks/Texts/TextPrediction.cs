namespace Graft.Tasks;

/// <summary>A classifier's prediction for a text.</summary>
/// <param name="Text">The text.</param>
/// <param name="Scores">Every label with its score, the highest first: probabilities that add up to 1 where a text has one class, a probability each where
/// it may have several, the numbers themselves of a regression.</param>
/// <param name="Labels">The labels that hold: the most probable one, or all that are more probable than not; those of a regression's numbers.</param>
public sealed record TextPrediction(string Text, IReadOnlyList<LabelScore> Scores, IReadOnlyList<string> Labels)
{
    /// <summary>The label with the highest score.</summary>
    public string Label => Scores[0].Label;

    /// <summary>Its score.</summary>
    public double Score => Scores[0].Score;
}

/// <summary>A label and its score.</summary>
/// <param name="Label">The label's name.</param>
/// <param name="Score">Its probability, or a regression's number.</param>
public readonly record struct LabelScore(string Label, double Score);
