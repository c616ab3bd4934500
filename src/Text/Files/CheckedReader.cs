using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace Graft.Text;

/// <summary>Decodes a file and complains of what is no text with the line where it stands; lines end in LF, CR LF or CR.</summary>
internal sealed class CheckedReader : TextReader
{
    private const int BlockBytes = 1 << 16;
    private const int LongestLine = 1 << 26;

    // what stands for bytes that are no text; it is no character itself
    private const char NoText = '\uffff';

    private readonly Stream stream;
    private readonly string path;
    private readonly byte[] bytes = new byte[BlockBytes];
    private int byteEnd;
    private bool isAtEnd;
    private Decoder? decoder;
    private char[] letters = new char[BlockBytes];
    private int at;
    private int end;
    private long linesDecoded;
    private bool lastWasReturn;
    private TextFileException? failure;

    public CheckedReader(Stream stream, string path, Encoding? encoding)
    {
        (this.stream, this.path) = (stream, path);
        byteEnd = TextFile.Guarded(path, () => stream.ReadAtLeast(bytes, 4, throwOnEndOfStream: false));
        (var marked, int length) = ByteOrderMark();
        bytes.AsSpan(length, byteEnd - length).CopyTo(bytes);
        byteEnd -= length;
        encoding = marked ?? encoding;
        // UTF-8 is decoded by its bytes, which messages name
        if (encoding is not null and not UTF8Encoding)
            decoder = Encoding.GetEncoding(encoding.CodePage, EncoderFallback.ExceptionFallback, new DecoderReplacementFallback(NoText.ToString())).GetDecoder();
    }

    /// <summary>The line, from 1, on which the next letter stands.</summary>
    public long Line { get; private set; } = 1;

    public override int Peek() => at < end || More() ? letters[at] : -1;

    public override int Read() => throw new NotSupportedException("read lines or blocks");

    public override int Read(char[] buffer, int index, int count) => Read(buffer.AsSpan(index, count));

    /// <summary>Hands out letters; <see cref="Line"/> does not follow.</summary>
    public override int Read(Span<char> buffer)
    {
        if (buffer.IsEmpty || (at == end && !More())) return 0;
        int count = Math.Min(buffer.Length, end - at);
        letters.AsSpan(at, count).CopyTo(buffer);
        at += count;
        return count;
    }

    /// <summary>The rest of the line, without its end; it stays to be read.</summary>
    public string PeekLine() => letters.AsSpan(at, FindBreak()).ToString();

    public override string? ReadLine()
    {
        int length = FindBreak();
        if (at == end) return null;
        string line = letters.AsSpan(at, length).ToString();
        at += length;
        if (at < end)
        {
            bool isReturn = letters[at++] == '\r';
            if (isReturn && Peek() == '\n') at++;
        }
        Line++;
        return line;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) stream.Dispose();
        base.Dispose(disposing);
    }

    private int FindBreak()
    {
        int looked = 0;
        while (true)
        {
            int found = letters.AsSpan(at + looked, end - at - looked).IndexOfAny('\r', '\n');
            if (found >= 0) return looked + found;
            looked = end - at;
            if (looked > LongestLine) throw new TextFileException(path, $"is longer than {LongestLine} letters: texts end with their lines", Line);
            if (!More()) return looked;
        }
    }

    /// <summary>Decodes more letters behind those that were not read yet; false at the end.</summary>
    private bool More()
    {
        letters.AsSpan(at, end - at).CopyTo(letters);
        (at, end) = (0, end - at);
        if (letters.Length - end < BlockBytes) Array.Resize(ref letters, 2 * letters.Length);
        while (true)
        {
            if (failure is not null) throw failure;
            if (!isAtEnd && byteEnd < BlockBytes)
            {
                int count = stream.Read(bytes, byteEnd, BlockBytes - byteEnd);
                isAtEnd = count == 0;
                byteEnd += count;
            }
            if (isAtEnd && byteEnd == 0 && decoder is null) return false;
            int written = decoder is null ? DecodeUtf8() : Decode();
            bool finished = isAtEnd && byteEnd == 0;
            if (written > 0)
            {
                end += written;
                return true;
            }
            if (finished && failure is null) return false;
        }
    }

    private int DecodeUtf8()
    {
        var status = Utf8.ToUtf16(bytes.AsSpan(0, byteEnd), letters.AsSpan(end), out int read, out int written, replaceInvalidSequences: false, isFinalBlock: isAtEnd);
        written = Accept(letters.AsSpan(end, written));
        if (status == OperationStatus.InvalidData)
            failure ??= Fail($"holds the byte 0x{bytes[read]:X2}, which is no UTF-8: save the file as UTF-8, or name its encoding, often Latin-1");
        Keep(read);
        return written;
    }

    private int Decode()
    {
        decoder!.Convert(bytes.AsSpan(0, byteEnd), letters.AsSpan(end), flush: isAtEnd, out int read, out int written, out _);
        Keep(read);
        if (isAtEnd && byteEnd == 0) decoder = null;
        return Accept(letters.AsSpan(end, written));
    }

    private void Keep(int read)
    {
        bytes.AsSpan(read, byteEnd - read).CopyTo(bytes);
        byteEnd -= read;
    }

    /// <summary>Counts lines and looks for what is no text: letters before it are handed out first.</summary>
    private int Accept(Span<char> decoded)
    {
        int bad = decoded.IndexOfAny('\0', NoText);
        if (bad >= 0) decoded = decoded[..bad];
        foreach (char letter in decoded)
        {
            if (letter == '\r' || (letter == '\n' && !lastWasReturn)) linesDecoded++;
            lastWasReturn = letter == '\r';
        }
        if (bad >= 0)
        {
            failure = letters[end + bad] == '\0'
                ? Fail("holds a zero byte, which no text has: is it a program's own file, or UTF-16 without a byte order mark?")
                : Fail("holds bytes that are no text in its encoding: save the file as UTF-8");
        }
        return decoded.Length;
    }

    private TextFileException Fail(string problem) => new(path, problem, linesDecoded + 1);

    private (Encoding? Encoding, int Length) ByteOrderMark() => bytes.AsSpan(0, byteEnd) switch
    {
        [0xEF, 0xBB, 0xBF, ..] => (Encoding.UTF8, 3),
        [0xFF, 0xFE, 0, 0, ..] => (Encoding.UTF32, 4),
        [0xFF, 0xFE, ..] => (Encoding.Unicode, 2),
        [0xFE, 0xFF, ..] => (Encoding.BigEndianUnicode, 2),
        _ => (null, 0),
    };
}
