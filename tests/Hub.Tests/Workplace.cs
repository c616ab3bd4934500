namespace Graft.Hub.Tests;

/// <summary>Empty caches in a folder of their own, which goes with the test.</summary>
internal sealed class Workplace : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("graft-hub-");

    public string Folder => folder.FullName;

    public HubSettings Settings => new()
    {
        Endpoint = new Uri("http://127.0.0.1:1"),
        CacheFolder = In("hub"),
        TorchFolder = In("torch"),
        GraftFolder = In("graft"),
        PackagesFolder = In("packages"),
        PackageSettingsFolder = Folder,
        StallTimeout = TimeSpan.FromSeconds(2),
        FirstWait = TimeSpan.FromMilliseconds(10),
    };

    public string In(params string[] parts) => Path.Combine([Folder, .. parts]);

    /// <summary>The files below a folder, by their paths with slashes.</summary>
    public string[] Files(params string[] parts) =>
    [
        .. Directory.EnumerateFiles(In(parts), "*", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(In(parts), file).Replace('\\', '/')).Order(StringComparer.Ordinal),
    ];

    public void Dispose() => folder.Delete(recursive: true);
}
