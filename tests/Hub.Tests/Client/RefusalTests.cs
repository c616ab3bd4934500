using System.Diagnostics;

namespace Graft.Hub.Tests;

public sealed class RefusalTests : IDisposable
{
    private readonly Workplace place = new();
    private readonly FakeHub hub = new();

    public RefusalTests()
    {
        hub.Files["config.json"] = FakeHub.Bytes(20);
        hub.Files["weights.bin"] = FakeHub.Bytes(50_000);
    }

    public void Dispose()
    {
        hub.Dispose();
        place.Dispose();
    }

    [Fact]
    public async Task A_file_that_is_not_there_is_said_with_the_nearest()
    {
        var failure = await Refused(HubFailure.NotFound, file: "confg.json");
        Assert.Equal("org/net has no file 'confg.json' (nearest: config.json); it has config.json, weights.bin", failure.Message);
    }

    [Fact]
    public async Task A_revision_that_is_not_there_is_said() =>
        Assert.Contains("no branch, tag or commit 'v2'", (await Refused(HubFailure.NotFound, revision: "v2")).Message, StringComparison.Ordinal);

    [Fact]
    public async Task A_repository_that_is_not_there_or_private_asks_for_a_token()
    {
        var failure = await Refused(HubFailure.NotFound, repository: "org/nett");
        Assert.Contains("no public repository org/nett", failure.Message, StringComparison.Ordinal);
        Assert.Contains("HF_TOKEN", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_gated_repository_says_where_its_terms_are()
    {
        hub.Before = static _ => new WebAnswer(403, [], ("X-Error-Code", "GatedRepo"));
        Assert.Contains($"accept its terms at {hub.Server.Address.AbsoluteUri}org/net, and set HF_TOKEN", (await Refused(HubFailure.Denied)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_that_is_not_enough_is_said_to_be_so()
    {
        hub.Before = static _ => new WebAnswer(401, [], ("X-Error-Message", "Invalid credentials\u0007 in Authorization header"));
        var failure = await Refused(HubFailure.Denied, token: "hf_secret");
        Assert.Contains("token of HF_TOKEN", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hf_secret", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1")]
    [InlineData("date")]
    public async Task A_busy_hub_is_asked_again_when_it_says(string after)
    {
        hub.Before = request => hub.Server.Requests.Length == 1
            ? new WebAnswer(429, [], ("Retry-After", after == "date" ? DateTimeOffset.UtcNow.AddSeconds(2).ToString("R") : after)) : null;
        var clock = Stopwatch.StartNew();
        await DownloadAsync();
        Assert.True(clock.Elapsed > TimeSpan.FromSeconds(0.9), $"asked again after {clock.Elapsed}");
        // the question again, the file's description, and its bytes
        Assert.Equal(["HEAD", "HEAD", "GET"], hub.Server.Requests.Select(static request => request.Method));
    }

    [Fact]
    public async Task A_busy_storage_is_asked_again()
    {
        hub.Instead = request => hub.Storage.Requests.Length < 3 ? new WebAnswer(503, []) : null;
        Assert.Equal(50_000, File.ReadAllBytes(await DownloadAsync(file: "weights.bin")).Length);
        Assert.Equal(3, hub.Storage.Requests.Length);
    }

    [Fact]
    public async Task A_hub_that_stays_busy_is_given_up()
    {
        hub.Before = static _ => new WebAnswer(429, []) { Reason = "Too Many Requests" };
        Assert.Contains("429 Too Many Requests, tried 5 times", (await Refused(HubFailure.Network)).Message, StringComparison.Ordinal);
        Assert.Equal(5, hub.Server.Requests.Length);
        hub.Before = static _ => new WebAnswer(503, [], ("Retry-After", "86400"));
        Assert.Contains("asks to wait 86400 s", (await Refused(HubFailure.Network)).Message, StringComparison.Ordinal);
        Assert.Equal(6, hub.Server.Requests.Length);
    }

    [Fact]
    public async Task The_token_goes_to_the_hub_and_to_no_other_host()
    {
        await DownloadAsync(file: "weights.bin", token: "hf_secret");
        Assert.All(hub.Server.Requests, static request => Assert.Equal("Bearer hf_secret", request.Token));
        Assert.All(hub.Storage.Requests, static request => Assert.Null(request.Token));
        Assert.Single(hub.Storage.Requests);
    }

    [Fact]
    public async Task A_token_does_not_come_back_from_another_host()
    {
        // the storage sends on to the hub's host: who sends there is a stranger
        hub.Before = static request => request.Path.StartsWith("/elsewhere", StringComparison.Ordinal) ? new WebAnswer(200, FakeHub.Bytes(50_000)) : null;
        hub.Instead = _ => new WebAnswer(302, [], ("Location", new Uri(hub.Server.Address, "/elsewhere").AbsoluteUri));
        await DownloadAsync(file: "weights.bin", token: "hf_secret");
        Assert.Null(hub.Server.Requests[^1].Token);
    }

    [Fact]
    public async Task A_renamed_repository_is_followed_within_the_hub()
    {
        hub.Before = static request => request.Path.StartsWith("/old/net/", StringComparison.Ordinal)
            ? new WebAnswer(307, [], ("Location", request.Path.Replace("/old/net/", "/org/net/", StringComparison.Ordinal))) : null;
        string path = await DownloadAsync(repository: "old/net", token: "hf_secret");
        Assert.Equal(20, File.ReadAllBytes(path).Length);
        Assert.All(hub.Server.Requests, static request => Assert.NotNull(request.Token));
    }

    [Fact]
    public async Task Redirects_end()
    {
        hub.Before = request => new WebAnswer(302, [], ("Location", request.Path));
        Assert.Contains("more than 10 times", (await Refused(HubFailure.Network)).Message, StringComparison.Ordinal);
        hub.Before = null;
        hub.Instead = static _ => new WebAnswer(302, [], ("Location", "file:///etc/passwd"));
        await Refused(HubFailure.Network, file: "weights.bin");
    }

    [Fact]
    public async Task A_server_that_is_no_hub_is_told_from_one()
    {
        hub.Before = static _ => new WebAnswer(200, "<html>"u8.ToArray());
        Assert.Contains("HF_ENDPOINT", (await Refused(HubFailure.Network)).Message, StringComparison.Ordinal);
        using var client = new HubClient(hub.Settings(place));
        Assert.Contains("HF_ENDPOINT", (await Assert.ThrowsAsync<HubException>(() => client.ListFilesAsync(FakeHub.Repository))).Message, StringComparison.Ordinal);
    }

    private async Task<string> DownloadAsync(string repository = FakeHub.Repository, string file = "config.json", string revision = "main", string? token = null)
    {
        using var client = new HubClient(hub.Settings(place) with { Token = token });
        return await client.DownloadFileAsync(repository, file, revision);
    }

    private async Task<HubException> Refused(
        HubFailure reason, string repository = FakeHub.Repository, string file = "config.json", string revision = "main", string? token = null)
    {
        var exception = await Assert.ThrowsAsync<HubException>(() => DownloadAsync(repository, file, revision, token));
        Assert.Equal(reason, exception.Reason);
        Assert.DoesNotContain(exception.Message, char.IsControl);
        return exception;
    }
}
