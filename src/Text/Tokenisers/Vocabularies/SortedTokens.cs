namespace Graft.Text.Tokenisers;

/// <summary>Texts in order, to be walked down unit by unit: each step narrows the range of those that begin so.</summary>
internal sealed class SortedTokens
{
    private readonly string[] tokens;
    private readonly int[] values;

    // where the texts with each first unit lie
    private readonly Dictionary<char, (int From, int To)> firsts = [];

    /// <summary>Takes texts that are not empty, with a value each; the later of two equal ones is not found.</summary>
    public SortedTokens(string[] tokens, int[] values)
    {
        (this.tokens, this.values) = (tokens, values);
        Array.Sort(tokens, values, StringComparer.Ordinal);
        for (int from = 0, to; from < tokens.Length; from = to)
        {
            for (to = from + 1; to < tokens.Length && tokens[to][0] == tokens[from][0]; to++) continue;
            firsts[tokens[from][0]] = (from, to);
        }
    }

    public Walk Begin() => new(this);

    /// <summary>The value of the longest text that a span begins with; -1 for none.</summary>
    public int FindLongest(ReadOnlySpan<char> text, out int length)
    {
        int found = -1;
        length = 0;
        var walk = Begin();
        for (int i = 0; i < text.Length && walk.Step(text[i]); i++)
            if (walk.Value is >= 0 and var value) (found, length) = (value, i + 1);
        return found;
    }

    internal struct Walk(SortedTokens sorted)
    {
        private int from;
        private int to = sorted.tokens.Length;
        private int depth;

        /// <summary>The value of the text walked so far; -1 where it is none of them.</summary>
        public readonly int Value => sorted.tokens[from].Length == depth ? sorted.values[from] : -1;

        /// <summary>Goes one unit on; false where no text does.</summary>
        public bool Step(char unit)
        {
            if (depth == 0)
            {
                if (!sorted.firsts.TryGetValue(unit, out var range)) return false;
                (from, to, depth) = (range.From, range.To, 1);
                return true;
            }
            from = Bound(unit, from, to);
            if (from == to || sorted.tokens[from][depth] != unit) return false;
            to = unit == char.MaxValue ? to : Bound((char)(unit + 1), from, to);
            depth++;
            return true;
        }

        // the first text of the range whose next unit is not smaller; one that ends here is smaller than all
        private readonly int Bound(char unit, int low, int high)
        {
            while (low < high)
            {
                int middle = low + (high - low) / 2;
                string token = sorted.tokens[middle];
                if (token.Length == depth || token[depth] < unit) low = middle + 1;
                else high = middle;
            }
            return low;
        }
    }
}
