namespace Graft.Text.Tokenisers;

/// <summary>Tokens as they come out of a model, in columns.</summary>
internal sealed class TokenList
{
    private int[] ids = new int[64];
    private int[] starts = new int[64];
    private int[] ends = new int[64];
    private int[] words = new int[64];

    public int Count { get; private set; }

    /// <summary>The number of the word that is tokenised.</summary>
    public int Word { get; set; }

    public ReadOnlySpan<int> Ids => ids.AsSpan(0, Count);

    public ReadOnlySpan<int> Words => words.AsSpan(0, Count);

    public int StartOf(int token) => starts[token];

    public int EndOf(int token) => ends[token];

    public void Clear() => (Count, Word) = (0, 0);

    public void Add(int id, int start, int end)
    {
        if (Count == ids.Length)
        {
            Array.Resize(ref ids, Count * 2);
            Array.Resize(ref starts, Count * 2);
            Array.Resize(ref ends, Count * 2);
            Array.Resize(ref words, Count * 2);
        }
        (ids[Count], starts[Count], ends[Count], words[Count]) = (id, start, end, Word);
        Count++;
    }

    /// <summary>Forgets the tokens from a number on.</summary>
    public void CutTo(int count) => Count = count;

    /// <summary>Brings the ranges of the tokens from a number on back to the original text.</summary>
    public void MapFrom(int first, MappedText text)
    {
        for (int i = first; i < Count; i++) (starts[i], ends[i]) = text.RangeOf(starts[i], ends[i]);
    }

    /// <summary>Leaves spaces at either end out of the ranges of the tokens from a number on.</summary>
    public void TrimFrom(int first, ReadOnlySpan<char> original)
    {
        for (int i = first; i < Count; i++)
        {
            while (starts[i] < ends[i] && original[starts[i]] == ' ') starts[i]++;
            while (starts[i] < ends[i] && original[ends[i] - 1] == ' ') ends[i]--;
        }
    }
}
