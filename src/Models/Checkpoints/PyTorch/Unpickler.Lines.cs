using System.Globalization;
using System.Numerics;
using System.Text;

namespace Graft.Models;

/// <summary>The operations of protocol 0, whose operands are lines of text.</summary>
internal sealed partial class Unpickler
{
    private const int LongestDigits = 400;

    private bool Line(byte operation)
    {
        switch (operation)
        {
            case (byte)'I':
                string whole = bytes.ReadLine();
                // how truth was written before there was an operation for it
                if (whole is "00" or "01") stack.Add(whole == "01");
                else PushDigits(whole);
                break;
            case (byte)'L': PushDigits(Encoding.ASCII.GetString(bytes.ReadLineBytes()).TrimEnd('L')); break;
            case (byte)'F':
                string text = bytes.ReadLine();
                stack.Add(text is "inf" or "-inf" ? (text[0] == '-' ? double.NegativeInfinity : double.PositiveInfinity)
                    : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) ? number
                    : throw Damaged("has a number that is none"));
                break;
            case (byte)'S': stack.Add(Unquoted(bytes.ReadLineBytes())); break;
            case (byte)'V': stack.Add(Unescaped(bytes.ReadLineBytes(), isUnicode: true)); break;
            case (byte)'p': memo[LineIndex()] = Peek(); break;
            case (byte)'g': stack.Add(Recall(LineIndex())); break;
            case (byte)'P': stack.Add(Persistent(Encoding.UTF8.GetString(bytes.ReadLineBytes()))); break;
            default: return false;
        }
        return true;
    }

    private void PushDigits(string digits)
    {
        if (digits.Length > LongestDigits) stack.Add(new PickleText($"a whole number of {digits.Length} digits"));
        else if (long.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long small)) stack.Add(small);
        else if (BigInteger.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var large)) stack.Add(large);
        else throw Damaged("has a number that is none");
    }

    private uint LineIndex() => uint.TryParse(bytes.ReadLine(), NumberStyles.None, CultureInfo.InvariantCulture, out uint index)
        ? index : throw Damaged("keeps a value under what is no number");

    private string Unquoted(byte[] line)
    {
        if (line.Length < 2 || line[0] != line[^1] || line[0] is not ((byte)'\'' or (byte)'"')) throw Damaged("has a text without quotes");
        return Unescaped(line.AsSpan(1, line.Length - 2), isUnicode: false);
    }

    // Letters are Latin-1; \u and \U alone are read in Python's "raw Unicode", in a quoted text its other escapes too.
    private static string Unescaped(ReadOnlySpan<byte> line, bool isUnicode)
    {
        var text = new StringBuilder(line.Length);
        for (int at = 0; at < line.Length; at++)
        {
            char next = (char)line[at];
            if (next != '\\' || at + 1 == line.Length)
            {
                text.Append(next);
                continue;
            }
            char kind = (char)line[at + 1];
            int digits = kind switch { 'u' when isUnicode => 4, 'U' when isUnicode => 8, 'x' when !isUnicode => 2, _ => 0 };
            if (digits > 0 && at + 2 + digits <= line.Length
                && int.TryParse(Encoding.ASCII.GetString(line.Slice(at + 2, digits)), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int code))
            {
                if (Rune.IsValid(code)) text.Append(new Rune(code).ToString());
                else text.Append((char)(ushort)code);
                at += 1 + digits;
                continue;
            }
            if (isUnicode)
            {
                text.Append(next);
                continue;
            }
            text.Append(kind switch { 'n' => '\n', 't' => '\t', 'r' => '\r', _ => kind });
            at++;
        }
        return text.ToString();
    }
}
