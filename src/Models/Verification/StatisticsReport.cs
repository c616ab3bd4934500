namespace Graft.Models;

/// <summary>How well a model's batch norms fit pictures.</summary>
/// <param name="Pictures">How many pictures were run.</param>
/// <param name="Layers">The norms in the order of the model.</param>
public sealed record StatisticsReport(int Pictures, IReadOnlyList<NormFit> Layers)
{
    /// <summary>The first norm that does not fit: what is wrong lies in the weights right before it, or, at the very first, in the pictures'
    /// preprocessing. Null where all fit.</summary>
    public NormFit? FirstThatDoesNotFit => Layers.FirstOrDefault(layer => layer is { Fits: false, Drifts: false });

    /// <summary>The first norm that drifts (<see cref="NormFit.Drifts"/>); null where none does.</summary>
    public NormFit? FirstThatDrifts => Layers.FirstOrDefault(layer => layer.Drifts);
}

/// <summary>A norm's running statistics beside those measured.</summary>
/// <param name="Layer">The norm's key.</param>
/// <param name="Mean">The correlation, over channels, of the stored with the measured means.</param>
/// <param name="Variance">The same of the logarithms of the variances.</param>
/// <param name="Shift">How far a channel's measured mean lies from the stored one, in stored standard deviations: the root mean square.</param>
/// <param name="Spread">By what factor measured and stored variances differ: the geometric mean over channels, from 1.</param>
public sealed record NormFit(string Layer, double Mean, double Variance, double Shift, double Spread)
{
    /// <summary>The least correlation of a layer that was imported rightly.</summary>
    public const double LeastCorrelation = 0.8;

    /// <summary>The correlation below which a layer is behind weights that are not its own.</summary>
    public const double LeastOfDrift = 0.3;

    /// <summary>The largest factor between stored and measured variances.</summary>
    public const double LargestSpread = 3;

    /// <summary>The shift up to which means agree even where they do not correlate: those of a first layer, behind a normalisation, are all
    /// about 0.</summary>
    public const double NegligibleShift = 0.35;

    /// <summary>The layer's correlation: the smaller of both, or that of the variances alone where the means agree as numbers.</summary>
    public double Correlation => Shift <= NegligibleShift ? Variance : Math.Min(Mean, Variance);

    /// <summary>Whether the layer is the one that was trained.</summary>
    public bool Fits => Correlation >= LeastCorrelation && Spread <= LargestSpread;

    /// <summary>Whether the layer differs as it does on pictures of another kind than those that it was trained on: the more, the deeper a
    /// layer lies. A wrong import shows as no correlation at all.</summary>
    public bool Drifts => !Fits && Correlation >= LeastOfDrift && Spread <= LargestSpread;
}
