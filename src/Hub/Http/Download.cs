using System.Globalization;
using System.Net;

namespace Graft.Hub;

/// <summary>Brings a file into a part beside its place: goes on where an earlier download broke off, and checks size and hash.</summary>
internal sealed class Download(HubConnection connection, HubSettings settings)
{
    /// <summary>So much has to arrive for a broken try not to count.</summary>
    private const long Worthwhile = 1 << 16;

    private const int BufferSize = 1 << 16;

    /// <summary>Brings the file; the caller holds its lock.</summary>
    /// <param name="file">The file.</param>
    /// <param name="part">The path of the part, which is whole and right on return.</param>
    /// <param name="progress">Is told how far it is.</param>
    /// <param name="cancellation">Ends the work; the part stays.</param>
    /// <exception cref="HubException">It cannot be brought, or is not what was published.</exception>
    public async Task RunAsync(RemoteFile file, string part, IProgress<FetchProgress>? progress, CancellationToken cancellation)
    {
        Storage.MakeFolder(Path.GetDirectoryName(part)!);
        for (bool isSecond = false; ; isSecond = true)
        {
            bool isContinued = await ReceiveAsync(file, part, progress, cancellation).ConfigureAwait(false);
            string? problem = file.Hash is null ? null : await file.Hash.ProblemAsync(part, cancellation).ConfigureAwait(false);
            if (problem is null) return;
            Delete(part);
            // what was there before may have been of another file; what came in one piece comes no better
            if (!isContinued || isSecond)
                throw new HubException(HubFailure.Damaged, $"{file.Name} of {HubConnection.Shown(file.Address)} is not what was published: {problem}; nothing of it was kept");
        }
    }

    /// <summary>Receives until the file is as long as it has to be; tells whether something was there already.</summary>
    private async Task<bool> ReceiveAsync(RemoteFile file, string part, IProgress<FetchProgress>? progress, CancellationToken cancellation)
    {
        var retries = new Retries(settings, HubConnection.Shown(file.Address), settings.Attempts);
        bool isContinued = false;
        while (true)
        {
            await using var target = Open(part);
            if (target.Length > 0 && (!file.MayResume || target.Length > (file.Size ?? long.MaxValue))) target.SetLength(0);
            long before = target.Length;
            isContinued |= before > 0;
            if (before > 0 && before == file.Size) return isContinued;
            if (file.Size is { } size) Storage.RequireRoom(Path.GetDirectoryName(part)!, size - before);
            HttpResponseMessage? answer = null;
            try
            {
                answer = await connection.SendAsync(new HubRequest(HttpMethod.Get, file.Address) { From = before, Condition = file.Condition }, cancellation).ConfigureAwait(false);
                if (Retries.IsBusy(answer.StatusCode))
                {
                    await retries.WaitAsync(HubConnection.Said(answer), answer, null, cancellation).ConfigureAwait(false);
                    continue;
                }
                Begin(file, target, answer);
                bool isWhole = await CopyAsync(file, answer, target, progress, cancellation).ConfigureAwait(false);
                if (isWhole) return isContinued;
                throw new IOException(string.Create(CultureInfo.InvariantCulture, $"it ended after {target.Length} of {file.Size} bytes"));
            }
            catch (Exception exception) when (Retries.IsBroken(exception))
            {
                if (target.Length - before >= Worthwhile) retries.Reset();
                await retries.WaitAsync(HubConnection.Said(exception), null, exception, cancellation).ConfigureAwait(false);
            }
            finally
            {
                answer?.Dispose();
            }
        }
    }

    /// <summary>Sets the part to where the answer begins.</summary>
    private static void Begin(RemoteFile file, FileStream target, HttpResponseMessage answer)
    {
        var range = answer.Content.Headers.ContentRange;
        switch (answer.StatusCode)
        {
            case HttpStatusCode.PartialContent when range?.From == target.Length && (file.Size is null || range.Length is null || range.Length == file.Size):
                target.Seek(0, SeekOrigin.End);
                return;
            case HttpStatusCode.OK:
                // the server gives all: it knows no ranges, or the file is another than before
                target.SetLength(0);
                return;
            case HttpStatusCode.PartialContent or HttpStatusCode.RequestedRangeNotSatisfiable:
                target.SetLength(0);
                throw new IOException("the server gave another part of the file than was asked for");
            default:
                throw Refusals.Of(answer, file);
        }
    }

    private async Task<bool> CopyAsync(RemoteFile file, HttpResponseMessage answer, FileStream target, IProgress<FetchProgress>? progress, CancellationToken cancellation)
    {
        await using var source = await answer.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
        long? size = file.Size ?? target.Length + answer.Content.Headers.ContentLength;
        byte[] buffer = new byte[BufferSize];
        progress?.Report(new FetchProgress(file.Name, target.Length, size));
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        while (true)
        {
            patience.CancelAfter(settings.StallTimeout);
            int read;
            try
            {
                read = await source.ReadAsync(buffer, patience.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException exception) when (!cancellation.IsCancellationRequested)
            {
                throw new TimeoutException($"nothing has come for {settings.StallTimeout.TotalSeconds} s", exception);
            }
            if (read == 0) break;
            if (target.Position + read > size)
            {
                target.SetLength(0);
                throw new HubException(HubFailure.Damaged, $"{file.Name} of {HubConnection.Shown(file.Address)} is longer than the {size} bytes that were published");
            }
            Write(target, buffer.AsSpan(0, read));
            progress?.Report(new FetchProgress(file.Name, target.Position, size));
        }
        Flush(target);
        return size is null || target.Length == size;
    }

    private static FileStream Open(string part)
    {
        try
        {
            var stream = new FileStream(part, FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read, bufferSize: 1);
            stream.Seek(0, SeekOrigin.End);
            return stream;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Storage.Failed(part, exception);
        }
    }

    private static void Write(FileStream target, ReadOnlySpan<byte> bytes)
    {
        try
        {
            target.Write(bytes);
        }
        catch (IOException exception)
        {
            throw Storage.Failed(target.Name, exception);
        }
    }

    private static void Flush(FileStream target)
    {
        try
        {
            target.Flush(flushToDisk: true);
        }
        catch (IOException exception)
        {
            throw Storage.Failed(target.Name, exception);
        }
    }

    private static void Delete(string part)
    {
        try
        {
            File.Delete(part);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Storage.Failed(part, exception);
        }
    }
}
