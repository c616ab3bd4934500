using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Graft.Hub;

/// <summary>The hash of a file's bytes as its publisher gives it, or its first digits.</summary>
/// <param name="IsGitBlob">Whether it is git's SHA-1 of a blob, as for small files of a repository, and not SHA-256.</param>
/// <param name="Digits">Its hexadecimal digits in lower case, or the first of them.</param>
internal sealed partial record ContentHash(bool IsGitBlob, string Digits)
{
    private const int Sha256Digits = 64;
    private const int Sha1Digits = 40;

    /// <summary>The hash that an ETag of the hub is: SHA-256 of a large file, git's of a small one; null where it is something else.</summary>
    public static ContentHash? FromEntityTag(string tag) =>
        !Hexadecimal().IsMatch(tag) ? null
        : tag.Length switch { Sha256Digits => new ContentHash(false, tag), Sha1Digits => new ContentHash(true, tag), _ => null };

    /// <summary>The start of the SHA-256 in a file's name, as in <c>resnet18-f37072fd.pth</c>; null where there is none.</summary>
    public static ContentHash? FromName(string name) =>
        NameWithHash().Match(name) is { Success: true } match ? new ContentHash(false, match.Groups[1].Value) : null;

    /// <summary>What is wrong with a file's bytes; null where they are those that were published.</summary>
    public async Task<string?> ProblemAsync(string path, CancellationToken cancellation)
    {
        string actual = Convert.ToHexStringLower(IsGitBlob ? await GitAsync(path, cancellation).ConfigureAwait(false) : await Sha256Async(path, cancellation).ConfigureAwait(false));
        string kind = IsGitBlob ? "git SHA-1" : "SHA-256";
        return actual.StartsWith(Digits, StringComparison.Ordinal) ? null
            : $"its {kind} is {actual[..Math.Min(16, actual.Length)]}..., and {Digits[..Math.Min(16, Digits.Length)]}{(Digits.Length > 16 ? "..." : "")} was published";
    }

    private static async Task<byte[]> Sha256Async(string path, CancellationToken cancellation)
    {
        await using var stream = File.OpenRead(path);
        return await SHA256.HashDataAsync(stream, cancellation).ConfigureAwait(false);
    }

    private static async Task<byte[]> GitAsync(string path, CancellationToken cancellation)
    {
        await using var stream = File.OpenRead(path);
#pragma warning disable CA5350 // git's own hash: it tells a damaged file, and keeps nobody out
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
#pragma warning restore CA5350
        hash.AppendData(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"blob {stream.Length}\0")));
        byte[] buffer = new byte[1 << 16];
        while (await stream.ReadAsync(buffer, cancellation).ConfigureAwait(false) is > 0 and var read) hash.AppendData(buffer, 0, read);
        return hash.GetHashAndReset();
    }

    [GeneratedRegex(@"^[0-9a-f]+\z")]
    private static partial Regex Hexadecimal();

    [GeneratedRegex(@"-([0-9a-f]{8,64})\.")]
    private static partial Regex NameWithHash();
}
