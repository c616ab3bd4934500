namespace Graft.Hub;

/// <summary>Why weights could not be fetched.</summary>
public enum HubFailure
{
    /// <summary>There is no such model, repository, revision, file, package or version.</summary>
    NotFound,

    /// <summary>A name or path that is not allowed, because it would leave the cache or name nothing.</summary>
    InvalidName,

    /// <summary>The publisher lets nobody in without a token, or not with this one.</summary>
    Denied,

    /// <summary>It is not in the cache, and nothing may be fetched.</summary>
    Offline,

    /// <summary>The server cannot be reached, broke off or is busy, also after several tries.</summary>
    Network,

    /// <summary>What arrived is not what was published: another size, another hash, a damaged package.</summary>
    Damaged,

    /// <summary>The cache cannot be written: the disk is full, or the folder is another user's.</summary>
    Storage,
}

/// <summary>Weights that cannot be fetched: what, from where, what to do.</summary>
/// <remarks>Fetching throws nothing else but <see cref="OperationCanceledException"/>.</remarks>
#pragma warning disable CA1032 // always with a reason and what is wrong
public sealed class HubException : IOException
#pragma warning restore CA1032
{
    /// <summary>Says why weights cannot be fetched.</summary>
    /// <param name="reason">The kind of failure.</param>
    /// <param name="message">What is wrong, where, and what to do.</param>
    /// <param name="cause">What threw; null for nothing.</param>
    public HubException(HubFailure reason, string message, Exception? cause = null)
        : base(message, cause) => Reason = reason;

    /// <summary>The kind of failure.</summary>
    public HubFailure Reason { get; }

    /// <summary>Whether another name has to be given: trying again would not help.</summary>
    public bool IsWrongName => Reason is HubFailure.NotFound or HubFailure.InvalidName;
}
