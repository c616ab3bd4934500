namespace Graft.Tasks;

/// <summary>What is chosen for a context.</summary>
/// <param name="Index">The number of the likeliest choice, from 0.</param>
/// <param name="Text">Its text.</param>
/// <param name="Probabilities">The probability of each choice, in their order; they add up to 1.</param>
public sealed record ChoicePrediction(int Index, string Text, IReadOnlyList<double> Probabilities)
{
    /// <summary>The probability of the likeliest choice.</summary>
    public double Probability => Probabilities[Index];
}
