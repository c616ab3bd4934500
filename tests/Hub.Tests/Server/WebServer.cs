using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Graft.Hub.Tests;

/// <summary>A web server on loopback, of sockets: it can break off, stall and lie as no library's server would.</summary>
internal sealed class WebServer : IDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource end = new();
    private readonly List<WebRequest> requests = [];
    private readonly Func<WebRequest, WebAnswer> handle;

    public WebServer(Func<WebRequest, WebAnswer> handle)
    {
        this.handle = handle;
        listener.Start();
        Address = new Uri($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}");
        _ = ListenAsync();
    }

    public Uri Address { get; }

    /// <summary>What has been asked so far, in order.</summary>
    public WebRequest[] Requests
    {
        get
        {
            lock (requests) return [.. requests];
        }
    }

    public void Dispose()
    {
        end.Cancel();
        listener.Stop();
        end.Dispose();
    }

    private async Task ListenAsync()
    {
        var token = end.Token;
        try
        {
            while (!token.IsCancellationRequested) _ = ServeAsync(await listener.AcceptTcpClientAsync(token), token);
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            return;
        }
    }

    private async Task ServeAsync(TcpClient client, CancellationToken token)
    {
        using (client)
        {
            try
            {
                await using var stream = client.GetStream();
                if (await ReadAsync(stream, token) is not { } request) return;
                lock (requests) requests.Add(request);
                await WriteAsync(stream, request, handle(request), token);
            }
            catch (Exception exception) when (exception is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private static async Task<WebRequest?> ReadAsync(NetworkStream stream, CancellationToken token)
    {
        var head = new List<byte>();
        byte[] one = new byte[1];
        while (!(head is [.., 13, 10, 13, 10]))
        {
            if (await stream.ReadAsync(one, token) == 0) return null;
            head.Add(one[0]);
        }
        string[] lines = Encoding.ASCII.GetString([.. head]).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        string[] first = lines[0].Split(' ');
        var headers = lines[1..].Select(static line => line.Split(": ", 2)).ToDictionary(static pair => pair[0], static pair => pair[1], StringComparer.OrdinalIgnoreCase);
        return new WebRequest(first[0], first[1], headers);
    }

    private static async Task WriteAsync(NetworkStream stream, WebRequest request, WebAnswer answer, CancellationToken token)
    {
        byte[] body = answer.Body;
        int status = answer.Status;
        var headers = new StringBuilder();
        if (status == 200 && !answer.IgnoresRanges && request.From is { } from && (!request.Headers.TryGetValue("If-Range", out string? condition) || condition == answer.Headers.GetValueOrDefault("ETag")))
        {
            status = from < body.Length ? 206 : 416;
            headers.Append(CultureInfo.InvariantCulture, $"Content-Range: bytes {from}-{body.Length - 1}/{body.Length}\r\n");
            body = from < body.Length ? body[(int)from..] : [];
        }
        foreach (var (name, value) in answer.Headers) headers.Append(CultureInfo.InvariantCulture, $"{name}: {value}\r\n");
        if (!answer.HidesLength) headers.Append(CultureInfo.InvariantCulture, $"Content-Length: {body.Length}\r\n");
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {status} {answer.Reason}\r\n{headers}Connection: close\r\n\r\n"), token);
        if (request.Method == "HEAD") return;
        int most = Math.Min(answer.BreaksAfter ?? body.Length, body.Length);
        for (int at = 0; at < most; at += answer.ChunkSize)
        {
            await stream.WriteAsync(body.AsMemory(at, Math.Min(answer.ChunkSize, most - at)), token);
            if (answer.Pause > TimeSpan.Zero) await Task.Delay(answer.Pause, token);
        }
        await stream.FlushAsync(token);
        if (answer.Stalls) await Task.Delay(Timeout.Infinite, token);
    }
}

/// <summary>What was asked of a server.</summary>
internal sealed record WebRequest(string Method, string Path, IReadOnlyDictionary<string, string> Headers)
{
    public string? Token => Headers.GetValueOrDefault("Authorization");

    public long? From => Headers.GetValueOrDefault("Range") is { } range ? long.Parse(range["bytes=".Length..].TrimEnd('-'), CultureInfo.InvariantCulture) : null;
}

/// <summary>What a server answers, and how well.</summary>
internal sealed record WebAnswer(int Status, byte[] Body, params (string Name, string Value)[] More)
{
    public string Reason { get; init; } = "whatever";

    public Dictionary<string, string> Headers { get; } = More.ToDictionary(static pair => pair.Name, static pair => pair.Value);

    /// <summary>The bytes after which the connection ends; null for all of them.</summary>
    public int? BreaksAfter { get; init; }

    /// <summary>Whether the connection stays open after that and nothing more comes.</summary>
    public bool Stalls { get; init; }

    public bool IgnoresRanges { get; init; }

    public bool HidesLength { get; init; }

    public int ChunkSize { get; init; } = 1 << 16;

    public TimeSpan Pause { get; init; }
}
