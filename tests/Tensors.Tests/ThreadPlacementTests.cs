using System.Globalization;

namespace Graft.Tensors.Tests;

public class ThreadPlacementTests
{
    private const string Field = "Cpus_allowed_list:";

    [Fact]
    public void A_thread_that_was_kept_off_its_wakers_core_goes_anywhere_again()
    {
        int cores = AllowedCores();
        Assert.SkipWhen(cores < 2, "the process has one core, or the system does not tell");
        var results = new List<int>();
        ThreadPlacement? placement = null;
        using SemaphoreSlim ready = new(0), kept = new(0);
        var thread = new Thread(() =>
        {
            placement = ThreadPlacement.OfThisThread(2);
            ready.Release();
            kept.Wait();
            results.Add(AllowedCores());
            placement?.GoAnywhere();
            results.Add(AllowedCores());
        });
        thread.Start();
        ready.Wait();
        Assert.NotNull(placement);
        placement.KeepOffThisCore();
        kept.Release();
        thread.Join();
        Assert.Equal([cores - 1, cores], results);
    }

    [Fact]
    public void Threads_without_a_core_each_are_left_alone()
    {
        Assert.SkipWhen(AllowedCores() == 0, "the system does not tell");
        Assert.Null(ThreadPlacement.OfThisThread(AllowedCores() + 1));
    }

    /// <summary>How many cores the calling thread may run on; 0 where the system does not tell.</summary>
    private static int AllowedCores()
    {
        const string Status = "/proc/thread-self/status";
        if (!File.Exists(Status)) return 0;
        string list = File.ReadLines(Status).Single(static line => line.StartsWith(Field, StringComparison.Ordinal))[Field.Length..];
        return list.Split(',').Sum(static range =>
        {
            int[] ends = [.. range.Split('-').Select(static end => int.Parse(end, CultureInfo.InvariantCulture))];
            return ends[^1] - ends[0] + 1;
        });
    }
}
