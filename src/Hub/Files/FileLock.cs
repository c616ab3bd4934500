namespace Graft.Hub;

/// <summary>A lock between processes: an open file that nobody else can open (flock on Unix, as Python's filelock has it). A process that
/// is killed lets go of it.</summary>
internal static class FileLock
{
    private static readonly TimeSpan BetweenTries = TimeSpan.FromMilliseconds(100);

    // EAGAIN and EWOULDBLOCK of Linux, EWOULDBLOCK of macOS, ERROR_SHARING_VIOLATION and ERROR_LOCK_VIOLATION of Windows
    private static readonly int[] Held = [11, 35, unchecked((int)0x80070020), unchecked((int)0x80070021)];

    /// <summary>Waits until the lock is this caller's.</summary>
    /// <param name="path">The lock's file, which is made where there is none and stays.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>What gives the lock back.</returns>
    /// <exception cref="HubException">The file cannot be made.</exception>
    public static async Task<IDisposable> TakeAsync(string path, CancellationToken cancellation)
    {
        Storage.MakeFolder(Path.GetDirectoryName(path)!);
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 1);
            }
            catch (IOException exception) when (Held.Contains(exception.HResult))
            {
                await Task.Delay(BetweenTries, cancellation).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                throw Storage.Failed(path, exception);
            }
        }
    }
}
