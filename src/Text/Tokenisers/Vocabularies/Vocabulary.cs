namespace Graft.Text.Tokenisers;

/// <summary>The tokens of a model by number and by text. A number may have none.</summary>
internal sealed class Vocabulary
{
    // a vocabulary is a list: numbers far beyond its length are damage
    private const int MostHoles = 1024;

    private readonly string?[] tokens;

    private Vocabulary(string?[] tokens, TokenTable table) => (this.tokens, Table) = (tokens, table);

    public TokenTable Table { get; }

    /// <summary>One more than the highest number.</summary>
    public int Size => tokens.Length;

    public string? this[int id] => (uint)id < (uint)tokens.Length ? tokens[id] : null;

    public int? IdOf(ReadOnlySpan<char> token) => Table.Find(token) is >= 0 and var id ? id : null;

    /// <summary>Makes a vocabulary of its tokens and their numbers.</summary>
    /// <param name="entries">Tokens, numbers, and where each stands, for complaints.</param>
    /// <param name="place">Names where the entry of a number in that list stands.</param>
    /// <param name="file">The file that complaints name.</param>
    public static Vocabulary Of(IReadOnlyList<(string Token, int Id)> entries, Func<int, string> place, string file)
    {
        int highest = -1;
        foreach (var (token, id) in entries)
        {
            if (id < 0) throw new CheckpointException(file, $"the number of token '{Printable.Text(token)}' is {id}");
            highest = Math.Max(highest, id);
        }
        if (highest >= 2L * entries.Count + MostHoles)
            throw new CheckpointException(file, $"a vocabulary of {entries.Count} tokens has the number {highest}");

        string?[] tokens = new string?[highest + 1];
        var table = new TokenTable(entries.Count);
        int[] firsts = new int[highest + 1];
        for (int i = 0; i < entries.Count; i++)
        {
            var (token, id) = entries[i];
            if (tokens[id] is { } other)
                throw new CheckpointException(file, $"{place(firsts[id])} and {place(i)} give the number {id} to two tokens, '{Printable.Text(other)}' and '{Printable.Text(token)}'");
            if (!table.TryAdd(token, id, out int earlier))
                throw new CheckpointException(file, $"{place(firsts[earlier])} and {place(i)} are one token, '{Printable.Text(token)}', with two numbers, {earlier} and {id}");
            (tokens[id], firsts[id]) = (token, i);
        }
        return new Vocabulary(tokens, table);
    }
}
