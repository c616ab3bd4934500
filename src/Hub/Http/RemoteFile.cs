using System.Net.Http.Headers;

namespace Graft.Hub;

/// <summary>A file on a server, as the server describes it.</summary>
/// <param name="Name">What it is called in messages.</param>
/// <param name="Address">Where it is.</param>
/// <param name="Tag">Its ETag without quotes, fit for a file's name.</param>
/// <param name="Size">Its bytes; null where the server does not say.</param>
/// <param name="Hash">Its hash; null where nobody says it.</param>
/// <param name="Condition">The ETag as the server gave it, by which a broken download goes on only where the file is still the same; null where
/// the server gave none that is strong enough.</param>
internal sealed record RemoteFile(string Name, Uri Address, string Tag, long? Size, ContentHash? Hash, EntityTagHeaderValue? Condition)
{
    /// <summary>Whether what arrived earlier may be kept: a wrong end would be found by the hash, or refused by the server.</summary>
    public bool MayResume => Hash is not null || Condition is not null;
}
