using System.Text;
using System.Text.Unicode;

namespace Graft.Text.Tokenisers;

/// <summary>A step that changes each token alone.</summary>
internal abstract class EachToken : Decoder
{
    public override void Apply(List<string> tokens)
    {
        for (int i = 0; i < tokens.Count; i++) tokens[i] = Change(tokens[i], i, tokens.Count);
    }

    protected abstract string Change(string token, int index, int count);
}

/// <summary>The sign of a space becomes one; before the first token it goes.</summary>
internal sealed class MetaspaceDecoder(char sign, bool dropsFirst) : EachToken
{
    protected override string Change(string token, int index, int count) =>
        index == 0 && dropsFirst ? token.Replace(sign.ToString(), "", StringComparison.Ordinal) : token.Replace(sign, ' ');
}

/// <summary>The sign of a word's end becomes a space.</summary>
internal sealed class SuffixDecoder(string suffix) : EachToken
{
    protected override string Change(string token, int index, int count) =>
        suffix.Length == 0 ? token : token.Replace(suffix, index == count - 1 ? "" : " ", StringComparison.Ordinal);
}

/// <summary>What is found becomes something else.</summary>
internal sealed class ReplaceDecoder(TextPattern pattern, string content) : EachToken
{
    protected override string Change(string token, int index, int count)
    {
        var found = new List<(int Start, int End)>();
        pattern.Find(token, found);
        if (found.Count == 0) return token;
        var changed = new StringBuilder();
        int done = 0;
        foreach (var (start, end) in found)
        {
            changed.Append(token, done, start - done).Append(content);
            done = end;
        }
        return changed.Append(token, done, token.Length - done).ToString();
    }
}

/// <summary>A sign at the ends goes, so often at most.</summary>
internal sealed class StripDecoder(string sign, int start, int stop) : EachToken
{
    protected override string Change(string token, int index, int count)
    {
        int from = 0, to = token.Length;
        for (int i = 0; i < start && token.AsSpan(from, to - from).StartsWith(sign, StringComparison.Ordinal); i++) from += sign.Length;
        for (int i = 0; i < stop && token.AsSpan(from, to - from).EndsWith(sign, StringComparison.Ordinal); i++) to -= sign.Length;
        return token[from..to];
    }
}

/// <summary>All tokens become one.</summary>
internal sealed class FuseDecoder : Decoder
{
    public override void Apply(List<string> tokens)
    {
        string whole = string.Concat(tokens);
        tokens.Clear();
        tokens.Add(whole);
    }
}

/// <summary>Signs become the bytes that they stand for, and these a text; what is no UTF-8 becomes the replacement character.</summary>
internal sealed class ByteLevelDecoder : Decoder
{
    public override void Apply(List<string> tokens)
    {
        var bytes = new List<byte>();
        foreach (string token in tokens)
        {
            if (IsSigns(token))
                foreach (char sign in token) bytes.Add((byte)ByteSigns.ByteOf(sign));
            else bytes.AddRange(Encoding.UTF8.GetBytes(token));
        }
        tokens.Clear();
        tokens.Add(Encoding.UTF8.GetString([.. bytes]));
    }

    private static bool IsSigns(string token)
    {
        foreach (char sign in token)
            if (ByteSigns.ByteOf(sign) < 0) return false;
        return true;
    }
}

/// <summary>Tokens of single bytes in a row become a text; where they are no UTF-8 each becomes the replacement character.</summary>
internal sealed class ByteFallbackDecoder : Decoder
{
    public override void Apply(List<string> tokens)
    {
        var whole = new List<string>(tokens.Count);
        var bytes = new List<byte>();
        foreach (string token in tokens)
        {
            if (BytePieces.ByteOf(token) is >= 0 and var value)
            {
                bytes.Add((byte)value);
                continue;
            }
            Flush(bytes, whole);
            whole.Add(token);
        }
        Flush(bytes, whole);
        tokens.Clear();
        tokens.AddRange(whole);
    }

    private static void Flush(List<byte> bytes, List<string> target)
    {
        if (bytes.Count == 0) return;
        byte[] run = [.. bytes];
        bytes.Clear();
        if (Utf8.IsValid(run)) target.Add(Encoding.UTF8.GetString(run));
        else for (int i = 0; i < run.Length; i++) target.Add("\ufffd");
    }
}
