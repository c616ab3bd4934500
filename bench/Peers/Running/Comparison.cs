using System.Diagnostics;

namespace Graft.Peers;

/// <summary>Runs the sides of a workload in turn, one run each, so that whatever else the machine does meets all of them.</summary>
internal static class Comparison
{
    private const int FewestWarmUps = 3;
    private const int FewestRounds = 7;
    private const int MostRounds = 41;

    // until the compiler has replaced its first, quick code by its best
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Budget = TimeSpan.FromSeconds(10);

    /// <summary>Measures one workload.</summary>
    /// <param name="workload">The workload.</param>
    /// <param name="without">Sides to leave out.</param>
    /// <param name="threads">How many threads each side computes with.</param>
    /// <param name="rounds">How many runs of each side are timed; 0 for what about ten seconds allow, 7 at least.</param>
    /// <param name="interrupt">Ends the sides.</param>
    /// <exception cref="BenchmarkException">The sides do not do the same work, or ours failed. A peer that is not there or fails is left out, and said to be.</exception>
    public static async Task<WorkloadResult> Measure(
        Workload workload, IReadOnlyCollection<string> without, int threads, int rounds, CancellationToken interrupt)
    {
        var sides = new List<SideProcess>();
        var failed = new Dictionary<string, string>();
        try
        {
            foreach (var side in workload.Sides)
                if (!without.Contains(side.Name)) await Try(side.Name, async () => sides.Add(await SideProcess.Start(workload, side, threads, interrupt)));
            RequireSameWork(workload, sides);

            double roof = await Roof(sides[0]);
            var (warm, roundTime) = (Stopwatch.StartNew(), TimeSpan.Zero);
            for (int round = 0; round < FewestWarmUps || warm.Elapsed < WarmUp * sides.Count; round++)
            {
                var began = warm.Elapsed;
                foreach (var side in sides.ToList()) await Try(side.Name, () => side.RunOnce(interrupt));
                roundTime = warm.Elapsed - began;
            }
            if (rounds == 0) rounds = (int)Math.Clamp(Budget / roundTime, FewestRounds, MostRounds);
            var runs = sides.ToDictionary(side => side.Name, _ => new List<Run>());
            for (int round = 0; round < rounds; round++)
                foreach (var side in sides.ToList()) await Try(side.Name, async () => runs[side.Name].Add(await side.RunOnce(interrupt)));

            double[] peaks = new double[sides.Count];
            for (int i = 0; i < peaks.Length; i++) peaks[i] = await sides[i].PeakResidentBytes(interrupt) / (1 << 20);
            // the clock may have changed since the first measurement; the roof is the higher of both
            roof = Math.Max(roof, await Roof(sides[0]));
            double ours = Median(runs[Workload.Ours].Select(run => run.Milliseconds));
            var (peers, builds) = (Medians(sides.Skip(1).Where(side => !side.IsBuild)), Medians(sides.Where(side => side.IsBuild)));
            int fastest = peers.Count == 0 ? -1 : sides.FindIndex(side => side.Name == peers.MinBy(peer => peer.Value).Key);
            return new WorkloadResult(
                workload.Name, threads, rounds, ours, peers, builds, fastest < 0 ? null : ours / peers[sides[fastest].Name],
                (workload.Bytes > 0 ? workload.Bytes : workload.Operations) / (ours / 1000) / roof, peaks[0], fastest < 0 ? null : peaks[fastest],
                Median(runs[Workload.Ours].Select(run => run.ManagedBytes)), sides.Where(side => side.Kernel is not null).ToDictionary(side => side.Name, side => side.Kernel!), failed);

            Dictionary<string, double> Medians(IEnumerable<SideProcess> some) => some.ToDictionary(side => side.Name, side => Median(runs[side.Name].Select(run => run.Milliseconds)));
        }
        finally
        {
            foreach (var side in sides) side.Dispose();
        }

        // a peer that fails is a line of the result
        async Task Try(string name, Func<Task> work)
        {
            try
            {
                await work();
            }
            catch (Exception exception) when (name != Workload.Ours && exception is (PeerMissingException or BenchmarkException))
            {
                failed[name] = Program.Line(exception.Message);
                if (sides.Find(side => side.Name == name) is not { } side) return;
                sides.Remove(side);
                side.Dispose();
            }
        }

        Task<double> Roof(SideProcess side) => workload.Bytes > 0 ? side.MeasureBandwidth(interrupt) : side.MeasureRoof(interrupt);
    }

    private static void RequireSameWork(Workload workload, List<SideProcess> sides)
    {
        if (sides.All(side => side.ParameterCount == sides[0].ParameterCount)) return;
        throw new BenchmarkException(
            $"{workload.Name}: the sides are not the same model: {string.Join(", ", sides.Select(side => $"{side.Name} has {side.ParameterCount} parameters"))}");
    }

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        int middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
