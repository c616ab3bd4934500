using System.Diagnostics;
using Xunit;

namespace Graft.Testing;

/// <summary>Runs readers over files that were changed somewhere: each is read, or refused by one exception in one line; none crashes, hangs or takes
/// memory that its length does not justify.</summary>
public static class Bounded
{
    private const long MostTimesFile = 4;

    // buffers, messages and the runtime's own: all that is ever allocated counts, not only what is held at once
    private const long AlwaysAllowed = 8 << 20;
    private const double MostSeconds = 20;

    // More of them for whoever has the time: GRAFT_MUTATIONS=20 makes twenty times as many.
    private static readonly int Factor = int.TryParse(Environment.GetEnvironmentVariable("GRAFT_MUTATIONS"), out int factor) && factor > 0 ? factor : 1;

    /// <summary>Reads a number of files made of one by <see cref="Mutations"/>.</summary>
    /// <typeparam name="TException">What a reader may throw.</typeparam>
    /// <param name="whole">The file as it was.</param>
    /// <param name="seed">The seed of the changes.</param>
    /// <param name="count">How many files.</param>
    /// <param name="read">Reads one of them.</param>
    /// <param name="limit">How long all of them may take; a reader that hangs ends the test.</param>
    public static Task Mutated<TException>(byte[] whole, int seed, int count, Action<byte[]> read, TimeSpan? limit = null) where TException : Exception
    {
        var all = Task.Factory.StartNew(() =>
        {
            var mutations = new Mutations(seed);
            for (int round = 0; round < count * Factor; round++)
            {
                byte[] bytes = mutations.Of(whole);
                Run<TException>($"seed {seed}, file {round}", bytes.Length, () => read(bytes));
            }
        }, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        return all.WaitAsync(limit ?? TimeSpan.FromSeconds(120 * Factor), TestContext.Current.CancellationToken);
    }

    /// <summary>Reads one file.</summary>
    /// <typeparam name="TException">What the reader may throw.</typeparam>
    /// <param name="name">What to call the file.</param>
    /// <param name="length">Its length.</param>
    /// <param name="read">Reads it.</param>
    public static void Run<TException>(string name, long length, Action read) where TException : Exception
    {
        var clock = Stopwatch.StartNew();
        long before = GC.GetAllocatedBytesForCurrentThread();
        Guarded<TException>(name, read);
        long taken = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(taken <= AlwaysAllowed + MostTimesFile * length, $"{name}, {length} bytes, took {taken}");
        Assert.True(clock.Elapsed.TotalSeconds < MostSeconds, $"{name} took {clock.Elapsed.TotalSeconds:0.0} s");
    }

    /// <summary>Reads a part, which may be refused in one line.</summary>
    /// <typeparam name="TException">What the reader may throw.</typeparam>
    /// <param name="name">What to call it.</param>
    /// <param name="read">Reads it.</param>
    public static void Guarded<TException>(string name, Action read) where TException : Exception
    {
        try
        {
            read();
        }
        catch (TException exception)
        {
            Assert.DoesNotContain(exception.Message, char.IsControl);
        }
        catch (Exception exception)
        {
            Assert.Fail($"{name}: {exception}");
        }
    }
}
