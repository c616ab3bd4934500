using System.Globalization;

namespace Graft.Hub;

/// <summary>Where published weights come from and where they are kept: the environment variables that Python's libraries obey.</summary>
public sealed record HubSettings
{
    private static readonly string[] Yes = ["1", "ON", "YES", "TRUE"];

    /// <summary>The hub's address (<c>HF_ENDPOINT</c>; https://huggingface.co).</summary>
    public required Uri Endpoint { get; init; }

    /// <summary>The folder with <c>models--org--name</c> folders (<c>HF_HUB_CACHE</c>, <c>HUGGINGFACE_HUB_CACHE</c>, <c>HF_HOME</c>/hub;
    /// ~/.cache/huggingface/hub).</summary>
    public required string CacheFolder { get; init; }

    /// <summary>The folder of torchvision's files (<c>TORCH_HOME</c>/hub/checkpoints; ~/.cache/torch/hub/checkpoints).</summary>
    public required string TorchFolder { get; init; }

    /// <summary>The folder of what is unpacked from packages, and of locks (<c>GRAFT_HOME</c>; ~/.cache/graft).</summary>
    public required string GraftFolder { get; init; }

    /// <summary>The packages folder; null for NuGet's (<c>NUGET_PACKAGES</c>, nuget.config, ~/.nuget/packages).</summary>
    public string? PackagesFolder { get; init; }

    /// <summary>The folder from which nuget.config files are looked for upwards; null for the current one.</summary>
    public string? PackageSettingsFolder { get; init; }

    /// <summary>The hub's token (<c>HF_TOKEN</c>, <c>HF_HOME</c>/token), sent to the endpoint's host alone; null for none.</summary>
    public string? Token { get; init; }

    /// <summary>Whether nothing is fetched and only what lies on this machine is used (<c>HF_HUB_OFFLINE</c>, <c>TRANSFORMERS_OFFLINE</c>).</summary>
    public bool Offline { get; init; }

    /// <summary>How long a server may stay silent before the connection counts as broken (<c>HF_HUB_DOWNLOAD_TIMEOUT</c>; 10 seconds).</summary>
    public TimeSpan StallTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How often in a row a request is tried that brings nothing (5): each byte that arrives begins the count anew.</summary>
    public int Attempts { get; init; } = 5;

    /// <summary>The wait before the second try, doubled for each further one; a server's Retry-After goes before it.</summary>
    public TimeSpan FirstWait { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest that a server may ask for by Retry-After before the request counts as failed.</summary>
    public TimeSpan LongestWait { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>The settings of this process's environment.</summary>
    /// <exception cref="HubException">A variable holds what it cannot.</exception>
    public static HubSettings FromEnvironment() =>
        From(Environment.GetEnvironmentVariable, Environment.GetFolderPath(Environment.SpecialFolder.UserProfile));

    internal static HubSettings From(Func<string, string?> variable, string userFolder)
    {
        string? Value(string name) => variable(name) is { } text && !string.IsNullOrWhiteSpace(text) ? text.Trim() : null;
        string Expanded(string path) => Path.GetFullPath(path == "~" ? userFolder : path.StartsWith("~/", StringComparison.Ordinal) ? Path.Combine(userFolder, path[2..]) : path);
        bool Is(string name) => Value(name) is { } text && Yes.Contains(text.ToUpperInvariant());

        string caches = Value("XDG_CACHE_HOME") ?? Path.Combine(userFolder, ".cache");
        string home = Expanded(Value("HF_HOME") ?? Path.Combine(caches, "huggingface"));
        string endpoint = Value("HF_ENDPOINT") ?? "https://huggingface.co";
        if (!Uri.TryCreate(endpoint.TrimEnd('/'), UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
            throw new HubException(HubFailure.InvalidName, $"HF_ENDPOINT is an address such as https://huggingface.co, not {Printable.Text(endpoint)}");
        var settings = new HubSettings
        {
            Endpoint = address,
            CacheFolder = Expanded(Value("HF_HUB_CACHE") ?? Value("HUGGINGFACE_HUB_CACHE") ?? Path.Combine(home, "hub")),
            TorchFolder = Path.Combine(Expanded(Value("TORCH_HOME") ?? Path.Combine(caches, "torch")), "hub", "checkpoints"),
            GraftFolder = Expanded(Value("GRAFT_HOME") ?? Path.Combine(caches, "graft")),
            Offline = Is("HF_HUB_OFFLINE") || Is("TRANSFORMERS_OFFLINE"),
            Token = Is("HF_HUB_DISABLE_IMPLICIT_TOKEN") ? null
                : Value("HF_TOKEN") ?? Value("HUGGING_FACE_HUB_TOKEN") ?? TokenFile(Expanded(Value("HF_TOKEN_PATH") ?? Path.Combine(home, "token"))),
        };
        if (settings.Token is { } token && token.Any(static letter => letter is <= ' ' or > '~'))
            throw new HubException(HubFailure.InvalidName, "the token of HF_TOKEN, or of the file 'token' in HF_HOME, has signs that no token has: copy it again from the hub's settings");
        if (Value("HF_HUB_DOWNLOAD_TIMEOUT") is not { } seconds) return settings;
        return double.TryParse(seconds, NumberStyles.Float, CultureInfo.InvariantCulture, out double wait) && wait is > 0 and < 86_400
            ? settings with { StallTimeout = TimeSpan.FromSeconds(wait) }
            : throw new HubException(HubFailure.InvalidName, $"HF_HUB_DOWNLOAD_TIMEOUT is a number of seconds, not {Printable.Text(seconds)}");
    }

    private static string? TokenFile(string path)
    {
        try
        {
            return File.Exists(path) && File.ReadAllText(path).Trim() is { Length: > 0 } token ? token : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // another user's file: as in Python, no token
            return null;
        }
    }
}
