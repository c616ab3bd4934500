namespace Graft.Tasks.Tests;

/// <summary>A folder that is removed at the end of the test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("graft-tests-").FullName;

    public string this[string relativePath]
    {
        get
        {
            string path = System.IO.Path.Combine(Path, relativePath);
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
            return path;
        }
    }

    public string Write(string relativePath, ReadOnlySpan<byte> bytes)
    {
        string path = this[relativePath];
        File.WriteAllBytes(path, bytes);
        return path;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
