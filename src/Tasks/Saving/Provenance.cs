using System.Security.Cryptography;
using System.Text.Json;

namespace Graft.Tasks;

/// <summary>Where a model's first weights came from: the file of a published checkpoint.</summary>
/// <param name="FileName">The file's name without its folder.</param>
/// <param name="Sha256">The SHA-256 of its bytes: 64 hexadecimal digits, lower case.</param>
public sealed record Provenance(string FileName, string Sha256)
{
    private const int HashDigits = 64;

    /// <summary>Describes the file of a checkpoint, or of one in shards its index and all their bytes, reading them through once; null for
    /// one that is in no file.</summary>
    internal static Provenance? Of(Checkpoint checkpoint) =>
        checkpoint.SourceFiles.All(File.Exists) ? Of(checkpoint.Path, checkpoint.SourceFiles) : null;

    /// <summary>Describes a file, reading it through once.</summary>
    internal static Provenance Of(string path) => Of(path, [path]);

    private static Provenance Of(string name, IEnumerable<string> files)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = new byte[1 << 16];
        foreach (string path in files)
        {
            using var file = File.OpenRead(path);
            for (int read = file.Read(buffer); read > 0; read = file.Read(buffer)) hash.AppendData(buffer, 0, read);
        }
        return new Provenance(Path.GetFileName(name), Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    internal static Provenance Read(JsonObjectReader checkpoint)
    {
        string hash = checkpoint.Text("sha256") ?? throw checkpoint.Missing("sha256");
        if (hash.Length != HashDigits || !hash.All(char.IsAsciiHexDigit)) throw checkpoint.Wrong("sha256", $"is not {HashDigits} hexadecimal digits");
        return new Provenance(checkpoint.Text("file") ?? throw checkpoint.Missing("file"), hash.ToLowerInvariant());
    }

    internal void Write(Utf8JsonWriter writer)
    {
        writer.WriteString("file", FileName);
        writer.WriteString("sha256", Sha256);
    }
}
