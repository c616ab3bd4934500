using System.Runtime.InteropServices;
using System.Text;

namespace Graft.Text.Tokenisers;

/// <summary>Byte-pair encoding: code points, and then again and again the pair of neighbours that was merged first in training.</summary>
internal sealed class BpeModel : TokenModel
{
    private readonly BpeSettings settings;
    private readonly Dictionary<long, (int Rank, int Id)> merges;
    private readonly int[]? bytes;
    private readonly WordCache cache = new();

    public BpeModel(Vocabulary vocabulary, Dictionary<long, (int Rank, int Id)> merges, BpeSettings settings) : base(vocabulary)
    {
        (this.merges, this.settings) = (merges, settings);
        if (settings.FallsBackToBytes) bytes = BytePieces.Of(vocabulary);
    }

    public override int? Unknown => settings.Unknown;

    public static long Pair(int first, int second) => (long)first << 32 | (uint)second;

    public override void Tokenise(ReadOnlySpan<char> word, int at, TokenList tokens)
    {
        if (cache.TryAdd(word, at, tokens)) return;
        int before = tokens.Count;
        Merge(word, at, tokens);
        cache.Keep(word, at, tokens, before);
    }

    private void Merge(ReadOnlySpan<char> word, int at, TokenList tokens)
    {
        if (settings.TakesWholeWords && Vocabulary.Table.Find(word) is >= 0 and var whole)
        {
            tokens.Add(whole, at, at + word.Length);
            return;
        }
        var symbols = new List<Symbol>(word.Length);
        Begin(word, symbols);
        MergeAll(CollectionsMarshal.AsSpan(symbols));
        for (int i = symbols.Count > 0 ? 0 : -1; i >= 0; i = symbols[i].Next) tokens.Add(symbols[i].Id, at + symbols[i].Start, at + symbols[i].End);
    }

    /// <summary>The tokens of single code points.</summary>
    private void Begin(ReadOnlySpan<char> word, List<Symbol> symbols)
    {
        bool affixed = settings.Prefix.Length + settings.Suffix.Length > 0;
        Span<byte> utf8 = stackalloc byte[4];
        int unknownFrom = -1, unknownTo = -1;
        for (int from = 0; from < word.Length;)
        {
            Rune.DecodeFromUtf16(word[from..], out var rune, out int length);
            int to = from + length;
            int id = affixed ? Vocabulary.Table.Find(Affixed(word, from, to)) : Vocabulary.Table.Find(word[from..to]);
            int count = 0;
            if (id < 0 && bytes is not null)
            {
                count = rune.EncodeToUtf8(utf8);
                foreach (byte value in utf8[..count])
                    if (bytes[value] < 0) count = 0;
            }
            bool unknown = id < 0 && count == 0;
            if (unknown && settings.Unknown is not null)
            {
                if (unknownFrom < 0 || !settings.FusesUnknown)
                {
                    if (unknownFrom >= 0) Add(symbols, settings.Unknown.Value, unknownFrom, unknownTo);
                    unknownFrom = from;
                }
                unknownTo = to;
            }
            // a byte that stands for itself does not end a run of what is unknown, as in tokenizers
            if (id >= 0)
            {
                if (unknownFrom >= 0) Add(symbols, settings.Unknown!.Value, unknownFrom, unknownTo);
                unknownFrom = -1;
                Add(symbols, id, from, to);
            }
            for (int i = 0; i < count; i++) Add(symbols, bytes![utf8[i]], from, to);
            from = to;
        }
        if (unknownFrom >= 0) Add(symbols, settings.Unknown!.Value, unknownFrom, unknownTo);
        if (symbols.Count > 0) symbols[^1] = symbols[^1] with { Next = -1 };
    }

    private string Affixed(ReadOnlySpan<char> word, int from, int to) =>
        string.Concat(from > 0 ? settings.Prefix : "", word[from..to], to == word.Length ? settings.Suffix : "");

    private static void Add(List<Symbol> symbols, int id, int from, int to) => symbols.Add(new Symbol(id, from, to, symbols.Count - 1, symbols.Count + 1));

    private void MergeAll(Span<Symbol> symbols)
    {
        if (symbols.Length < 2) return;
        var queue = new PriorityQueue<(int At, int Id), (int Rank, int At)>();
        for (int i = 0; i + 1 < symbols.Length; i++) Enqueue(queue, symbols, i);
        while (queue.TryDequeue(out var best, out _))
        {
            ref var left = ref symbols[best.At];
            if (left.End < 0 || left.Next < 0) continue;
            ref var right = ref symbols[left.Next];
            // the pair is no longer what it was
            if (!merges.TryGetValue(Pair(left.Id, right.Id), out var merge) || merge.Id != best.Id) continue;
            int gone = left.Next;
            left = left with { Id = merge.Id, End = right.End, Next = right.Next };
            symbols[gone] = symbols[gone] with { End = -1 };
            if (left.Next >= 0)
            {
                symbols[left.Next] = symbols[left.Next] with { Previous = best.At };
                Enqueue(queue, symbols, best.At);
            }
            if (left.Previous >= 0) Enqueue(queue, symbols, left.Previous);
        }
    }

    private void Enqueue(PriorityQueue<(int At, int Id), (int Rank, int At)> queue, Span<Symbol> symbols, int at)
    {
        if (merges.TryGetValue(Pair(symbols[at].Id, symbols[symbols[at].Next].Id), out var merge)) queue.Enqueue((at, merge.Id), (merge.Rank, at));
    }

    private readonly record struct Symbol(int Id, int Start, int End, int Previous, int Next);
}
