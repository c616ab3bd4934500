using System.Diagnostics;

namespace Graft.Hub.Tests;

public sealed class DownloadTests : IDisposable
{
    private const string File1 = "weights.bin";

    private readonly Workplace place = new();
    private readonly FakeHub hub = new();
    private readonly byte[] bytes = FakeHub.Bytes(400_000);

    public DownloadTests() => hub.Files[File1] = bytes;

    private string Blob => place.In("hub", "models--org--net", "blobs", FakeHub.Tag(bytes));

    private string Part => Blob + ".incomplete";

    public void Dispose()
    {
        hub.Dispose();
        place.Dispose();
    }

    [Fact]
    public async Task A_link_that_breaks_is_taken_up_where_it_broke()
    {
        hub.Instead = _ => hub.Storage.Requests.Length < 4 ? new WebAnswer(200, bytes) { BreaksAfter = 100_000 } : null;
        var told = new List<FetchProgress>();
        await FetchedAsync(new Told(told));
        Assert.Equal([null, 100_000, 200_000, 300_000], hub.Storage.Requests.Select(static request => request.From));
        Assert.Equal(told.Select(static report => report.Done), told.Select(static report => report.Done).Order());
        Assert.Equal(new FetchProgress("org/net/weights.bin", 400_000, 400_000), told[^1]);
    }

    [Fact]
    public async Task A_server_that_always_breaks_is_given_up_and_the_part_is_kept()
    {
        hub.Instead = _ => new WebAnswer(200, bytes) { BreaksAfter = 1000 };
        var failure = await Refused(HubFailure.Network);
        Assert.Contains("tried 5 times", failure.Message, StringComparison.Ordinal);
        Assert.Equal(5000, new FileInfo(Part).Length);
        Assert.False(File.Exists(Blob));
        Assert.Empty(Snapshot());

        hub.Instead = null;
        await FetchedAsync();
        Assert.Equal(5000, hub.Storage.Requests[^1].From);
        Assert.False(File.Exists(Part));
    }

    [Fact]
    public async Task Bytes_that_are_not_those_published_never_appear()
    {
        hub.Instead = _ => new WebAnswer(200, FakeHub.Bytes(bytes.Length, seed: 2));
        var failure = await Refused(HubFailure.Damaged);
        Assert.Contains($"and {FakeHub.Tag(bytes)[..16]}... was published", failure.Message, StringComparison.Ordinal);
        Assert.Single(hub.Storage.Requests);
        Assert.Empty(Snapshot());
        Assert.Empty(place.Files("hub", "models--org--net", "blobs"));
    }

    [Fact]
    public async Task A_small_file_is_held_to_the_hash_of_git()
    {
        byte[] small = FakeHub.Bytes(100);
        hub.Files["config.json"] = small;
        hub.Before = request => request is { Method: "GET" } && request.Path.EndsWith("config.json", StringComparison.Ordinal) ? new WebAnswer(200, FakeHub.Bytes(100, seed: 2)) : null;
        var failure = await Refused(HubFailure.Damaged, "config.json");
        Assert.Contains("git SHA-1", failure.Message, StringComparison.Ordinal);
        hub.Before = null;
        Assert.Equal(small, File.ReadAllBytes(await DownloadAsync("config.json")));
    }

    [Fact]
    public async Task A_part_of_something_else_is_found_out_and_fetched_anew()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Part)!);
        await File.WriteAllBytesAsync(Part, FakeHub.Bytes(50_000, seed: 3));
        await FetchedAsync();
        Assert.Equal([50_000, null], hub.Storage.Requests.Select(static request => request.From));
    }

    [Fact]
    public async Task A_part_that_is_too_long_begins_anew()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Part)!);
        await File.WriteAllBytesAsync(Part, new byte[bytes.Length + 1]);
        await FetchedAsync();
        Assert.Equal([null], hub.Storage.Requests.Select(static request => request.From));
    }

    [Fact]
    public async Task A_server_without_ranges_gives_all_again()
    {
        hub.Instead = _ => new WebAnswer(200, bytes) { IgnoresRanges = true, BreaksAfter = hub.Storage.Requests.Length < 2 ? 100_000 : null };
        await FetchedAsync();
        Assert.Equal(2, hub.Storage.Requests.Length);
    }

    [Fact]
    public async Task More_bytes_than_published_are_not_taken()
    {
        hub.Instead = _ => new WebAnswer(200, [.. bytes, 1]) { HidesLength = true };
        Assert.Contains("longer than the 400000 bytes", (await Refused(HubFailure.Damaged)).Message, StringComparison.Ordinal);
        Assert.False(File.Exists(Blob));
    }

    [Fact]
    public async Task A_slow_link_is_waited_for_and_a_silent_one_is_not()
    {
        var settings = hub.Settings(place) with { StallTimeout = TimeSpan.FromMilliseconds(500) };
        hub.Instead = _ => new WebAnswer(200, bytes) { ChunkSize = 50_000, Pause = TimeSpan.FromMilliseconds(150) };
        var clock = Stopwatch.StartNew();
        using var client = new HubClient(settings);
        Assert.Equal(bytes, await File.ReadAllBytesAsync(await client.DownloadFileAsync(FakeHub.Repository, File1)));
        Assert.True(clock.Elapsed > settings.StallTimeout);

        hub.Files["other.bin"] = FakeHub.Bytes(300_000, seed: 4);
        hub.Instead = request => request.From is null ? new WebAnswer(200, hub.Files["other.bin"]) { BreaksAfter = 100_000, Stalls = true } : null;
        Assert.Equal(hub.Files["other.bin"], await File.ReadAllBytesAsync(await client.DownloadFileAsync(FakeHub.Repository, "other.bin")));
        Assert.Equal(100_000, hub.Storage.Requests[^1].From);
    }

    [Fact]
    public async Task A_hub_that_does_not_answer_is_said_to_be_silent()
    {
        using var silent = new WebServer(_ => new WebAnswer(200, new byte[10]) { BreaksAfter = 0, Stalls = true });
        using var client = new HubClient(place.Settings with { Endpoint = silent.Address, StallTimeout = TimeSpan.FromMilliseconds(200), Attempts = 2 });
        var failure = await Assert.ThrowsAsync<HubException>(() => client.ListFilesAsync(FakeHub.Repository));
        Assert.Equal(HubFailure.Network, failure.Reason);
        Assert.Contains("0.2 s", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_interrupted_download_keeps_what_it_has()
    {
        hub.Instead = request => request.From is null ? new WebAnswer(200, bytes) { BreaksAfter = 100_000, Stalls = true } : null;
        using var interrupt = new CancellationTokenSource();
        using var client = new HubClient(hub.Settings(place) with { StallTimeout = TimeSpan.FromSeconds(30) });
        var download = client.DownloadFileAsync(FakeHub.Repository, File1, cancellationToken: interrupt.Token);
        await Until(() => File.Exists(Part) && new FileInfo(Part).Length == 100_000);
        await interrupt.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => download);
        Assert.Empty(Snapshot());
        Assert.Equal(bytes, await File.ReadAllBytesAsync(await client.DownloadFileAsync(FakeHub.Repository, File1)));
        Assert.Equal(100_000, hub.Storage.Requests[^1].From);
    }

    [Fact]
    public async Task A_file_larger_than_the_disk_is_not_begun()
    {
        hub.Before = request => request.Method == "HEAD"
            ? new WebAnswer(302, [], ("Location", "http://127.0.0.2/"), ("X-Repo-Commit", FakeHub.Commit), ("X-Linked-Size", "4000000000000000000"), ("X-Linked-Etag", FakeHub.Tag(bytes)))
            : null;
        Assert.Contains("4000000000000.0 MB", (await Refused(HubFailure.Storage)).Message, StringComparison.Ordinal);
        Assert.Empty(hub.Storage.Requests);
    }

    [Fact]
    public void A_full_disk_says_what_to_do()
    {
        var full = new IOException("no space", OperatingSystem.IsWindows() ? unchecked((int)0x80070070) : 28);
        Assert.Contains("the disk is full", Graft.Hub.Storage.Failed(place.In("file"), full).Message, StringComparison.Ordinal);
        Assert.Contains("HF_HOME", Graft.Hub.Storage.Failed(place.In("file"), full).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cache_that_cannot_be_made_is_named()
    {
        await File.WriteAllTextAsync(place.In("hub"), "a file in its place");
        Assert.Contains(place.In("hub"), (await Refused(HubFailure.Storage)).Message, StringComparison.Ordinal);
    }

    private static async Task Until(Func<bool> condition)
    {
        for (int tries = 0; !condition(); tries++)
        {
            Assert.True(tries < 1000, "it does not come");
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
    }

    private async Task FetchedAsync(IProgress<FetchProgress>? progress = null) =>
        Assert.Equal(bytes, await File.ReadAllBytesAsync(await DownloadAsync(File1, progress)));

    private async Task<string> DownloadAsync(string file, IProgress<FetchProgress>? progress = null)
    {
        using var client = new HubClient(hub.Settings(place));
        return await client.DownloadFileAsync(FakeHub.Repository, file, progress: progress);
    }

    private async Task<HubException> Refused(HubFailure reason, string file = File1)
    {
        var exception = await Assert.ThrowsAsync<HubException>(() => DownloadAsync(file));
        Assert.Equal(reason, exception.Reason);
        Assert.DoesNotContain('\n', exception.Message);
        return exception;
    }

    private string[] Snapshot() => Directory.Exists(place.In("hub", "models--org--net", "snapshots")) ? place.Files("hub", "models--org--net", "snapshots") : [];
}
