namespace Graft.Tasks;

/// <summary>A classifier's prediction for a picture.</summary>
/// <param name="Path">The picture's file.</param>
/// <param name="Classes">Every class with its probability, the most probable first.</param>
public sealed record Prediction(string Path, IReadOnlyList<ClassProbability> Classes)
{
    /// <summary>The most probable class (top-1).</summary>
    public string Label => Classes[0].Label;

    /// <summary>The probability of that class, from 0 to 1.</summary>
    public double Probability => Classes[0].Probability;
}

/// <summary>A class and its probability.</summary>
/// <param name="Label">The class's name.</param>
/// <param name="Probability">Its probability, from 0 to 1; those of all classes add up to 1.</param>
public sealed record ClassProbability(string Label, double Probability);
