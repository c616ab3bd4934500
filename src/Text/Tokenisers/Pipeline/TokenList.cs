namespace Graft.Text.Tokenisers;

/// <summary>A token as it comes out of a model.</summary>
internal struct Token
{
    public int Id;
    public int Start;
    public int End;
    public int Word;
}

/// <summary>Tokens as they come out of a model.</summary>
internal sealed class TokenList
{
    private Token[] tokens = new Token[128];

    public int Count { get; private set; }

    /// <summary>The number of the word that is tokenised.</summary>
    public int Word { get; set; }

    public ReadOnlySpan<Token> All => tokens.AsSpan(0, Count);

    public void Clear() => (Count, Word) = (0, 0);

    public void Add(int id, int start, int end)
    {
        if (Count == tokens.Length) Array.Resize(ref tokens, Count * 2);
        ref var token = ref tokens[Count++];
        token.Id = id;
        token.Start = start;
        token.End = end;
        token.Word = Word;
    }

    /// <summary>Forgets the tokens from a number on.</summary>
    public void CutTo(int count) => Count = count;

    /// <summary>Gives the tokens from a number on other numbers.</summary>
    public void Renumber(int first, ReadOnlySpan<int> numbers)
    {
        foreach (ref var token in tokens.AsSpan(first, Count - first)) token.Id = numbers[token.Id];
    }

    /// <summary>Brings the ranges of the tokens from a number on back to the original text.</summary>
    public void MapFrom(int first, MappedText text)
    {
        if (text.IsShifted)
        {
            int shift = text.Shift;
            if (shift == 0) return;
            foreach (ref var token in tokens.AsSpan(first, Count - first)) (token.Start, token.End) = (token.Start + shift, token.End + shift);
            return;
        }
        foreach (ref var token in tokens.AsSpan(first, Count - first)) (token.Start, token.End) = text.RangeOf(token.Start, token.End);
    }

    /// <summary>Leaves spaces at either end out of the ranges of the tokens from a number on.</summary>
    public void TrimFrom(int first, ReadOnlySpan<char> original)
    {
        foreach (ref var token in tokens.AsSpan(first, Count - first))
        {
            while (token.Start < token.End && original[token.Start] == ' ') token.Start++;
            while (token.Start < token.End && original[token.End - 1] == ' ') token.End--;
        }
    }
}
