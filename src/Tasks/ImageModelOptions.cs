using Graft.Hub;

namespace Graft.Tasks;

/// <summary>What goes with a model's name or path (<see cref="ImageModelSource.Open"/>).</summary>
public sealed record ImageModelOptions
{
    /// <summary>The weights of an architecture: a file or folder; null for those that are published as its own, or a model that has its own.</summary>
    public string? Weights { get; init; }

    /// <summary>What is done to a picture first: an ONNX graph over pixels 0 ... 255, or a <c>preprocessor_config.json</c>; null for what the
    /// model itself says.</summary>
    public string? Preprocess { get; init; }

    /// <summary>The seed of a new head's initial values.</summary>
    public ulong Seed { get; init; }

    /// <summary>Which weights of a file, and what to tolerate; null to find them.</summary>
    public LoadOptions? Load { get; init; }

    /// <summary>Where published weights are fetched from and kept; null for this process's environment.</summary>
    public HubSettings? Hub { get; init; }

    /// <summary>Reports downloads.</summary>
    public IProgress<FetchProgress>? Progress { get; init; }
}
