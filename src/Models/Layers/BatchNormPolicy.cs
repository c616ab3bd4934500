namespace Graft.Models;

/// <summary>What a batch norm does with its running statistics while a model trains.</summary>
public enum BatchNormPolicy
{
    /// <summary>Those that learn normalise by the batch and move their statistics; frozen ones use what is stored.</summary>
    FollowFreezing,

    /// <summary>All normalise by the batch and move their statistics, frozen or not.</summary>
    AlwaysBatchStatistics,

    /// <summary>All use what is stored.</summary>
    AlwaysRunningStatistics,
}
