namespace Graft.Models;

/// <summary>What a batch norm does with its running statistics while a model trains.</summary>
public enum BatchNormPolicy
{
    /// <summary>Trainable norms use batch statistics and update the running ones; frozen norms use running statistics.</summary>
    FollowFreezing,

    /// <summary>All use batch statistics and update the running ones, frozen or not.</summary>
    AlwaysBatchStatistics,

    /// <summary>All use running statistics.</summary>
    AlwaysRunningStatistics,
}
