using System.Collections.Concurrent;
using System.Runtime.Intrinsics;

namespace Graft.Tensors.Tests;

public class WorkersTests
{
    private const long Heavy = 1 << 20;

    private static readonly ConcurrentBag<string> Seen = [];
    private static Workers? nested;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public unsafe void Every_item_is_done_exactly_once(int threads)
    {
        using var workers = new Workers(threads, LaneKind.Scalar);
        foreach (int count in new[] { 0, 1, 2, 3, 7, 100, 4099 })
        {
            var done = new int[count];
            fixed (int* at = done)
            {
                var kernel = new Count(at);
                for (int round = 0; round < 20; round++) workers.Run(kernel, count, Heavy);
            }
            Assert.All(done, times => Assert.Equal(20, times));
        }
    }

    [Fact]
    public unsafe void Many_short_runs_leave_nobody_asleep()
    {
        // the races are between a worker that goes to sleep and a caller that wakes it
        using var workers = new Workers(3, LaneKind.Scalar);
        var done = new int[3];
        fixed (int* at = done)
        {
            for (int round = 0; round < 3000; round++)
            {
                workers.Run(new Count(at), 3, Heavy);
                if (round % 500 == 0) Thread.Sleep(2);
            }
        }
        Assert.Equal([3000, 3000, 3000], done);
    }

    [Fact]
    public void Work_below_the_grain_stays_on_the_caller()
    {
        using var workers = new Workers(2, LaneKind.Scalar);
        Seen.Clear();
        workers.Run(default(Remember), 100, 1);
        Assert.Equal([$"{Environment.CurrentManagedThreadId}: 0 to 100"], Seen);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void What_a_part_throws_reaches_the_caller_and_the_workers_go_on(int failing)
    {
        using var workers = new Workers(2, LaneKind.Scalar);
        var error = Assert.Throws<InvalidDataException>(() => workers.Run(new Fail(failing), 2, Heavy));
        Assert.Equal($"item {failing}", error.Message);
        Every_item_is_done_exactly_once(2);
        workers.Run(new Fail(-1), 2, Heavy);
    }

    [Fact]
    public void A_run_inside_a_run_is_done_inline()
    {
        using var workers = new Workers(2, LaneKind.Scalar);
        nested = workers;
        Seen.Clear();
        workers.Run(default(Nest), 2, Heavy);
        // each of the two parts did all four inner items by itself
        Assert.Equal(2, Seen.Count);
        Assert.All(Seen, part => Assert.EndsWith(": 0 to 4", part, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Two_callers_at_once_both_get_their_work_done()
    {
        using var workers = new Workers(2, LaneKind.Scalar);
        var results = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            var done = new int[1000];
            unsafe
            {
                fixed (int* at = done)
                    for (int round = 0; round < 50; round++) workers.Run(new Count(at), 1000, Heavy);
            }
            return done;
        }, TestContext.Current.CancellationToken)));
        Assert.All(results, done => Assert.All(done, times => Assert.Equal(50, times)));
    }

    [Fact]
    public void The_kernel_gets_the_lane_that_was_asked_for()
    {
        foreach (var lanes in new[] { LaneKind.Scalar, LaneKind.Vector, LaneKind.Vector512 })
        {
            if (lanes == LaneKind.Vector512 && !Vector512.IsHardwareAccelerated) continue;
            using var workers = new Workers(1, lanes);
            Seen.Clear();
            workers.Run(default(TellLane), 1);
            Assert.Equal(lanes switch { LaneKind.Scalar => "Lane1", LaneKind.Vector => "LaneV", _ => "Lane16" }, Assert.Single(Seen));
        }
    }

    [Fact]
    public void Nobody_at_all_cannot_work() => Assert.Throws<ArgumentOutOfRangeException>(() => new Workers(0, LaneKind.Scalar));

    private readonly unsafe struct Count(int* done) : IRangeKernel
    {
        public void Run<S>(nint begin, nint end) where S : unmanaged, IVectorLane<S>
        {
            for (nint i = begin; i < end; i++) Interlocked.Increment(ref done[i]);
        }
    }

    private readonly struct Remember : IRangeKernel
    {
        public void Run<S>(nint begin, nint end) where S : unmanaged, IVectorLane<S> =>
            Seen.Add($"{Environment.CurrentManagedThreadId}: {begin} to {end}");
    }

    private readonly struct TellLane : IRangeKernel
    {
        public void Run<S>(nint begin, nint end) where S : unmanaged, IVectorLane<S> => Seen.Add(typeof(S).Name);
    }

    private readonly struct Fail(int failing) : IRangeKernel
    {
        public void Run<S>(nint begin, nint end) where S : unmanaged, IVectorLane<S>
        {
            if (begin <= failing && failing < end) throw new InvalidDataException($"item {failing}");
        }
    }

    private readonly struct Nest : IRangeKernel
    {
        public void Run<S>(nint begin, nint end) where S : unmanaged, IVectorLane<S> => nested!.Run(default(Remember), 4, Heavy);
    }
}
