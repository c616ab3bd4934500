using System.Net.Http.Json;
using System.Text.Json;
using Graft.Samples.Embedding;
using Microsoft.AspNetCore.Builder;

namespace Graft.Samples.Tests;

/// <summary>The web application on a free port of this machine, and a client of it.</summary>
internal sealed class RunningSample(WebApplication app) : IAsyncDisposable
{
    public HttpClient Client { get; } = new() { BaseAddress = new Uri(app.Urls.First()), Timeout = TimeSpan.FromMinutes(2) };

    public static async Task<RunningSample> StartAsync(params string[] settings)
    {
        var app = EmbeddingApp.Create(["--Urls=http://127.0.0.1:0", "--Logging:LogLevel:Default=Warning", .. settings]);
        await app.StartAsync();
        return new RunningSample(app);
    }

    public async Task StopAsync() => await app.StopAsync();

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await app.DisposeAsync();
    }

    /// <summary>Sends a file as the body and reads the answer.</summary>
    public async Task<(int Status, JsonElement Answer)> SendAsync(string path, byte[] body, CancellationToken cancellation = default)
    {
        using var content = new ByteArrayContent(body);
        using var response = await Client.PostAsync(new Uri(path, UriKind.Relative), content, cancellation);
        return ((int)response.StatusCode, await response.Content.ReadFromJsonAsync<JsonElement>(cancellation));
    }

    public async Task<(int Status, JsonElement Answer)> StartFineTuningAsync(string folder, int epochs)
    {
        using var response = await Client.PostAsJsonAsync("/fine-tune", new { folder, epochs });
        return ((int)response.StatusCode, await response.Content.ReadFromJsonAsync<JsonElement>());
    }

    public Task<JsonElement> GetAsync(string path) => Client.GetFromJsonAsync<JsonElement>(path);

    /// <summary>Asks until a fine-tuning has reached a state.</summary>
    public async Task<JsonElement> WaitForAsync(string id, string state)
    {
        for (var clock = System.Diagnostics.Stopwatch.StartNew(); clock.Elapsed < TimeSpan.FromMinutes(2); await Task.Delay(20))
        {
            var status = await GetAsync($"/fine-tune/{id}");
            if (status.GetProperty("state").GetString() == state) return status;
            Assert.NotEqual("Failed", status.GetProperty("state").GetString());
        }
        throw new TimeoutException($"the fine-tuning {id} did not become {state}");
    }
}

/// <summary>The application as it starts without a configuration: it draws pictures, learns them and answers.</summary>
public sealed class UnconfiguredSample : IAsyncLifetime
{
    internal RunningSample Sample { get; private set; } = null!;

    /// <summary>What the application drew and learnt.</summary>
    public static string Drawn => Path.Combine(AppContext.BaseDirectory, "drawn");

    public static string Classifier => Path.Combine(Drawn, "classifier");

    public static byte[] Picture(string label, int number) => File.ReadAllBytes(Path.Combine(Drawn, "pictures", label, $"{number}.ppm"));

    public async ValueTask InitializeAsync() => Sample = await RunningSample.StartAsync();

    public async ValueTask DisposeAsync() => await Sample.DisposeAsync();
}

/// <summary>The tests that share one unconfigured application and what it drew; they run one after the other.</summary>
[CollectionDefinition(nameof(SampleUsers))]
public sealed class SampleUsers : ICollectionFixture<UnconfiguredSample>;
