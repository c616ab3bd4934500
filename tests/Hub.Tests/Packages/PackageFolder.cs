using System.IO.Compression;
using System.Text;

namespace Graft.Hub.Tests;

/// <summary>A folder of packages that a nuget.config names as the one source.</summary>
internal sealed class PackageFolder
{
    private readonly string folder;

    public PackageFolder(Workplace place)
    {
        folder = Directory.CreateDirectory(place.In("source")).FullName;
        File.WriteAllText(place.In("nuget.config"), """
            <configuration>
              <packageSources><clear /><add key="here" value="source" /></packageSources>
              <fallbackPackageFolders><clear /></fallbackPackageFolders>
              <packageSourceMapping><clear /></packageSourceMapping>
            </configuration>
            """);
    }

    public string Add(string id, string version, params (string Path, byte[] Bytes)[] files)
    {
        string path = Path.Combine(folder, $"{id}.{version}.nupkg");
        using var package = ZipFile.Open(path, ZipArchiveMode.Create);
        string manifest = $"""
            <?xml version="1.0" encoding="utf-8"?>
            <package xmlns="http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd">
              <metadata><id>{id}</id><version>{version}</version><authors>tests</authors><description>weights</description></metadata>
            </package>
            """;
        foreach (var (name, bytes) in files.Prepend(($"{id}.nuspec", Encoding.UTF8.GetBytes(manifest))))
        {
            using var entry = package.CreateEntry(name).Open();
            entry.Write(bytes);
        }
        return path;
    }
}
