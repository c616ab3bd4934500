namespace Graft.Models;

/// <summary>What norms in a frozen part of a model do while the rest is trained.</summary>
public enum FrozenNormPolicy
{
    /// <summary>They are frozen as the rest of the part: batch norms normalise by their running statistics, which stay as they are.</summary>
    RunningStatistics,

    /// <summary>Weights and biases stay; batch norms normalise by the batch and their running statistics follow it.</summary>
    TrackStatistics,

    /// <summary>Weights and biases of norms of any kind learn (Frankle et al. 2021); the running statistics of batch norms stay and are what they
    /// normalise by.</summary>
    TrainAffine,
}

/// <summary>What dropout and stochastic depth in a frozen part of a model do while the rest is trained.</summary>
public enum FrozenDropoutPolicy
{
    /// <summary>They draw as in a part that learns.</summary>
    Active,

    /// <summary>They draw nothing: a frozen part gives the same output for the same input.</summary>
    Off,
}
