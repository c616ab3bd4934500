using System.Globalization;
using System.Net;
using System.Net.Http.Headers;

namespace Graft.Hub;

/// <summary>Files of models on the Hugging Face hub, kept in the cache that Python's huggingface_hub uses too: what it has fetched is found, and
/// what is fetched here it finds.</summary>
/// <remarks>A file appears under its name when all its bytes are there and have the published size and hash. A download that broke off goes on
/// where it stopped, and two processes that want one file fetch it once. The token goes to the hub's host alone. Any number of threads may use
/// one client.</remarks>
public sealed class HubClient : IDisposable
{
    private const int LongestList = 64 << 20;

    private readonly HubSettings settings;
    private readonly HubCache cache;
    private readonly HubConnection connection;

    /// <summary>Makes a client.</summary>
    /// <param name="settings">Which hub and which folders; null for this process's environment.</param>
    /// <exception cref="HubException">The environment holds what it cannot.</exception>
    public HubClient(HubSettings? settings = null)
    {
        this.settings = settings ?? HubSettings.FromEnvironment();
        cache = new HubCache(this.settings.CacheFolder);
        connection = new HubConnection(this.settings);
    }

    /// <summary>The path of a file that the cache has already; null where it has not (huggingface_hub's <c>try_to_load_from_cache</c>).</summary>
    /// <param name="repository">The repository, such as <c>microsoft/resnet-50</c>.</param>
    /// <param name="file">The file's path in it, with slashes.</param>
    /// <param name="revision">A branch, tag or commit.</param>
    /// <exception cref="HubException">A name is not allowed.</exception>
    public string? FindFile(string repository, string file, string revision = "main")
    {
        Require(repository, revision);
        SafePath.Require(file, repository);
        return cache.CommitOf(repository, revision) is { } commit && cache.FileOf(repository, commit, file) is var path && Storage.Exists(path) ? path : null;
    }

    /// <summary>The path of a file in the cache, fetched where it is not there or the hub has a newer one (<c>hf_hub_download</c>).</summary>
    /// <param name="repository">The repository, such as <c>microsoft/resnet-50</c>.</param>
    /// <param name="file">The file's path in it, with slashes.</param>
    /// <param name="revision">A branch, tag or commit.</param>
    /// <param name="progress">Is told how far the download is.</param>
    /// <param name="cancellationToken">Ends the work; what has arrived stays for the next time.</param>
    /// <exception cref="HubException">There is no such file, or it cannot be fetched.</exception>
    public async Task<string> DownloadFileAsync(
        string repository, string file, string revision = "main", IProgress<FetchProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        string? there = FindFile(repository, file, revision);
        if (there is not null && (settings.Offline || RepositoryName.IsCommit(revision))) return there;
        if (settings.Offline) throw Missing(repository, file, revision);
        try
        {
            var (remote, commit) = await DescribeAsync(repository, file, revision, there is null ? settings.Attempts : 1, cancellationToken).ConfigureAwait(false);
            cache.Remember(repository, revision, commit);
            string path = cache.FileOf(repository, commit, file);
            if (!Storage.Exists(path)) await BringAsync(repository, remote, path, progress, cancellationToken).ConfigureAwait(false);
            return path;
        }
        catch (HubException exception) when (exception.Reason == HubFailure.Network && there is not null)
        {
            // as in Python: without a network the last known state is used
            return there;
        }
    }

    /// <summary>The names of a repository's files, with slashes (<c>list_repo_files</c>).</summary>
    /// <param name="repository">The repository, such as <c>microsoft/resnet-50</c>.</param>
    /// <param name="revision">A branch, tag or commit.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <exception cref="HubException">There is no such repository, or it cannot be asked.</exception>
    public async Task<IReadOnlyList<string>> ListFilesAsync(string repository, string revision = "main", CancellationToken cancellationToken = default)
    {
        Require(repository, revision);
        if (settings.Offline) throw new HubException(HubFailure.Offline, $"HF_HUB_OFFLINE forbids asking the hub for the files of {repository}: unset it");
        return (await ListAsync(repository, revision, settings.Attempts, cancellationToken).ConfigureAwait(false)).Files;
    }

    /// <summary>The folder with a model's files, fetched where they are not there: one form of its weights (safetensors before PyTorch's), its
    /// configuration, vocabulary and preprocessing.</summary>
    /// <param name="repository">The repository, such as <c>microsoft/resnet-50</c>.</param>
    /// <param name="revision">A branch, tag or commit.</param>
    /// <param name="progress">Is told how far the downloads are.</param>
    /// <param name="cancellationToken">Ends the work; what has arrived stays for the next time.</param>
    /// <returns>The paths of the files, the one with the weights first; they lie in one folder.</returns>
    /// <exception cref="HubException">There is no such repository, it has no weights, or they cannot be fetched.</exception>
    public async Task<FetchedModel> DownloadModelAsync(
        string repository, string revision = "main", IProgress<FetchProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        Require(repository, revision);
        if (settings.Offline) return Snapshot(repository, revision) ?? throw Missing(repository, "its weights", revision);
        var known = Snapshot(repository, revision);
        try
        {
            var (commit, files) = await ListAsync(repository, revision, known is null ? settings.Attempts : 1, cancellationToken).ConfigureAwait(false);
            var chosen = ModelFiles.Choose([.. files], repository);
            var paths = new List<string>();
            // the weights come last: a snapshot that has them is whole
            foreach (string file in chosen.Reverse())
                paths.Add(await DownloadFileAsync(repository, file, commit, progress, cancellationToken).ConfigureAwait(false));
            cache.Remember(repository, revision, commit);
            paths.Reverse();
            return new FetchedModel(repository, paths, null) { Folder = cache.SnapshotOf(repository, commit) };
        }
        catch (HubException exception) when (exception.Reason == HubFailure.Network && known is not null)
        {
            return known;
        }
    }

    /// <summary>Lets go of the connections.</summary>
    public void Dispose() => connection.Dispose();

    private static void Require(string repository, string revision)
    {
        ArgumentNullException.ThrowIfNull(repository);
        ArgumentNullException.ThrowIfNull(revision);
        RepositoryName.Require(repository);
        RepositoryName.RequireRevision(revision, repository);
    }

    /// <summary>What the cache has of a model; null where it has no weights of it.</summary>
    private FetchedModel? Snapshot(string repository, string revision)
    {
        if (cache.CommitOf(repository, revision) is not { } commit) return null;
        string folder = cache.SnapshotOf(repository, commit);
        if (!Directory.Exists(folder)) return null;
        var all = new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true, AttributesToSkip = 0 };
        string[] names = [.. Directory.EnumerateFiles(folder, "*", all)
            .Where(Storage.Exists).Select(file => Path.GetRelativePath(folder, file).Replace(Path.DirectorySeparatorChar, '/'))];
        try
        {
            var files = ModelFiles.Choose(names, repository);
            return new FetchedModel(repository, [.. files.Select(file => cache.FileOf(repository, commit, file))], null) { Folder = folder };
        }
        catch (HubException exception) when (exception.Reason == HubFailure.NotFound)
        {
            // a configuration alone, or weights of another kind
            return null;
        }
    }

    private async Task BringAsync(string repository, RemoteFile remote, string path, IProgress<FetchProgress>? progress, CancellationToken cancellation)
    {
        string blob = cache.BlobOf(repository, remote.Tag);
        using (await FileLock.TakeAsync(cache.LockOf(repository, remote.Tag), cancellation).ConfigureAwait(false))
        {
            if (Storage.Exists(path)) return;
            var there = new FileInfo(blob);
            bool isNew = !there.Exists || (remote.Size is { } size && there.Length != size);
            if (isNew)
            {
                string part = blob + ".incomplete";
                await new Download(connection, settings).RunAsync(remote, part, progress, cancellation).ConfigureAwait(false);
                Storage.Move(part, blob);
            }
            HubCache.Place(blob, path, isNew);
        }
    }

    /// <summary>Asks what a file is: its commit, its hash and its size stand in the first answer, before any redirect to another host.</summary>
    private async Task<(RemoteFile File, string Commit)> DescribeAsync(string repository, string file, string revision, int attempts, CancellationToken cancellation)
    {
        string name = string.Join('/', file.Split('/').Select(Uri.EscapeDataString));
        var address = new Uri($"{settings.Endpoint.AbsoluteUri.TrimEnd('/')}/{repository}/resolve/{Uri.EscapeDataString(revision)}/{name}");
        string? commit = null, linkedTag = null;
        long? linkedSize = null;
        var request = new HubRequest(HttpMethod.Head, address)
        {
            StaysAtHost = true,
            Seen = answer =>
            {
                commit ??= Header(answer, "X-Repo-Commit");
                linkedTag ??= Header(answer, "X-Linked-Etag");
                linkedSize ??= long.TryParse(Header(answer, "X-Linked-Size"), NumberStyles.None, CultureInfo.InvariantCulture, out long bytes) ? bytes : null;
            },
        };
        using var last = await connection.AskAsync(request, attempts, cancellation).ConfigureAwait(false);
        bool isRedirect = (int)last.StatusCode is > 300 and < 400;
        if (!last.IsSuccessStatusCode && !isRedirect) throw await RefusedAsync(last, repository, file, revision, cancellation).ConfigureAwait(false);
        string? tag = linkedTag ?? Header(last, "ETag");
        if (commit is null || !RepositoryName.IsCommit(commit) || tag is null)
            throw new HubException(HubFailure.Network, $"{HubConnection.Shown(address)} gives no commit and no ETag as a hub does: is HF_ENDPOINT one?");
        var strong = !isRedirect && EntityTagHeaderValue.TryParse(tag, out var parsed) && !parsed.IsWeak ? parsed : null;
        string plain = tag.StartsWith("W/", StringComparison.Ordinal) ? tag[2..].Trim('"') : tag.Trim('"');
        long? size = linkedSize ?? (isRedirect ? null : last.Content.Headers.ContentLength);
        return (new RemoteFile($"{repository}/{file}", address, plain, size, ContentHash.FromEntityTag(plain), strong), commit);
    }

    private async Task<HubException> RefusedAsync(HttpResponseMessage answer, string repository, string file, string revision, CancellationToken cancellation)
    {
        if (answer.StatusCode != HttpStatusCode.NotFound) return Refusals.OfRepository(answer, repository, settings);
        try
        {
            var (_, files) = await ListAsync(repository, revision, attempts: 1, cancellation).ConfigureAwait(false);
            string? near = files.FirstOrDefault(name => name.EndsWith('/' + file, StringComparison.OrdinalIgnoreCase)) ?? NearName.Find(file, files);
            return new HubException(
                HubFailure.NotFound, $"{repository} has no file '{Printable.Text(file)}'{(near is null ? "" : $" (nearest: {Printable.Text(near)})")}; it has {Printable.Some(files)}");
        }
        catch (HubException exception)
        {
            return exception;
        }
    }

    private async Task<(string Commit, IReadOnlyList<string> Files)> ListAsync(string repository, string revision, int attempts, CancellationToken cancellation)
    {
        var address = new Uri($"{settings.Endpoint.AbsoluteUri.TrimEnd('/')}/api/models/{repository}/revision/{Uri.EscapeDataString(revision)}");
        using var answer = await connection.AskAsync(new HubRequest(HttpMethod.Get, address), attempts, cancellation).ConfigureAwait(false);
        if (Refusals.IsOfRevision(answer)) throw new HubException(HubFailure.NotFound, $"{repository} has no branch, tag or commit '{Printable.Text(revision)}'; 'main' is usual");
        if (!answer.IsSuccessStatusCode) throw Refusals.OfRepository(answer, repository, settings);
        return HubListing.Parse(await connection.ReadAsync(answer, LongestList, cancellation).ConfigureAwait(false), repository, address);
    }

    private HubException Missing(string repository, string file, string revision)
    {
        string folder = cache.CommitOf(repository, revision) is { } commit ? cache.SnapshotOf(repository, commit) : cache.FolderOf(repository);
        return new HubException(
            HubFailure.Offline,
            $"{repository}: '{Printable.Text(file)}' of {revision} is not in {Printable.Whole(folder)}, and HF_HUB_OFFLINE forbids fetching it: "
            + "unset it, or copy that folder from a machine that has it");
    }

    private static string? Header(HttpResponseMessage answer, string name) =>
        answer.Headers.TryGetValues(name, out var values) ? values.FirstOrDefault() : null;
}
