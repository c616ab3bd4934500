using Graft.Tensors;
using Graft.Text;

namespace Graft.Tasks;

/// <summary>Text infilling: spans of tokens become one mask each, and some masks stand for nothing, so that what reads them has to find out how much is
/// missing (Lewis et al., "BART", 2019).</summary>
/// <remarks>The lengths of spans are drawn from Poisson's distribution until their sum is the share that is to be masked, the last being cut; spans neither touch
/// where there is room, nor have special tokens.</remarks>
public sealed class TextInfilling
{
    private const int MostDraws = 1 << 14;

    private readonly Tokeniser tokeniser;
    private readonly int mask;
    private readonly RandomStream stream;

    /// <summary>Infilling of a tokeniser's texts.</summary>
    /// <param name="tokeniser">It has a mask, and says which tokens are special.</param>
    /// <param name="seed">The seed of what is masked.</param>
    /// <exception cref="ArgumentException">The tokeniser has no mask.</exception>
    public TextInfilling(Tokeniser tokeniser, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(tokeniser);
        this.tokeniser = tokeniser;
        mask = tokeniser.MaskId ?? throw new ArgumentException("the tokeniser has no mask token, so nothing can be masked", nameof(tokeniser));
        stream = new RandomStream(seed, "infilling");
    }

    /// <summary>The share of the tokens that is masked, in (0, 1); BART's.</summary>
    public double Share { get; init; } = 0.3;

    /// <summary>The mean length of a span (Poisson's lambda); BART's.</summary>
    public double MeanLength { get; init; } = 3;

    /// <summary>The tokens of a text with spans of them masked; the same for the same number and epoch.</summary>
    /// <param name="tokens">The tokens of the text.</param>
    /// <param name="number">The text's number.</param>
    /// <param name="epoch">The epoch.</param>
    public int[] Corrupt(int[] tokens, int number, int epoch)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        int first = 0, last = tokens.Length;
        while (first < last && tokeniser.IsSpecial(tokens[first])) first++;
        while (last > first && tokeniser.IsSpecial(tokens[last - 1])) last--;
        int count = last - first, left = (int)Math.Round(Share * count);
        if (left == 0) return tokens;
        var draws = new Draws(stream, number, epoch);
        var spans = new List<int>();
        int empty = 0;
        for (int room = left; room > 0;)
        {
            int length = Math.Min(room, draws.Poisson(MeanLength));
            if (length == 0) empty++;
            else spans.Add(length);
            room -= length;
        }
        // between what is kept there is a place before each token and one at the end; spans at different places do not touch
        int kept = count - left;
        int[] spanPlaces = draws.Places(spans.Count, kept + 1, apart: true), emptyPlaces = draws.Places(empty, kept + 1, apart: false);
        var corrupted = new List<int>(tokens.Length);
        corrupted.AddRange(tokens.AsSpan(0, first));
        for (int place = 0, at = first, span = 0, nothing = 0; place <= kept; place++)
        {
            for (; nothing < empty && emptyPlaces[nothing] == place; nothing++) corrupted.Add(mask);
            for (; span < spans.Count && spanPlaces[span] == place; span++)
            {
                corrupted.Add(mask);
                at += spans[span];
            }
            if (place < kept) corrupted.Add(tokens[at++]);
        }
        corrupted.AddRange(tokens.AsSpan(last));
        return [.. corrupted];
    }

    private sealed class Draws(RandomStream stream, int number, int epoch)
    {
        private int made;

        public int Poisson(double mean)
        {
            double limit = Math.Exp(-mean), product = Uniform();
            int count = 0;
            for (; product > limit; product *= Uniform()) count++;
            return count;
        }

        /// <summary>Places in order; different ones where they are to be apart and there are enough.</summary>
        public int[] Places(int count, int among, bool apart)
        {
            int[] places = new int[count];
            int[]? pool = apart && count <= among ? [.. Enumerable.Range(0, among)] : null;
            for (int at = 0; at < count; at++)
            {
                int drawn = Math.Min((int)(Uniform() * (pool is null ? among : among - at)), among - 1);
                places[at] = pool is null ? drawn : pool[drawn];
                if (pool is not null) pool[drawn] = pool[among - 1 - at];
            }
            Array.Sort(places);
            return places;
        }

        private double Uniform() => stream.Uniform(((ulong)number * MostDraws) + (ulong)(made++ % MostDraws), (ulong)epoch);
    }
}
