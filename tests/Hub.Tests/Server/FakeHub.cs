using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Graft.Hub.Tests;

/// <summary>A hub with one repository, and the host to which it sends for large files.</summary>
internal sealed class FakeHub : IDisposable
{
    public const string Repository = "org/net";
    public const string Commit = "0123456789abcdef0123456789abcdef01234567";
    private const int Large = 1000;

    public FakeHub()
    {
        Storage = new WebServer(request => Instead?.Invoke(request) ?? new WebAnswer(200, Files[Uri.UnescapeDataString(request.Path[1..].Split('?')[0])], ("ETag", "\"storage\"")));
        Server = new WebServer(request => Before?.Invoke(request) ?? Answer(request));
    }

    public Dictionary<string, byte[]> Files { get; } = new(StringComparer.Ordinal);

    /// <summary>The hub itself.</summary>
    public WebServer Server { get; }

    /// <summary>Where large files are.</summary>
    public WebServer Storage { get; }

    /// <summary>The hub's answer instead of the true one; null from it for the true one.</summary>
    public Func<WebRequest, WebAnswer?>? Before { get; set; }

    /// <summary>The storage's answer instead of the true one; null from it for the true one.</summary>
    public Func<WebRequest, WebAnswer?>? Instead { get; set; }

    public HubSettings Settings(Workplace place) => place.Settings with { Endpoint = Server.Address };

    public static byte[] Bytes(int count, int seed = 1)
    {
        byte[] bytes = new byte[count];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

#pragma warning disable CA5350 // git's own hash, by which the hub names small files
    public static string Tag(byte[] bytes) => bytes.Length >= Large
        ? Convert.ToHexStringLower(SHA256.HashData(bytes))
        : Convert.ToHexStringLower(SHA1.HashData([.. Encoding.ASCII.GetBytes($"blob {bytes.Length}\0"), .. bytes]));
#pragma warning restore CA5350

    public void Dispose()
    {
        Server.Dispose();
        Storage.Dispose();
    }

    private WebAnswer Answer(WebRequest request)
    {
        string path = Uri.UnescapeDataString(request.Path);
        if (path.StartsWith("/api/models/", StringComparison.Ordinal))
            return path != $"/api/models/{Repository}/revision/main" && path != $"/api/models/{Repository}/revision/{Commit}"
                ? path.StartsWith($"/api/models/{Repository}/", StringComparison.Ordinal) ? Missing("RevisionNotFound") : Missing("RepoNotFound", 401)
                : new WebAnswer(200, JsonSerializer.SerializeToUtf8Bytes(new { sha = Commit, siblings = Files.Keys.Select(static name => new { rfilename = name }) }));
        string[] parts = path.Split('/', 6);
        if (parts is not ["", var owner, var name, "resolve", var revision, var file] || $"{owner}/{name}" != Repository) return Missing("RepoNotFound", 401);
        if (revision is not ("main" or Commit)) return Missing("RevisionNotFound");
        if (!Files.TryGetValue(file, out byte[]? bytes)) return Missing("EntryNotFound");
        return bytes.Length < Large
            ? new WebAnswer(200, bytes, ("ETag", $"\"{Tag(bytes)}\""), ("X-Repo-Commit", Commit))
            : new WebAnswer(
                302, [], ("Location", $"{Storage.Address.AbsoluteUri}{file}?signature=secret"), ("X-Repo-Commit", Commit), ("X-Linked-Size", $"{bytes.Length}"),
                ("X-Linked-Etag", $"\"{Tag(bytes)}\""), ("ETag", "\"the pointer's\""));
    }

    private static WebAnswer Missing(string code, int status = 404) => new(status, [], ("X-Error-Code", code));
}
