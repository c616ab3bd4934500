using System.Globalization;
using System.Text;

namespace Graft.Text.Tokenisers;

/// <summary>What a code point is to a tokeniser.</summary>
internal static class CharacterKind
{
    /// <summary>White space as Unicode has it; none of it is beyond 16 bits.</summary>
    public static bool IsSpace(int point) => point < 0x10000 && char.IsWhiteSpace((char)point);

    /// <summary>Punctuation, and every sign of ASCII that is neither letter nor digit.</summary>
    public static bool IsPunctuation(int point) => point < 128
        ? point is (>= 33 and <= 47) or (>= 58 and <= 64) or (>= 91 and <= 96) or (>= 123 and <= 126)
        : CharUnicodeInfo.GetUnicodeCategory(point) is UnicodeCategory.ConnectorPunctuation
        or UnicodeCategory.DashPunctuation or UnicodeCategory.OpenPunctuation or UnicodeCategory.ClosePunctuation
        or UnicodeCategory.InitialQuotePunctuation or UnicodeCategory.FinalQuotePunctuation or UnicodeCategory.OtherPunctuation;

    /// <summary>Controls, formats and private use; white space that is a control too.</summary>
    public static bool IsControl(int point) => CharUnicodeInfo.GetUnicodeCategory(point) is UnicodeCategory.Control or UnicodeCategory.Format
        or UnicodeCategory.PrivateUse or UnicodeCategory.Surrogate;

    public static bool IsUnassigned(int point) => CharUnicodeInfo.GetUnicodeCategory(point) is UnicodeCategory.OtherNotAssigned;

    public static bool IsNonspacingMark(int point) =>
        point >= NormalisationTables.FirstCombining && CharUnicodeInfo.GetUnicodeCategory(point) is UnicodeCategory.NonSpacingMark;

    public static bool IsMark(int point) => point >= NormalisationTables.FirstCombining
        && CharUnicodeInfo.GetUnicodeCategory(point) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark;

    public static bool IsLetter(int point) => point < 128 ? char.IsAsciiLetter((char)point) : CharUnicodeInfo.GetUnicodeCategory(point) <= UnicodeCategory.OtherLetter;

    public static bool IsNumber(int point) => point < 128
        ? char.IsAsciiDigit((char)point)
        : CharUnicodeInfo.GetUnicodeCategory(point) is UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber;

    /// <summary>Letters, marks, digits, connectors and joiners: what regular expressions call a word.</summary>
    public static bool IsWord(int point) => point < 128
        ? char.IsAsciiLetterOrDigit((char)point) || point == '_'
        : CharUnicodeInfo.GetUnicodeCategory(point) is <= UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.ConnectorPunctuation
            || point is 0x200C or 0x200D or (>= 0x24B6 and <= 0x24E9) or (>= 0x1F130 and <= 0x1F149) or (>= 0x1F150 and <= 0x1F169) or (>= 0x1F170 and <= 0x1F189);

    /// <summary>The ideographs that BERT takes for words of their own.</summary>
    public static bool IsIdeograph(int point) => point >= 0x3400 && point is (>= 0x4E00 and <= 0x9FFF) or (>= 0x3400 and <= 0x4DBF) or (>= 0x20000 and <= 0x2A6DF)
        or (>= 0x2A700 and <= 0x2B73F) or (>= 0x2B740 and <= 0x2B81F) or (>= 0x2B820 and <= 0x2CEAF) or (>= 0xF900 and <= 0xFAFF) or (>= 0x2F800 and <= 0x2FA1F);

    /// <summary>The small letter of one code point; the dotted capital I alone has two, its dot being <see cref="DotAbove"/>.</summary>
    public static int Lower(int point) => point switch
    {
        < 128 => point is >= 'A' and <= 'Z' ? point | 32 : point,
        DottedI => 'i',
        _ => Rune.ToLowerInvariant(new Rune(point)).Value,
    };

    public const int DottedI = 0x130, DotAbove = 0x307;
}
