using System.Text;

namespace Graft.Text.Tests;

/// <summary>A folder for the files of one test.</summary>
internal sealed class TextFolder : IDisposable
{
    public TextFolder() => Root = Directory.CreateTempSubdirectory("graft-text-").FullName;

    public string Root { get; }

    public string Path(string name) => System.IO.Path.Combine(Root, name);

    public string Write(string name, string text, Encoding? encoding = null)
    {
        string path = Path(name);
        File.WriteAllText(path, text, encoding ?? new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
        return path;
    }

    public string Write(string name, byte[] bytes)
    {
        string path = Path(name);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
