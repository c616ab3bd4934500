namespace Graft.Peers;

/// <summary>What a workload showed.</summary>
/// <param name="Workload">Its name.</param>
/// <param name="Threads">How many threads each side computed with.</param>
/// <param name="Rounds">How many runs of each side were timed.</param>
/// <param name="MedianMs">The median of our runs, in milliseconds.</param>
/// <param name="PeerMs">The median of each peer's runs.</param>
/// <param name="BuildMs">The same of other builds of ours, by their folders.</param>
/// <param name="Ratio">Our median over that of the fastest peer; null without a peer.</param>
/// <param name="RoofShare">Our arithmetic a second over the peak of multiply-adds in our process, on as many threads; where memory sets the pace the bytes read a
/// second over those that a copy moves.</param>
/// <param name="PeakRssMb">The most memory that our process had resident, in MiB.</param>
/// <param name="PeerPeakRssMb">The same of the fastest peer.</param>
/// <param name="ManagedBytesPerStep">The median of what our runs took from the managed heap.</param>
/// <param name="Kernels">Which kernels of a peer did the work, where it tells.</param>
/// <param name="Failed">Peers that are not there or failed, and why.</param>
internal sealed record WorkloadResult(
    string Workload, int Threads, int Rounds, double MedianMs, IReadOnlyDictionary<string, double> PeerMs, IReadOnlyDictionary<string, double> BuildMs,
    double? Ratio, double RoofShare, double PeakRssMb, double? PeerPeakRssMb, double ManagedBytesPerStep,
    IReadOnlyDictionary<string, string> Kernels, IReadOnlyDictionary<string, string> Failed)
{
    /// <summary>What the machine calls its processor.</summary>
    public string Processor { get; } = ProcessorName.Of();
}

