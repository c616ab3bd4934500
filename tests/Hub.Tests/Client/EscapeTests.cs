using System.Text.Json;

namespace Graft.Hub.Tests;

/// <summary>Names that would leave the cache, from the user or from the server.</summary>
public sealed class EscapeTests : IDisposable
{
    private readonly Workplace place = new();
    private readonly FakeHub hub = new();

    public static TheoryData<string> Paths =>
        ["../up", "a/../../up", "/etc/passwd", "C:/windows", "c:up", "a\\b", "..\\up", "a\0b", "a\nb", "", ".", "..", "a//b", "a/./b", "a/", "a/..", "up.", " up", "a /b", new string('a', 300)];

    public void Dispose()
    {
        Assert.All(place.Files(), static name => Assert.StartsWith("hub/", name, StringComparison.Ordinal));
        hub.Dispose();
        place.Dispose();
    }

    [Theory, MemberData(nameof(Paths))]
    public async Task A_file_or_revision_that_leads_out_is_refused(string path)
    {
        using var client = new HubClient(hub.Settings(place));
        await Refused(() => client.DownloadFileAsync(FakeHub.Repository, path), HubFailure.InvalidName);
        await Refused(() => client.DownloadFileAsync(FakeHub.Repository, "config.json", path), HubFailure.InvalidName);
        Assert.Throws<HubException>(() => client.FindFile(FakeHub.Repository, path));
        Assert.Empty(hub.Server.Requests);
    }

    [Theory]
    [InlineData("../net")]
    [InlineData("org/../net")]
    [InlineData("org/..")]
    [InlineData("/net")]
    [InlineData("org/net/more")]
    [InlineData("org--net/x")]
    [InlineData("org\\net")]
    [InlineData("org/net\n")]
    [InlineData("org/n t")]
    [InlineData("C:/net")]
    [InlineData("")]
    [InlineData("org/net.git")]
    [InlineData("org/nét")]
    public async Task A_repository_that_leads_out_is_refused(string repository)
    {
        using var client = new HubClient(hub.Settings(place));
        await Refused(() => client.DownloadModelAsync(repository), HubFailure.InvalidName);
        await Refused(() => client.ListFilesAsync(repository), HubFailure.InvalidName);
        Assert.Empty(hub.Server.Requests);
    }

    [Theory, MemberData(nameof(Paths))]
    public async Task A_listing_that_leads_out_is_refused(string path)
    {
        hub.Before = _ => new WebAnswer(200, JsonSerializer.SerializeToUtf8Bytes(new { sha = FakeHub.Commit, siblings = new[] { new { rfilename = "model.safetensors" }, new { rfilename = path } } }));
        using var client = new HubClient(hub.Settings(place));
        await Refused(() => client.DownloadModelAsync(FakeHub.Repository), HubFailure.InvalidName);
    }

    [Theory]
    [InlineData("../../../up", FakeHub.Commit)]
    [InlineData("a/b", FakeHub.Commit)]
    [InlineData(".", FakeHub.Commit)]
    [InlineData("C:up", FakeHub.Commit)]
    [InlineData("abc", "../../up")]
    [InlineData("abc", "main")]
    public async Task A_hash_or_commit_of_the_server_that_leads_out_is_refused(string tag, string commit)
    {
        hub.Before = _ => new WebAnswer(200, new byte[3], ("X-Repo-Commit", commit), ("X-Linked-Etag", $"\"{tag}\""));
        using var client = new HubClient(hub.Settings(place));
        var failure = await Assert.ThrowsAsync<HubException>(() => client.DownloadFileAsync(FakeHub.Repository, "config.json"));
        Assert.True(failure.Reason is HubFailure.Damaged or HubFailure.Network, failure.Message);
    }

    [Fact]
    public void A_reference_that_is_no_commit_is_none()
    {
        Directory.CreateDirectory(place.In("hub", "models--org--net", "refs"));
        File.WriteAllText(place.In("hub", "models--org--net", "refs", "main"), "../../..");
        using var client = new HubClient(place.Settings);
        Assert.Null(client.FindFile(FakeHub.Repository, "config.json"));
    }

    [Theory]
    [InlineData("http://127.0.0.1:1/")]
    [InlineData("http://127.0.0.1:1/a/..%2f..%2fup.pth")]
    [InlineData("http://127.0.0.1:1/a/%2fup.pth")]
    [InlineData("http://127.0.0.1:1/a/C%3aup.pth")]
    [InlineData("file:///etc/passwd")]
    public async Task An_address_that_leads_out_is_refused(string address) =>
        await Refused(() => TorchCheckpoints.FetchAsync(new Uri(address), place.Settings), HubFailure.InvalidName);

    private static async Task Refused(Func<Task> fetch, HubFailure reason) => Assert.Equal(reason, (await Assert.ThrowsAsync<HubException>(fetch)).Reason);
}
