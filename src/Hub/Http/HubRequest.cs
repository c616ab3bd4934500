using System.Net.Http.Headers;

namespace Graft.Hub;

/// <summary>What is asked of a server.</summary>
/// <param name="Method">GET or HEAD.</param>
/// <param name="Address">Where.</param>
internal sealed record HubRequest(HttpMethod Method, Uri Address)
{
    /// <summary>The first byte that is wanted; 0 for all.</summary>
    public long From { get; init; }

    /// <summary>The ETag under which the bytes from there are wanted and not all; null for whatever it is.</summary>
    public EntityTagHeaderValue? Condition { get; init; }

    /// <summary>Whether a redirect to another host is the answer: what it says of the file is what counts.</summary>
    public bool StaysAtHost { get; init; }

    /// <summary>Sees every answer on the way.</summary>
    public Action<HttpResponseMessage>? Seen { get; init; }
}
