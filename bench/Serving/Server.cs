using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Graft.Serving;

/// <summary>The sample <c>Embedding</c> as a process of its own on a free port.</summary>
internal sealed class Server : IDisposable
{
    private readonly Process process;

    private Server(Process process, Uri address)
    {
        this.process = process;
        Client = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 1024 }) { BaseAddress = address, Timeout = TimeSpan.FromMinutes(2) };
    }

    public HttpClient Client { get; }

    /// <summary>Starts it and waits until it answers.</summary>
    public static async Task<Server> StartAsync(Options options)
    {
        string program = Path.Combine(AppContext.BaseDirectory, "..", "..", "Embedding", Path.GetFileName(AppContext.BaseDirectory.TrimEnd('/', '\\')), "Graft.Samples.Embedding.dll");
        var address = new Uri($"http://127.0.0.1:{FreePort()}");
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet")
        {
            ArgumentList =
            {
                Path.GetFullPath(program), $"--Urls={address}", "--Logging:LogLevel:Default=Warning",
                $"--Classifier:Model={options.Model}", $"--Classifier:Weights={Path.GetFullPath(options.Weights)}",
                $"--Classifier:TrainingRoot={Path.GetDirectoryName(Path.GetFullPath(options.Training))}",
                $"--Classifier:WaitingPredictions={Math.Max(64, options.Clients)}",
            },
        };
        if (options.Simultaneous is { } simultaneous) start.ArgumentList.Add($"--Classifier:SimultaneousPredictions={simultaneous}");
        var server = new Server(Process.Start(start)!, address);
        for (var clock = Stopwatch.StartNew(); ; await Task.Delay(100))
        {
            if (server.process.HasExited) throw new InvalidOperationException($"the server ended with {server.process.ExitCode}");
            try
            {
                using var health = await server.Client.GetAsync(new Uri("/health", UriKind.Relative));
                if (health.IsSuccessStatusCode) return server;
            }
            catch (HttpRequestException) when (clock.Elapsed < TimeSpan.FromMinutes(1))
            {
                // it does not listen yet
            }
        }
    }

    /// <summary>Its resident memory in MiB.</summary>
    public double ResidentMegabytes()
    {
        process.Refresh();
        return process.WorkingSet64 / (1024.0 * 1024.0);
    }

    /// <summary>The most resident memory that it has had, in MiB, as Linux counts it.</summary>
    public double? PeakMegabytes()
    {
        string file = $"/proc/{process.Id}/status";
        if (!File.Exists(file)) return null;
        string line = File.ReadLines(file).First(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
        return double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture) / 1024;
    }

    public void Dispose()
    {
        Client.Dispose();
        process.Kill(entireProcessTree: true);
        process.WaitForExit();
        process.Dispose();
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
