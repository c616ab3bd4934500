using Xunit;

namespace Graft.Testing;

/// <summary>What runs take of the managed heap.</summary>
public static class Allocations
{
    /// <summary>Asserts that a run that is warm allocates nothing on its thread.</summary>
    /// <remarks>A collection may empty the pools that arrays are rented from, and the runtime compiles again what runs often: one run of several has to take
    /// nothing.</remarks>
    /// <param name="run">The run.</param>
    /// <param name="tries">How often it may be made.</param>
    public static void None(Action run, int tries = 20)
    {
        long least = long.MaxValue;
        for (int i = 0; i < tries && least > 0; i++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            run();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        Assert.Equal(0, least);
    }
}
