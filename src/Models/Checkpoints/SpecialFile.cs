using System.Formats.Tar;

namespace Graft.Models;

/// <summary>Tells pipes, sockets and devices from files: writing beside one and moving into place would put a file there instead.</summary>
public static class SpecialFile
{
    /// <summary>Whether a path leads to one.</summary>
    /// <param name="path">The path.</param>
    public static bool Is(string path)
    {
        if (!File.Exists(path)) return false;
        string target = path;
        if (File.ResolveLinkTarget(path, returnFinalTarget: true) is { } final)
        {
            // exists without a name: an open descriptor
            if (!File.Exists(final.FullName)) return true;
            target = final.FullName;
        }
        // A file with bytes is a file; what has none is asked through the only API that distinguishes the kinds.
        if (new FileInfo(target).Length > 0) return false;
        try
        {
            using var kinds = new MemoryStream();
            using (var writer = new TarWriter(kinds, leaveOpen: true)) writer.WriteEntry(target, "entry");
            kinds.Position = 0;
            using var reader = new TarReader(kinds);
            return reader.GetNextEntry()?.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // a socket is no entry of an archive
            return exception is not UnauthorizedAccessException;
        }
    }
}
