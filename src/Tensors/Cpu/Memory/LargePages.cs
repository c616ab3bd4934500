using System.Runtime.InteropServices;

namespace Graft.Tensors;

/// <summary>Native memory, on large pages where the system has them: a kernel that walks through a matrix column by column then
/// finds its pages without looking them up one by one.</summary>
internal static unsafe partial class LargePages
{
    private const int Alignment = 64;
    private const int PageBytes = 2 << 20;
    private const int AdviseHugePages = 14;

    /// <summary>Memory aligned to a cache line at least, to be freed with <see cref="NativeMemory.AlignedFree"/>.</summary>
    public static void* Allocate(long bytes)
    {
        if (bytes < PageBytes || !OperatingSystem.IsLinux()) return NativeMemory.AlignedAlloc((nuint)bytes, Alignment);
        void* start = NativeMemory.AlignedAlloc((nuint)bytes, PageBytes);
        // a system without large pages says so and goes on with small ones
        _ = Advise(start, (nuint)(bytes / PageBytes * PageBytes), AdviseHugePages);
        return start;
    }

    /// <summary>Has the C library give back what it keeps of memory that was freed.</summary>
    public static void Trim()
    {
        if (!OperatingSystem.IsLinux()) return;
        try
        {
            _ = TrimHeap(0);
        }
        catch (EntryPointNotFoundException)
        {
            // a C library that keeps nothing back (musl) has no such function
        }
    }

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int TrimHeap(nuint padding);

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(void* start, nuint length, int advice);
}
