using System.Globalization;

namespace Graft.Hub;

/// <summary>The disk under the caches: what it refuses is said in a line.</summary>
internal static class Storage
{
    private const string MakeRoom = "make room, or keep the weights elsewhere by HF_HOME, TORCH_HOME or NUGET_PACKAGES";

    // ENOSPC and EDQUOT of Linux, EDQUOT of macOS, ERROR_HANDLE_DISK_FULL and ERROR_DISK_FULL of Windows
    private static readonly int[] Full = [28, 122, 69, unchecked((int)0x80070027), unchecked((int)0x80070070)];

    /// <summary>Whether there is a file behind a path: a link whose target is gone is none.</summary>
    public static bool Exists(string path)
    {
        try
        {
            return File.Exists(path) && (File.ResolveLinkTarget(path, returnFinalTarget: true)?.Exists ?? true);
        }
        catch (IOException)
        {
            // links that lead in a circle
            return false;
        }
    }

    /// <summary>Makes a folder where there is none.</summary>
    /// <exception cref="HubException">It cannot be made.</exception>
    public static void MakeFolder(string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Failed(folder, exception);
        }
    }

    /// <summary>Writes a file beside its place and moves it there when it is whole and on the disk.</summary>
    /// <param name="path">The file, whose folder is made where there is none.</param>
    /// <param name="write">Writes the bytes.</param>
    /// <exception cref="HubException">The file cannot be written.</exception>
    public static void WriteWhole(string path, Action<Stream> write)
    {
        MakeFolder(Path.GetDirectoryName(path)!);
        try
        {
            AtomicFile.Write(path, write);
        }
        catch (Exception exception) when (exception is (IOException and not HubException) or UnauthorizedAccessException)
        {
            throw Failed(path, exception);
        }
    }

    /// <summary>Lets a part that is whole appear under its name, at once.</summary>
    /// <exception cref="HubException">It cannot be moved.</exception>
    public static void Move(string part, string path)
    {
        try
        {
            File.Move(part, path, overwrite: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Failed(path, exception);
        }
    }

    /// <summary>What to throw when a file of a cache cannot be made, written or moved.</summary>
    public static HubException Failed(string path, Exception cause) => Full.Contains(cause.HResult)
        ? new HubException(
            HubFailure.Storage, $"{Printable.Whole(path)}: the disk is full{Free(path)}: {MakeRoom}", cause)
        : new HubException(HubFailure.Storage, $"{Printable.Whole(path)} cannot be written: {cause.Message}", cause);

    /// <summary>Refuses a download for which there is no room.</summary>
    /// <param name="folder">The folder that it is for.</param>
    /// <param name="bytes">The bytes that are to come.</param>
    /// <exception cref="HubException">There is less room than that.</exception>
    public static void RequireRoom(string folder, long bytes)
    {
        if (FreeBytes(folder) is not { } free || free >= bytes) return;
        throw new HubException(
            HubFailure.Storage,
            $"{Printable.Whole(folder)} has {Megabytes(free)} of room, and {Megabytes(bytes)} are to come: {MakeRoom}");
    }

    /// <summary>A number of bytes in megabytes.</summary>
    public static string Megabytes(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:0.0} MB");

    private static string Free(string path) => FreeBytes(Path.GetDirectoryName(path)!) is { } free ? $", {Megabytes(free)} left" : "";

    private static long? FreeBytes(string folder)
    {
        try
        {
            return new DriveInfo(folder).AvailableFreeSpace;
        }
        catch (Exception exception) when (exception is ArgumentException or IOException or UnauthorizedAccessException)
        {
            // a share or a mount that does not say
            return null;
        }
    }
}
