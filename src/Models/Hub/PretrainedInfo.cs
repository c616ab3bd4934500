namespace Graft.Models;

/// <summary>What is known of an architecture's published weights (timm's <c>default_cfg</c>): how its pictures were prepared and what its
/// classes are called.</summary>
/// <param name="Preprocessing">What was done to the pictures.</param>
/// <param name="Classes">The number of classes (<c>num_classes</c>).</param>
/// <param name="ClassNames">The classes' names in index order; null where they are not known.</param>
public sealed record PretrainedInfo(ImagePreprocessing Preprocessing, int Classes, IReadOnlyList<string>? ClassNames = null)
{
    /// <summary>The number of parameters that is published for the architecture with that many classes; null where none is.</summary>
    public long? Parameters { get; init; }

    /// <summary>Hugging Face's name of a class without one: <c>LABEL_0</c>.</summary>
    /// <param name="number">The class index.</param>
    public static string Unnamed(int number) => $"LABEL_{number}";

    /// <summary>Names for as many classes: the published ones, or LABEL_0, LABEL_1 ... for classes without.</summary>
    /// <param name="classes">How many classes there are.</param>
    public IReadOnlyList<string> NamesOf(int classes) =>
        ClassNames is { } names && names.Count == classes ? names : [.. Enumerable.Range(0, classes).Select(Unnamed)];
}
