namespace Graft.Tasks;

/// <summary>What a classifier makes of a picture.</summary>
/// <param name="Path">The picture's file.</param>
/// <param name="Classes">Every class with its probability, the likeliest first.</param>
public sealed record Prediction(string Path, IReadOnlyList<ClassProbability> Classes)
{
    /// <summary>The likeliest class.</summary>
    public string Label => Classes[0].Label;

    /// <summary>The probability of the likeliest class, from 0 to 1.</summary>
    public double Probability => Classes[0].Probability;
}

/// <summary>A class and how likely it is.</summary>
/// <param name="Label">The class's name.</param>
/// <param name="Probability">Its probability, from 0 to 1; those of all classes add up to 1.</param>
public sealed record ClassProbability(string Label, double Probability);
