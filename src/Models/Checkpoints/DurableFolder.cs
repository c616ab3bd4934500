using System.Runtime.InteropServices;
using System.Text;

namespace Graft.Models;

/// <summary>Has a folder's names reach the disk: after a rename they are in the system's memory alone, and a power cut may bring the older ones back.</summary>
internal static partial class DurableFolder
{
    private const int ReadOnly = 0;

    /// <summary>Waits until what was renamed or removed in a folder is on the disk; where the system has no such call, nothing.</summary>
    public static void Flush(string folder)
    {
        if (!OperatingSystem.IsLinux() && !OperatingSystem.IsMacOS()) return;
        int descriptor = Open(Encoding.UTF8.GetBytes(folder + '\0'), ReadOnly);
        // a file system that cannot open or flush a folder keeps its names by itself
        if (descriptor < 0) return;
        _ = Flush(descriptor);
        _ = Close(descriptor);
    }

    [LibraryImport("libc", EntryPoint = "open")]
    private static partial int Open(byte[] path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync")]
    private static partial int Flush(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
