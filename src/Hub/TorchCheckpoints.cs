using System.Net;
using System.Net.Http.Headers;
using System.Text.RegularExpressions;

namespace Graft.Hub;

/// <summary>Checkpoints at an address, kept where torchvision keeps its own: <c>TORCH_HOME/hub/checkpoints/NAME-hash8.pth</c>, under the name that the
/// address ends with (<c>torch.hub.load_state_dict_from_url</c>).</summary>
public static partial class TorchCheckpoints
{
    /// <summary>The path of a checkpoint, fetched where it is not there. Where its name carries the start of its SHA-256, that is checked.</summary>
    /// <param name="address">The address, which ends with the file's name.</param>
    /// <param name="settings">Where it is kept; null for this process's environment.</param>
    /// <param name="progress">Is told how far the download is.</param>
    /// <param name="cancellationToken">Ends the work; what has arrived stays for the next time.</param>
    /// <exception cref="HubException">There is no such file, or it cannot be fetched.</exception>
    public static async Task<string> FetchAsync(
        Uri address, HubSettings? settings = null, IProgress<FetchProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(address);
        settings ??= HubSettings.FromEnvironment();
        if (!address.IsAbsoluteUri || address.Scheme is not ("http" or "https"))
            throw new HubException(HubFailure.InvalidName, $"'{Printable.Text(address.ToString())}' is no address of a file on the web");
        string name = Uri.UnescapeDataString(address.Segments[^1]);
        string path = SafePath.Join(settings.TorchFolder, name, HubConnection.Shown(address));
        if (name.Contains('/')) throw new HubException(HubFailure.InvalidName, $"{HubConnection.Shown(address)} does not end with the name of a file");
        if (File.Exists(path)) return path;
        if (settings.Offline)
            throw new HubException(
                HubFailure.Offline,
                $"{name} is not in {Printable.Whole(settings.TorchFolder)}, and HF_HUB_OFFLINE forbids fetching it: unset it, or put there what {HubConnection.Shown(address)} gives");

        using (await FileLock.TakeAsync(Path.Combine(settings.GraftFolder, ".locks", $"torch-{name}.lock"), cancellationToken).ConfigureAwait(false))
        {
            if (File.Exists(path)) return path;
            using var connection = new HubConnection(settings);
            var remote = await DescribeAsync(connection, address, name, settings.Attempts, cancellationToken).ConfigureAwait(false);
            // a part of another state of the file is another part
            string part = $"{path}.{remote.Tag}.incomplete";
            await new Download(connection, settings).RunAsync(remote, part, progress, cancellationToken).ConfigureAwait(false);
            Storage.Move(part, path);
        }
        return path;
    }

    private static async Task<RemoteFile> DescribeAsync(HubConnection connection, Uri address, string name, int attempts, CancellationToken cancellation)
    {
        using var answer = await connection.AskAsync(new HubRequest(HttpMethod.Head, address), attempts, cancellation).ConfigureAwait(false);
        // a server that only gives, and tells nothing
        bool isSilent = answer.StatusCode is HttpStatusCode.MethodNotAllowed or HttpStatusCode.NotImplemented;
        if (!answer.IsSuccessStatusCode && !isSilent) throw Refusals.Of(answer, name, address);
        var tag = isSilent ? null : answer.Headers.ETag;
        string plain = tag is null ? "part" : NotPlain().Replace(tag.Tag, "");
        var condition = tag is { IsWeak: false } ? new EntityTagHeaderValue(tag.Tag) : null;
        return new RemoteFile(name, address, plain[..Math.Min(plain.Length, 64)], isSilent ? null : answer.Content.Headers.ContentLength, ContentHash.FromName(name), condition);
    }

    [GeneratedRegex("[^A-Za-z0-9_-]")]
    private static partial Regex NotPlain();
}
