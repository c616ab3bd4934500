using System.Net;

namespace Graft.Hub;

/// <summary>What a server's refusal means and what to do about it.</summary>
internal static class Refusals
{
    private const string ErrorCode = "X-Error-Code";
    private const string ErrorMessage = "X-Error-Message";

    /// <summary>Whether a refusal says that there is no such revision of a repository that there is.</summary>
    public static bool IsOfRevision(HttpResponseMessage answer) => Header(answer, ErrorCode) == "RevisionNotFound";

    /// <summary>The refusal of a file at an address.</summary>
    public static HubException Of(HttpResponseMessage answer, RemoteFile file) => Of(answer, file.Name, file.Address);

    /// <summary>The refusal of a file at an address.</summary>
    public static HubException Of(HttpResponseMessage answer, string name, Uri address)
    {
        string said = $"{name} of {HubConnection.Shown(address)}: {HubConnection.Said(answer)}";
        return answer.StatusCode switch
        {
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => new HubException(HubFailure.Denied, $"{said}{Message(answer)}"),
            HttpStatusCode.NotFound or HttpStatusCode.Gone => new HubException(HubFailure.NotFound, $"{said}: it is not there, or not any more"),
            _ => new HubException(HubFailure.Network, $"{said}{Message(answer)}"),
        };
    }

    /// <summary>The refusal of a repository, or of a file in one.</summary>
    /// <param name="answer">The server's answer.</param>
    /// <param name="repository">The repository.</param>
    /// <param name="settings">Whose hub, and whether there is a token.</param>
    public static HubException OfRepository(HttpResponseMessage answer, string repository, HubSettings settings)
    {
        string? code = Header(answer, ErrorCode);
        string hub = HubConnection.Shown(settings.Endpoint).TrimEnd('/');
        string near = NearName.Hint(repository, KnownRepositories(repository));
        if (code == "GatedRepo")
            return new HubException(
                HubFailure.Denied,
                $"{repository} is gated: accept its terms at {hub}/{repository}"
                + (settings.Token is null ? ", and set HF_TOKEN to a token of yours" : ", as the token of HF_TOKEN has no access yet"));
        bool isUnknown = code == "RepoNotFound" || answer.StatusCode is HttpStatusCode.NotFound;
        return answer.StatusCode switch
        {
            HttpStatusCode.Unauthorized when settings.Token is null => new HubException(
                isUnknown ? HubFailure.NotFound : HubFailure.Denied,
                $"there is no public repository {repository} at {hub}{near}; for a private or gated one set HF_TOKEN to a token of yours"),
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => new HubException(
                HubFailure.Denied, $"{hub} does not let the token of HF_TOKEN read {repository}{Message(answer)}: check the token and its rights{near}"),
            _ when isUnknown => new HubException(HubFailure.NotFound, $"there is no repository {repository} at {hub}{near}"),
            _ => new HubException(HubFailure.Network, $"{repository} at {hub}: {HubConnection.Said(answer)}{Message(answer)}"),
        };
    }

    private static IEnumerable<string> KnownRepositories(string but) =>
        PublishedModels.All.Select(static row => row.Source).OfType<RepositoryWeightSource>().Select(static source => source.Repository).Where(name => name != but);

    private static string Message(HttpResponseMessage answer) => Header(answer, ErrorMessage) is { } message ? $" ({Printable.Text(message.TrimEnd('.'))})" : "";

    private static string? Header(HttpResponseMessage answer, string name) =>
        answer.Headers.TryGetValues(name, out var values) ? values.FirstOrDefault() : null;
}
