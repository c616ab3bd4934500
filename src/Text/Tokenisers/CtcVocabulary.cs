using System.Text;
using System.Text.Json;

namespace Graft.Text;

/// <summary>The signs that a network trained by connectionist temporal classification tells apart, as Hugging Face's <c>Wav2Vec2CTCTokenizer</c> has them:
/// <c>vocab.json</c> and what <c>tokenizer_config.json</c> and <c>special_tokens_map.json</c> call its special ones.</summary>
/// <remarks>It never changes: any number of threads may use it. A number that no sign has stands for nothing.</remarks>
public sealed class CtcVocabulary
{
    /// <summary>The file of the signs and their numbers.</summary>
    public const string FileName = "vocab.json";

    private const string ConfigFileName = "tokenizer_config.json", MapFileName = "special_tokens_map.json", TokeniserClass = "Wav2Vec2CTCTokenizer";
    private const string PaddingKey = "pad_token", UnknownKey = "unk_token", BeginKey = "bos_token", EndKey = "eos_token", DelimiterKey = "word_delimiter_token",
        LowerCaseKey = "do_lower_case", ClassKey = "tokenizer_class";
    private const string UsualPadding = "<pad>", UsualUnknown = "<unk>", UsualDelimiter = "|", UsualBegin = "<s>", UsualEnd = "</s>";
    private const int Most = 1 << 20;

    private readonly string[] tokens;
    private readonly Dictionary<string, int> numbers = new(StringComparer.Ordinal);
    private readonly int longest = 1;

    private CtcVocabulary(string[] tokens, string padding, string unknown, string delimiter, string begin, string end, bool isLowerCased)
    {
        this.tokens = tokens;
        (Padding, Unknown, WordDelimiter, Begin, End, IsLowerCased) = (padding, unknown, delimiter, begin, end, isLowerCased);
        for (int number = 0; number < tokens.Length; number++)
        {
            if (tokens[number].Length == 0) continue;
            numbers.TryAdd(tokens[number], number);
            if (!IsSpecial(tokens[number])) longest = Math.Max(longest, tokens[number].Length);
        }
    }

    /// <summary>The signs by their numbers; empty where no sign has a number.</summary>
    public IReadOnlyList<string> Tokens => tokens;

    /// <summary>The token that stands for none, the blank of a frame (<c>pad_token</c>).</summary>
    public string Padding { get; }

    /// <summary>The token for what is no sign of it (<c>unk_token</c>).</summary>
    public string Unknown { get; }

    /// <summary>What stands between words (<c>word_delimiter_token</c>).</summary>
    public string WordDelimiter { get; }

    /// <summary>A token that no frame is taught (<c>bos_token</c>).</summary>
    public string Begin { get; }

    /// <summary>A token that no frame is taught (<c>eos_token</c>).</summary>
    public string End { get; }

    /// <summary>Whether texts are written in small letters whatever its signs are (<c>do_lower_case</c>).</summary>
    public bool IsLowerCased { get; }

    /// <summary>Whether a folder has one.</summary>
    /// <param name="folder">The folder.</param>
    public static bool IsIn(string folder) => File.Exists(Path.Combine(folder, FileName));

    /// <summary>Reads that of a model's folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <exception cref="CheckpointException">There is none, or a file is damaged or contradicts another.</exception>
    public static CtcVocabulary Open(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        string path = Path.Combine(folder, FileName), config = Path.Combine(folder, ConfigFileName), map = Path.Combine(folder, MapFileName);
        var members = JsonFile.Read(path);
        var settings = File.Exists(config) ? JsonFile.Read(config) : (JsonObjectReader?)null;
        var specials = File.Exists(map) ? JsonFile.Read(map) : (JsonObjectReader?)null;
        var tokens = new SortedDictionary<int, string>();
        foreach (var member in members.Element.EnumerateObject())
        {
            if (member.Value.ValueKind == JsonValueKind.Object)
                throw members.Wrong(member.Name, "is a vocabulary of its own, one of several languages: keep that of one language in the file");
            if (member.Value.ValueKind != JsonValueKind.Number || !member.Value.TryGetInt32(out int number) || number is < 0 or >= Most)
                throw members.Wrong(member.Name, member.Value, "the number of a sign");
            if (!tokens.TryAdd(number, member.Name)) throw members.Wrong(member.Name, $"has the number {number}, which '{Printable.Text(tokens[number])}' has");
        }
        if (tokens.Count == 0) throw members.Fail("has no sign");
        var all = new string[tokens.Keys.Last() + 1];
        Array.Fill(all, "");
        foreach (var (number, token) in tokens) all[number] = token;
        string padding = Special(PaddingKey, UsualPadding);
        if (!all.Contains(padding)) throw members.Fail($"has no '{Printable.Text(padding)}', which {ConfigFileName} calls its '{PaddingKey}': the sign of a frame that means none");
        return new CtcVocabulary(
            all, padding, Special(UnknownKey, UsualUnknown), Special(DelimiterKey, UsualDelimiter), Special(BeginKey, UsualBegin), Special(EndKey, UsualEnd),
            settings?.Flag(LowerCaseKey) ?? false);

        string Special(string name, string usual) => Content(specials, name) ?? Content(settings, name) ?? usual;
    }

    /// <summary>The signs of texts, in the order of their code points, with what stands for none, for what is unknown and between words.</summary>
    /// <param name="texts">The texts.</param>
    /// <param name="blank">The number of what stands for none.</param>
    /// <exception cref="ArgumentException">The texts have too few signs for that number, or none.</exception>
    public static CtcVocabulary Of(IEnumerable<string> texts, int blank = 0)
    {
        ArgumentNullException.ThrowIfNull(texts);
        ArgumentOutOfRangeException.ThrowIfNegative(blank);
        var signs = new SortedSet<int>(texts.SelectMany(static text => text.EnumerateRunes()).Where(static sign => !Rune.IsWhiteSpace(sign)).Select(static sign => sign.Value));
        signs.Remove(UsualDelimiter[0]);
        if (signs.Count == 0) throw new ArgumentException("the texts have no sign that could be learnt");
        var all = new List<string> { UsualUnknown, UsualDelimiter };
        all.AddRange(signs.Select(char.ConvertFromUtf32));
        if (blank > all.Count) throw new ArgumentException($"the sign of a frame that means none has the number {blank}, and the texts have {signs.Count} signs");
        all.Insert(blank, UsualPadding);
        return FromTokens(all);
    }

    /// <summary>The vocabulary of signs whose special ones have the usual names: <c>&lt;pad&gt;</c>, <c>&lt;unk&gt;</c>, <c>|</c>.</summary>
    /// <param name="signs">The signs by their numbers.</param>
    /// <exception cref="ArgumentException">The one that stands for none is not among them.</exception>
    public static CtcVocabulary FromTokens(IReadOnlyList<string> signs)
    {
        ArgumentNullException.ThrowIfNull(signs);
        return signs.Contains(UsualPadding) ? new CtcVocabulary([.. signs], UsualPadding, UsualUnknown, UsualDelimiter, UsualBegin, UsualEnd, isLowerCased: false)
            : throw new ArgumentException($"'{UsualPadding}', which stands for none, is not among the {signs.Count} signs");
    }

    /// <summary>The same with so many numbers: those behind its own have no sign.</summary>
    /// <param name="count">How many.</param>
    /// <exception cref="ArgumentOutOfRangeException">It has more.</exception>
    public CtcVocabulary FilledUpTo(int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, tokens.Length);
        return count == tokens.Length ? this
            : new CtcVocabulary([.. tokens, .. Enumerable.Repeat("", count - tokens.Length)], Padding, Unknown, WordDelimiter, Begin, End, IsLowerCased);
    }

    /// <summary>The number of a sign; null where it is none.</summary>
    /// <param name="token">The sign.</param>
    public int? NumberOf(string token) => numbers.TryGetValue(token, out int number) ? number : null;

    /// <summary>Whether every sign of a text is one of it.</summary>
    /// <param name="text">The text.</param>
    public bool Spells(string text)
    {
        bool all = true;
        Read(text, (_, number) => all &= number is not null);
        return all;
    }

    /// <summary>The numbers of a text's signs; white space is one delimiter between words, a letter that is there as a capital or a small one alone is taken as
    /// that, and what is no sign is the unknown token, or left out where there is none.</summary>
    /// <param name="text">The text.</param>
    public int[] Encode(string text)
    {
        var labels = new List<int>();
        Read(text, (_, number) =>
        {
            if ((number ?? NumberOf(Unknown)) is { } label) labels.Add(label);
        });
        return [.. labels];
    }

    /// <summary>A text as it would be written if it were told without a mistake: as it is, in the letters that <see cref="Encode"/> takes.</summary>
    /// <param name="text">The text.</param>
    public string Spelled(string text)
    {
        var spelled = new StringBuilder();
        Read(text, (sign, number) => spelled.Append(sign == WordDelimiter && number is not null ? " " : number is { } label ? tokens[label] : sign));
        return Cased(spelled.ToString());
    }

    /// <summary>The text of labels from which repetitions and blanks are gone (<see cref="CtcDecoder"/>); special tokens are left out.</summary>
    /// <param name="labels">Their numbers.</param>
    public string Decode(IEnumerable<int> labels)
    {
        ArgumentNullException.ThrowIfNull(labels);
        return string.Join(' ', Words(labels.Select(static label => new CtcLabel(label, 0))).Select(static word => word.Text));
    }

    /// <summary>The words of labels, and the frames at which their first and their last sign begin.</summary>
    /// <param name="labels">The labels.</param>
    public IReadOnlyList<(string Text, int First, int Last)> Words(IEnumerable<CtcLabel> labels)
    {
        ArgumentNullException.ThrowIfNull(labels);
        var words = new List<(string Text, int First, int Last)>();
        var word = new StringBuilder();
        int first = 0, last = 0;
        foreach (var label in labels)
        {
            string token = (uint)label.Label < (uint)tokens.Length ? tokens[label.Label] : "";
            if (token == WordDelimiter || string.IsNullOrWhiteSpace(token) && token.Length > 0)
            {
                End();
                continue;
            }
            if (token.Length == 0 || IsSpecial(token)) continue;
            if (word.Length == 0) first = label.Frame;
            last = label.Frame;
            word.Append(token);
        }
        End();
        return words;

        void End()
        {
            if (word.Length > 0) words.Add((Cased(word.ToString()), first, last));
            word.Clear();
        }
    }

    /// <summary>Writes the files that Hugging Face's tokeniser reads.</summary>
    /// <param name="folder">The folder; it is made where there is none.</param>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public void Save(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        Directory.CreateDirectory(folder);
        JsonFile.Write(Path.Combine(folder, FileName), writer =>
        {
            foreach (var (token, number) in numbers.OrderBy(static pair => pair.Value)) writer.WriteNumber(token, number);
        });
        JsonFile.Write(Path.Combine(folder, ConfigFileName), writer =>
        {
            writer.WriteString(ClassKey, TokeniserClass);
            WriteSpecials(writer);
            writer.WriteString(DelimiterKey, WordDelimiter);
            writer.WriteBoolean(LowerCaseKey, IsLowerCased);
        });
        JsonFile.Write(Path.Combine(folder, MapFileName), WriteSpecials);
    }

    private void WriteSpecials(Utf8JsonWriter writer)
    {
        writer.WriteString(BeginKey, Begin);
        writer.WriteString(EndKey, End);
        writer.WriteString(UnknownKey, Unknown);
        writer.WriteString(PaddingKey, Padding);
    }

    /// <summary>Tells each sign of a text and its number, the longest first where signs have several letters.</summary>
    private void Read(string text, Action<string, int?> told)
    {
        ArgumentNullException.ThrowIfNull(text);
        text = text.Trim();
        for (int at = 0; at < text.Length;)
        {
            if (char.IsWhiteSpace(text[at]))
            {
                while (char.IsWhiteSpace(text[at])) at++;
                told(WordDelimiter, NumberOf(WordDelimiter));
                continue;
            }
            int length = Math.Min(longest, text.Length - at);
            while (length > 0 && Find(text.Substring(at, length)) is null) length--;
            if (length == 0) length = char.IsSurrogatePair(text, at) ? 2 : 1;
            string sign = text.Substring(at, length);
            told(sign, Find(sign));
            at += length;
        }
    }

    private int? Find(string sign)
    {
        if (IsSpecial(sign)) return null;
        return NumberOf(sign) ?? NumberOf(sign.ToUpperInvariant()) ?? NumberOf(sign.ToLowerInvariant());
    }

    private bool IsSpecial(string token) => token == Padding || token == Unknown || token == Begin || token == End || token == WordDelimiter;

    private string Cased(string text) => IsLowerCased ? text.ToLowerInvariant() : text;

    /// <summary>A special token, which is a text or an object with its content.</summary>
    private static string? Content(JsonObjectReader? members, string name)
    {
        if (members is not { } given || !given.TryGet(name, out var value)) return null;
        return value.ValueKind == JsonValueKind.Object ? given.Object(name)!.Value.Text("content") : given.Text(name);
    }
}
