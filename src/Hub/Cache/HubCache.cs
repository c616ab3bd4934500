using System.Text;
using System.Text.RegularExpressions;

namespace Graft.Hub;

/// <summary>The hub's cache on disk as huggingface_hub lays it out: <c>models--org--name</c> with <c>blobs</c> by their hash, <c>refs</c> that name
/// commits, and <c>snapshots</c> of commits, whose files are relative links to blobs.</summary>
internal sealed partial class HubCache(string root)
{
    /// <summary>The cache's folder.</summary>
    public string Root => root;

    /// <summary>The folder of a repository.</summary>
    public string FolderOf(string repository) => Path.Combine(root, $"models--{repository.Replace("/", "--", StringComparison.Ordinal)}");

    /// <summary>The commit that a revision means as far as the cache knows; null where it does not.</summary>
    public string? CommitOf(string repository, string revision)
    {
        if (RepositoryName.IsCommit(revision)) return revision;
        string path = ReferenceOf(repository, revision);
        try
        {
            return File.Exists(path) && File.ReadAllText(path).Trim() is var commit && RepositoryName.IsCommit(commit) ? commit : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new HubException(HubFailure.Storage, $"{Printable.Whole(path)} cannot be read: {exception.Message}", exception);
        }
    }

    /// <summary>The folder of a commit's files.</summary>
    public string SnapshotOf(string repository, string commit) => Path.Combine(FolderOf(repository), "snapshots", commit);

    /// <summary>The place of a file of a commit.</summary>
    /// <exception cref="HubException">The file's name leads out of it.</exception>
    public string FileOf(string repository, string commit, string file) => SafePath.Join(SnapshotOf(repository, commit), file, repository);

    /// <summary>The place of a file's bytes.</summary>
    /// <exception cref="HubException">The tag is no name for a file.</exception>
    public string BlobOf(string repository, string tag) => Path.Combine(FolderOf(repository), "blobs", RequireTag(tag, repository));

    /// <summary>The lock under which a file's bytes are fetched.</summary>
    public string LockOf(string repository, string tag) =>
        Path.Combine(root, ".locks", Path.GetFileName(FolderOf(repository)), RequireTag(tag, repository) + ".lock");

    /// <summary>Notes which commit a branch or tag means.</summary>
    /// <exception cref="HubException">The cache cannot be written.</exception>
    public void Remember(string repository, string revision, string commit)
    {
        if (revision == commit || CommitOf(repository, revision) == commit) return;
        Storage.WriteWhole(ReferenceOf(repository, revision), stream => stream.Write(Encoding.ASCII.GetBytes(commit)));
    }

    /// <summary>Lets a file of a commit appear: as a relative link to its bytes, or where there are no links as a file of its own.</summary>
    /// <param name="blob">The bytes, whole and right.</param>
    /// <param name="file">The file's place.</param>
    /// <param name="isNew">Whether the bytes have just been fetched for this file: without links they are then moved, as Python does.</param>
    /// <exception cref="HubException">The cache cannot be written.</exception>
    public static void Place(string blob, string file, bool isNew)
    {
        string folder = Path.GetDirectoryName(file)!;
        Storage.MakeFolder(folder);
        if (Storage.Exists(file)) return;
        try
        {
            // a link whose bytes are gone is in the way
            File.Delete(file);
            try
            {
                File.CreateSymbolicLink(file, Path.GetRelativePath(folder, blob));
                return;
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or PlatformNotSupportedException)
            {
                // another process was first, or there are no links here
                if (Storage.Exists(file)) return;
            }
            PlaceWithoutLink(blob, file, isNew);
        }
        catch (Exception exception) when (exception is (IOException and not HubException) or UnauthorizedAccessException)
        {
            throw Storage.Failed(file, exception);
        }
    }

    /// <summary>Lets a file of a commit appear where there are no links.</summary>
    internal static void PlaceWithoutLink(string blob, string file, bool isNew)
    {
        if (isNew) File.Move(blob, file);
        else Copy(blob, file);
    }

    private static void Copy(string blob, string file) => Storage.WriteWhole(file, target =>
    {
        using var source = File.OpenRead(blob);
        source.CopyTo(target);
    });

    private string ReferenceOf(string repository, string revision) => SafePath.Join(Path.Combine(FolderOf(repository), "refs"), revision, repository);

    private static string RequireTag(string tag, string repository) => Tag().IsMatch(tag)
        ? tag
        : throw new HubException(HubFailure.Damaged, $"{repository}: the server's ETag '{Printable.Text(tag)}' is no name for a file: is HF_ENDPOINT a hub?");

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9_-]{0,127}\z")]
    private static partial Regex Tag();
}
