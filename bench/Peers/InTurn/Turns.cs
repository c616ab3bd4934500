using System.Diagnostics;
using System.Globalization;

namespace Graft.Peers;

/// <summary>Sides that run in turn, a few calls each, in an order of chance in each round; each begins when the process is at rest.</summary>
internal sealed class Turns : IDisposable
{
    private const double TurnMilliseconds = 5;
    private const int WarmUps = 60, FewestRounds = 5;
    private const int GlanceMilliseconds = 2, LongestRestMilliseconds = 200;
    private const double Resting = 0.2;

    private readonly List<(string Name, ISide Side, List<double> Times)> sides = [];

    public void Add(string name, ISide side) => sides.Add((name, side, []));

    /// <summary>Runs them until the time is over.</summary>
    public void Run(TimeSpan time, CancellationToken interrupt)
    {
        // twice, with a pause in between in which what was called often is compiled anew
        for (int warmth = 0; warmth < 2; warmth++)
        {
            foreach (var (_, side, _) in sides)
                for (int call = 0; call < WarmUps; call++) side.Run();
            Thread.Sleep(300);
        }
        int calls = Math.Max(2, (int)(TurnMilliseconds / Time(sides[0].Side, 1)));
        var random = new Random(1);
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < time || sides[0].Times.Count < FewestRounds)
        {
            interrupt.ThrowIfCancellationRequested();
            foreach (int at in Enumerable.Range(0, sides.Count).OrderBy(_ => random.Next()))
            {
                // OpenBLAS's threads spin for some milliseconds after their work, and would take a core from the side whose turn it is
                Rest();
                // the first call wakes this side's own threads
                sides[at].Side.Run();
                sides[at].Times.Add(Time(sides[at].Side, calls));
            }
        }
    }

    /// <summary>Tells of each side how long it takes, and how long beside the first in the same round.</summary>
    public void Write(TextWriter output, string title, double operations)
    {
        output.WriteLine($"{title}, rounds: {sides[0].Times.Count}");
        foreach (var (name, _, times) in sides)
        {
            double median = Quantile(times, 0.5), beside = Quantile(times.Zip(sides[0].Times).Select(static pair => pair.First / pair.Second), 0.5);
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"  {name,-12} tenth {Quantile(times, 0.1):0.000} ms, median {median:0.000} ms, {operations / median / 1e6:0} GFLOP/s; beside graft in the same round {beside:0.000}"));
        }
    }

    public void Dispose() => sides.ForEach(static one => one.Side.Dispose());

    /// <summary>Waits until no thread of this process computes.</summary>
    private static void Rest()
    {
        for (int waited = 0; waited < LongestRestMilliseconds; waited += GlanceMilliseconds)
        {
            var used = Environment.CpuUsage.TotalTime;
            Thread.Sleep(GlanceMilliseconds);
            if (Environment.CpuUsage.TotalTime - used < Resting * TimeSpan.FromMilliseconds(GlanceMilliseconds)) return;
        }
    }

    private static double Time(ISide side, int calls)
    {
        long started = Stopwatch.GetTimestamp();
        for (int call = 0; call < calls; call++) side.Run();
        return Stopwatch.GetElapsedTime(started).TotalMilliseconds / calls;
    }

    private static double Quantile(IEnumerable<double> numbers, double share)
    {
        double[] sorted = [.. numbers.Order()];
        return sorted[(int)(share * (sorted.Length - 1))];
    }
}
