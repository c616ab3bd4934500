using System.Security.Cryptography;

namespace Graft.Hub.Tests;

public sealed class TorchCheckpointTests : IDisposable
{
    private readonly Workplace place = new();
    private readonly byte[] bytes = FakeHub.Bytes(300_000);
    private readonly WebServer server;
    private readonly string name;
    private Func<WebRequest, WebAnswer?> instead = static _ => null;

    public TorchCheckpointTests()
    {
        name = $"net18-{Convert.ToHexStringLower(SHA256.HashData(bytes))[..8]}.pth";
        server = new WebServer(request => instead(request)
            ?? (request.Path == $"/models/{name}" ? new WebAnswer(200, bytes, ("ETag", "\"ab/cd-1\"")) : new WebAnswer(404, [])));
    }

    private Uri Address => new(server.Address, $"/models/{name}");

    public void Dispose()
    {
        server.Dispose();
        place.Dispose();
    }

    [Fact]
    public async Task A_checkpoint_lies_where_torchvision_puts_it_and_is_fetched_once()
    {
        string path = await TorchCheckpoints.FetchAsync(Address, place.Settings);
        Assert.Equal(place.In("torch", name), path);
        Assert.Equal(bytes, await File.ReadAllBytesAsync(path));
        Assert.Equal([name], place.Files("torch"));
        Assert.Equal(path, await TorchCheckpoints.FetchAsync(Address, place.Settings with { Offline = true }));
        Assert.Equal(2, server.Requests.Length);
    }

    [Fact]
    public async Task A_broken_download_goes_on_where_the_file_is_still_the_same()
    {
        instead = request => request is { Method: "GET", From: null } ? new WebAnswer(200, bytes, ("ETag", "\"ab/cd-1\"")) { BreaksAfter = 100_000 } : null;
        Assert.Equal(bytes, await File.ReadAllBytesAsync(await TorchCheckpoints.FetchAsync(Address, place.Settings)));
        Assert.Equal("\"ab/cd-1\"", server.Requests[^1].Headers["If-Range"]);
        Assert.Equal(100_000, server.Requests[^1].From);
    }

    [Fact]
    public async Task A_file_that_has_changed_in_between_is_fetched_whole()
    {
        instead = request => request.Method == "HEAD" ? new WebAnswer(200, bytes, ("ETag", "\"old\""))
            : new WebAnswer(200, bytes, ("ETag", "\"new\"")) { BreaksAfter = request.From is null ? 100_000 : null };
        Assert.Equal(bytes, await File.ReadAllBytesAsync(await TorchCheckpoints.FetchAsync(Address, place.Settings)));
        Assert.Equal([null, null, 100_000], server.Requests.Select(static request => request.From));
    }

    [Fact]
    public async Task A_name_with_another_hash_never_appears()
    {
        instead = _ => new WebAnswer(200, FakeHub.Bytes(300_000, seed: 2));
        var failure = await Assert.ThrowsAsync<HubException>(() => TorchCheckpoints.FetchAsync(Address, place.Settings));
        Assert.Equal(HubFailure.Damaged, failure.Reason);
        Assert.Contains($"and {name[6..14]} was published", failure.Message, StringComparison.Ordinal);
        Assert.Empty(place.Files("torch"));
    }

    [Fact]
    public async Task A_server_that_only_gives_is_enough()
    {
        instead = request => request.Method == "HEAD" ? new WebAnswer(405, []) : new WebAnswer(200, bytes) { HidesLength = true };
        Assert.Equal(bytes, await File.ReadAllBytesAsync(await TorchCheckpoints.FetchAsync(Address, place.Settings)));
    }

    [Fact]
    public async Task What_is_missing_is_said_on_the_web_and_without_it()
    {
        var gone = await Assert.ThrowsAsync<HubException>(() => TorchCheckpoints.FetchAsync(new Uri(server.Address, "/models/other.pth"), place.Settings));
        Assert.Equal(HubFailure.NotFound, gone.Reason);
        var offline = await Assert.ThrowsAsync<HubException>(() => TorchCheckpoints.FetchAsync(Address, place.Settings with { Offline = true }));
        Assert.Equal(HubFailure.Offline, offline.Reason);
        Assert.Contains(place.In("torch"), offline.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_row_of_a_file_is_fetched_by_the_same_way()
    {
        var row = new PublishedWeights("net18.V1", "net18", new FileWeightSource(Address));
        var model = await PublishedModelFetcher.FetchAsync(row, place.Settings);
        Assert.Equal([place.In("torch", name)], model.Files);
        Assert.Null(model.Folder);
    }
}
