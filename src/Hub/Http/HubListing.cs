using System.Text.Json;

namespace Graft.Hub;

/// <summary>What the hub says of a repository: its commit and the names of its files.</summary>
internal static class HubListing
{
    /// <summary>Reads the hub's answer.</summary>
    /// <exception cref="HubException">It is none, or a name leads out of the repository.</exception>
    public static (string Commit, IReadOnlyList<string> Files) Parse(byte[] json, string repository, Uri address)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            if (document.RootElement.ValueKind == JsonValueKind.Object
                && document.RootElement.TryGetProperty("sha", out var sha) && sha.ValueKind == JsonValueKind.String && RepositoryName.IsCommit(sha.GetString()!)
                && document.RootElement.TryGetProperty("siblings", out var siblings) && siblings.ValueKind == JsonValueKind.Array)
            {
                var files = new List<string>();
                foreach (var sibling in siblings.EnumerateArray())
                {
                    if (sibling.ValueKind != JsonValueKind.Object || !sibling.TryGetProperty("rfilename", out var name) || name.ValueKind != JsonValueKind.String) throw NoList(address);
                    SafePath.Require(name.GetString()!, repository);
                    files.Add(name.GetString()!);
                }
                return (sha.GetString()!, files);
            }
        }
        catch (JsonException exception)
        {
            throw NoList(address, exception);
        }
        catch (InvalidOperationException exception)
        {
            // text that is no Unicode
            throw NoList(address, exception);
        }
        throw NoList(address);
    }

    private static HubException NoList(Uri address, Exception? cause = null) =>
        new(HubFailure.Network, $"{HubConnection.Shown(address)} gives no list of files as a hub does: is HF_ENDPOINT one?", cause);
}
