using System.Security.Cryptography;
using System.Text.Json;

namespace Graft.Tasks;

/// <summary>The file of weights that a training run began with.</summary>
/// <param name="FileName">The file's name without its folder.</param>
/// <param name="Sha256">The SHA-256 of its bytes: 64 hexadecimal digits, lower case.</param>
internal sealed record BaseCheckpoint(string FileName, string Sha256)
{
    private const int HashDigits = 64;

    /// <summary>Describes the file of a checkpoint, or of one in shards its index and all their bytes, reading them through once.</summary>
    public static BaseCheckpoint Of(Checkpoint checkpoint) => Of(checkpoint.Path, checkpoint.SourceFiles);

    /// <summary>Describes a file, reading it through once.</summary>
    public static BaseCheckpoint Of(string path) => Of(path, [path]);

    private static BaseCheckpoint Of(string name, IEnumerable<string> files)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = new byte[1 << 16];
        foreach (string path in files)
        {
            using var file = File.OpenRead(path);
            for (int read = file.Read(buffer); read > 0; read = file.Read(buffer)) hash.AppendData(buffer, 0, read);
        }
        return new BaseCheckpoint(Path.GetFileName(name), Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    public static BaseCheckpoint Read(JsonObjectReader checkpoint)
    {
        string hash = checkpoint.Text("sha256") ?? throw checkpoint.Missing("sha256");
        if (hash.Length != HashDigits || !hash.All(char.IsAsciiHexDigit)) throw checkpoint.Wrong("sha256", $"is not {HashDigits} hexadecimal digits");
        return new BaseCheckpoint(checkpoint.Text("file") ?? throw checkpoint.Missing("file"), hash.ToLowerInvariant());
    }

    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteString("file", FileName);
        writer.WriteString("sha256", Sha256);
    }
}
