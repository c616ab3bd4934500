namespace Graft.Models;

/// <summary>Weights that somebody has published: where they are, of which architecture, and what is known of them.</summary>
/// <param name="Name">The name by which they are asked for, such as <c>resnet50.IMAGENET1K_V2</c>.</param>
/// <param name="Architecture">The architecture's name in <see cref="ModelRegistry"/>, or the kind of graph or text model.</param>
/// <param name="Source">Where they are.</param>
public sealed record PublishedWeights(string Name, string Architecture, WeightSource Source)
{
    /// <summary>What was done to the pictures; null for text, and where a file of its own says it.</summary>
    public ImagePreprocessing? Preprocessing { get; init; }

    /// <summary>The number of classes; 0 for a network without a head.</summary>
    public int Classes { get; init; }

    /// <summary>The classes' names in index order; null where the publisher's files say them or there are none.</summary>
    public IReadOnlyList<string>? ClassNames { get; init; }

    /// <summary>The number of parameters, as published; null where it is not.</summary>
    public long? Parameters { get; init; }

    /// <summary>The share of pictures that are classified right (acc@1, in percent), as published; null where it is not.</summary>
    public double? Accuracy { get; init; }

    /// <summary>What the accuracy was measured on, or what the weights were trained on.</summary>
    public string Data { get; init; } = "";

    /// <summary>The start of the file's SHA-256 in hexadecimal digits, where the publisher gives it; else null.</summary>
    public string? Sha256Prefix { get; init; }

    /// <summary>The licence, by its SPDX name or its address.</summary>
    public string Licence { get; init; } = "";

    /// <summary>Whether an architecture's name alone means these weights.</summary>
    public bool IsDefault { get; init; }
}
