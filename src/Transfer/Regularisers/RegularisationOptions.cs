namespace Graft.Transfer;

/// <summary>What keeps a fine-tuning from fitting its examples alone: penalties, flat minima, averages of weights. Nothing of it is used unless it is set.</summary>
public sealed record RegularisationOptions
{
    /// <summary>How strongly weights are pulled towards where they started, in place of the weight decay (L2-SP's alpha).</summary>
    public double? StartPenalty { get; init; }

    /// <summary>How strongly a new head's are pulled towards 0 then (L2-SP's beta); null for 0.01.</summary>
    public double? HeadPenalty { get; init; }

    /// <summary>How far up the gradient the loss is looked at (rho of sharpness-aware minimisation); a step then costs two.</summary>
    public double? SharpnessRadius { get; init; }

    /// <summary>How much of an exponential average of the weights a step keeps; the average is what is evaluated and kept.</summary>
    public double? AverageDecay { get; init; }

    /// <summary>The share of all steps after which the weights at the end of each epoch are averaged; the average is what is evaluated and kept (SWA).</summary>
    public double? AverageStart { get; init; }

    /// <summary>What the rates are multiplied by from there on (SWA); null for 0.5.</summary>
    public double? AverageRateFactor { get; init; }

    /// <summary>How often the last residual branch is dropped, and those before it less (stochastic depth), in [0, 1); null for what the architecture says.</summary>
    public double? StochasticDepth { get; init; }

    internal void Validate()
    {
        if (HeadPenalty is not null && StartPenalty is null) throw new ArgumentException("a penalty on the head goes with one towards the start of the other weights: give both");
        if (AverageRateFactor is not null && AverageStart is null) throw new ArgumentException("the rate of averaged weights needs the share of the steps after which they are averaged");
        if (AverageDecay is not null && AverageStart is not null) throw new ArgumentException("keep the exponential average of the weights or that of epochs, not both");
    }
}
