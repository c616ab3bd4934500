using System.Buffers;
using System.Text;

namespace Graft.Models;

/// <summary>Says what a file that is no checkpoint seems to be, so that the message helps.</summary>
internal static class ForeignFormats
{
    /// <summary>How much of a file's start is looked at: a tar archive gives itself away at byte 257.</summary>
    public const int StartLength = 512;

    private const string WhatToGive = "give a safetensors file, a PyTorch checkpoint (.pt, .pth, .th, .bin) or a NumPy archive (.npz)";

    private static readonly SearchValues<byte> Letters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_."u8);

    public static string Describe(ReadOnlySpan<byte> start)
    {
        if (start.StartsWith("version https://git-lfs"u8))
            return "a Git LFS pointer, not the file itself: run 'git lfs pull' where it was cloned, or download the file";
        if (PickledName(start) is { } name)
            return $"a pickle of protocol 0 that starts with {Printable.Text(name)}, which no checkpoint needs; nothing was run; {WhatToGive}";
        string? kind = Magic(start);
        if (kind is null && IsText(start))
        {
            string text = Encoding.UTF8.GetString(start).TrimStart('\uFEFF', ' ', '\t', '\r', '\n');
            kind = text.StartsWith("<!doctype html", StringComparison.OrdinalIgnoreCase)
                || text.StartsWith("<html", StringComparison.OrdinalIgnoreCase)
                    ? "an HTML page (a download that was answered by a web page)"
                : text.StartsWith('<') ? "an XML document" : "a text file";
        }
        return kind is null
            ? $"not a checkpoint: its first bytes are {Convert.ToHexString(start[..Math.Min(8, start.Length)])}; {WhatToGive}"
            : $"{kind}, not a checkpoint that can be read here; {WhatToGive}";
    }

    public static bool IsText(ReadOnlySpan<byte> start)
    {
        foreach (byte value in start)
            if (value is < 0x20 and not ((byte)'\t' or (byte)'\n' or (byte)'\r') or 0x7F) return false;
        return true;
    }

    private static string? Magic(ReadOnlySpan<byte> start) => start switch
    {
        [0x89, (byte)'P', (byte)'N', (byte)'G', ..] => "a PNG image",
        [0xFF, 0xD8, 0xFF, ..] => "a JPEG image",
        [(byte)'G', (byte)'I', (byte)'F', (byte)'8', ..] => "a GIF image",
        [0x89, (byte)'H', (byte)'D', (byte)'F', ..] => "an HDF5 file (Keras; KerasFormat.Register() of Graft.Formats has it read)",
        [(byte)'G', (byte)'G', (byte)'U', (byte)'F', ..] => "a GGUF file",
        [_, _, _, _, (byte)'T', (byte)'F', (byte)'L', (byte)'3', ..] => "a TensorFlow Lite model (TensorFlowLiteFormat.Register() of Graft.Formats has it read)",
        [0x1F, 0x8B, ..] => "a gzip archive (unpack it first)",
        [0x28, 0xB5, 0x2F, 0xFD, ..] => "a Zstandard archive (unpack it first)",
        [0xFD, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', ..] => "an xz archive (unpack it first)",
        [(byte)'B', (byte)'Z', (byte)'h', ..] => "a bzip2 archive (unpack it first)",
        [(byte)'7', (byte)'z', 0xBC, 0xAF, ..] => "a 7z archive (unpack it first)",
        [(byte)'%', (byte)'P', (byte)'D', (byte)'F', ..] => "a PDF document",
        [0x7F, (byte)'E', (byte)'L', (byte)'F', ..] => "a program (ELF)",
        [(byte)'R', (byte)'I', (byte)'F', (byte)'F', ..] => "a sound or image file (RIFF)",
        // Protocol buffers: the field ir_version, then one of the model's other fields.
        [0x08, > 0 and <= 0x14, 0x12 or 0x1A or 0x22 or 0x2A or 0x32 or 0x3A or 0x42, ..] => "an ONNX model",
        _ when start.Length > 262 && start[257..].StartsWith("ustar"u8) =>
            "a tar archive (PyTorch before 0.1.10 wrote such files: load it there and save it again)",
        _ => null,
    };

    // "cos\nsystem\n": how protocol 0 calls a function.
    private static string? PickledName(ReadOnlySpan<byte> start)
    {
        if (start[0] != 'c') return null;
        var rest = start[1..];
        int first = rest.IndexOf((byte)'\n');
        if (first < 1) return null;
        int second = rest[(first + 1)..].IndexOf((byte)'\n');
        if (second < 1) return null;
        var module = rest[..first];
        var name = rest.Slice(first + 1, second);
        return IsIdentifier(module) && IsIdentifier(name)
            ? $"{Encoding.ASCII.GetString(module)}.{Encoding.ASCII.GetString(name)}"
            : null;

        static bool IsIdentifier(ReadOnlySpan<byte> text) => !text.ContainsAnyExcept(Letters);
    }
}
