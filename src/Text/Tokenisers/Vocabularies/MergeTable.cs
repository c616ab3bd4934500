namespace Graft.Text.Tokenisers;

/// <summary>The merges of a byte-pair encoding as they are read, in their order.</summary>
internal sealed class MergeTable(Vocabulary vocabulary, string prefix, int capacity)
{
    public Dictionary<long, (int Rank, int Id)> Merges { get; } = new(capacity);

    /// <summary>The two tokens of a line; null where they are not two.</summary>
    public static (string Left, string Right)? PairOf(string line)
    {
        int space = line.IndexOf(' ', StringComparison.Ordinal);
        return space > 0 && space < line.Length - 1 && line.IndexOf(' ', space + 1) < 0 ? (line[..space], line[(space + 1)..]) : null;
    }

    /// <summary>Adds the next merge.</summary>
    /// <returns>What is wrong with it, up to the name of the vocabulary that lacks a token; null for nothing.</returns>
    public string? Add(string left, string right)
    {
        string whole = prefix.Length > 0 && right.StartsWith(prefix, StringComparison.Ordinal) ? left + right[prefix.Length..] : left + right;
        foreach (string token in (ReadOnlySpan<string>)[left, right, whole])
            if (vocabulary.IdOf(token) is null) return $"merges '{Printable.Text(left)}' and '{Printable.Text(right)}' and needs '{Printable.Text(token)}'";
        Merges[BpeModel.Pair(vocabulary.IdOf(left)!.Value, vocabulary.IdOf(right)!.Value)] = (Merges.Count, vocabulary.IdOf(whole)!.Value);
        return null;
    }
}
