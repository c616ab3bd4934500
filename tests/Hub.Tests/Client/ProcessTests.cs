using System.Diagnostics;

namespace Graft.Hub.Tests;

/// <summary>Several processes at one cache, and one that is killed.</summary>
public sealed class ProcessTests : IDisposable
{
    private const string Weights = "weights.bin";

    private readonly Workplace place = new();
    private readonly FakeHub hub = new();
    private readonly byte[] bytes = FakeHub.Bytes(400_000);

    public ProcessTests() => hub.Files[Weights] = bytes;

    private string Blobs => place.In("hub", "models--org--net", "blobs");

    public void Dispose()
    {
        hub.Dispose();
        place.Dispose();
    }

    [Fact]
    public async Task A_process_that_is_killed_leaves_nothing_half_and_the_next_goes_on()
    {
        hub.Instead = request => request.From is null ? new WebAnswer(200, bytes) { BreaksAfter = 150_000, Stalls = true } : null;
        using (var process = Start())
        {
            string part = Path.Combine(Blobs, FakeHub.Tag(bytes) + ".incomplete");
            for (int tries = 0; !File.Exists(part) || new FileInfo(part).Length < 150_000; tries++)
            {
                Assert.True(tries < 3000 && !process.HasExited, "the second process does not come so far");
                await Task.Delay(10, TestContext.Current.CancellationToken);
            }
            process.Kill();
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.NotEqual(0, process.ExitCode);
        }
        Assert.Equal([FakeHub.Tag(bytes) + ".incomplete"], place.Files("hub", "models--org--net", "blobs"));
        Assert.False(Directory.Exists(place.In("hub", "models--org--net", "snapshots")));

        using var client = new HubClient(hub.Settings(place));
        Assert.Equal(bytes, await File.ReadAllBytesAsync(await client.DownloadFileAsync(FakeHub.Repository, Weights)));
        Assert.Equal([null, 150_000], hub.Storage.Requests.Select(static request => request.From));
        Assert.Equal([FakeHub.Tag(bytes)], place.Files("hub", "models--org--net", "blobs"));
    }

    [Fact]
    public async Task Processes_and_threads_that_want_one_file_fetch_it_once()
    {
        hub.Instead = _ => new WebAnswer(200, bytes) { ChunkSize = 20_000, Pause = TimeSpan.FromMilliseconds(100) };
        using var first = Start();
        using var second = Start();
        using var client = new HubClient(hub.Settings(place) with { StallTimeout = TimeSpan.FromSeconds(30) });
        var third = client.DownloadFileAsync(FakeHub.Repository, Weights);
        string[] paths = [await DoneAsync(first), await DoneAsync(second), await third];
        Assert.Single(paths.Distinct());
        Assert.Equal(bytes, await File.ReadAllBytesAsync(paths[0]));
        Assert.Single(hub.Storage.Requests);
    }

    private static async Task<string> DoneAsync(Process process)
    {
        string output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, process.ExitCode);
        return output.Trim();
    }

    private Process Start()
    {
        string program = Path.Combine(AppContext.BaseDirectory, typeof(Program).Assembly.GetName().Name + ".dll");
        var start = new ProcessStartInfo(Environment.ProcessPath is { } host && Path.GetFileNameWithoutExtension(host) == "dotnet" ? host : "dotnet") { RedirectStandardOutput = true };
        foreach (string argument in (string[])["exec", program, Program.Fetch, hub.Server.Address.AbsoluteUri, place.In("hub"), FakeHub.Repository, Weights]) start.ArgumentList.Add(argument);
        return Process.Start(start)!;
    }
}
