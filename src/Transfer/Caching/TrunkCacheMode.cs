namespace Graft.Transfer;

/// <summary>Where the outputs of a frozen trunk are kept from epoch to epoch.</summary>
public enum TrunkCacheMode
{
    /// <summary>In memory where they take a quarter of what is free at most and 1 GiB at most; otherwise nowhere.</summary>
    Auto,

    /// <summary>In memory, whatever they take.</summary>
    Memory,

    /// <summary>In files of a folder, read through memory maps and shared between runs.</summary>
    Disk,

    /// <summary>Nowhere: every epoch runs the whole model.</summary>
    Off,
}
