using Graft.Tensors;
using Graft.Text;

namespace Graft.Tasks;

/// <summary>Span corruption, what T5 is pretrained by: spans of tokens become one sentinel each, and what is to be written is the sentinels with what they stand for
/// (Raffel et al., "Exploring the Limits of Transfer Learning with a Unified Text-to-Text Transformer", 2019).</summary>
/// <remarks>
/// <para>The rule is that of T5's published code: of N tokens round(density x N) are noise, at least one and at most N - 1, in round(noise / mean length) spans, at
/// least one; noise and the rest are each cut at random into so many parts of at least one token, which take turns, the rest first. The source has the rest with a
/// sentinel in place of each span, the target each sentinel with its span; both end with the end token.</para>
/// <para>Threads may share it.</para>
/// </remarks>
/// <example><code>
/// var spans = new SpanCorruption(tokeniser, seed: 0);
/// var options = new SequencePairOptions { Corrupt = (pair, number, epoch) => spans.Corrupt(pair.Source, number, epoch) };
/// </code></example>
public sealed class SpanCorruption
{
    private readonly Tokeniser tokeniser;
    private readonly int[] sentinels;
    private readonly int end;
    private readonly ulong seed;

    /// <summary>Corruption of a tokeniser's texts.</summary>
    /// <param name="tokeniser">It has an end token and sentinels, <c>&lt;extra_id_0&gt;</c>, <c>&lt;extra_id_1&gt;</c> and so on.</param>
    /// <param name="seed">The seed of where spans are.</param>
    /// <exception cref="ArgumentException">The tokeniser has none of either.</exception>
    public SpanCorruption(Tokeniser tokeniser, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(tokeniser);
        this.tokeniser = tokeniser;
        end = tokeniser.EndId ?? throw new ArgumentException("the tokeniser has no end token, with which what is written ends", nameof(tokeniser));
        var found = new List<int>();
        while (tokeniser.IdOf(FormattableString.Invariant($"<extra_id_{found.Count}>")) is { } id) found.Add(id);
        if (found.Count == 0)
            throw new ArgumentException("the tokeniser has no sentinel <extra_id_0>, which would stand for a span: add some as special tokens", nameof(tokeniser));
        sentinels = [.. found];
        this.seed = seed;
    }

    /// <summary>The share of the tokens that is noise, in (0, 1); T5's.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is outside.</exception>
    public double Density
    {
        get;
        init => field = value is > 0 and < 1 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "the share of noise lies in (0, 1)");
    } = 0.15;

    /// <summary>The mean length of a span, 1 or more; T5's.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is less, or no number.</exception>
    public double MeanLength
    {
        get;
        init => field = value >= 1 && double.IsFinite(value) ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "the mean length of a span is 1 or more");
    } = 3;

    /// <summary>How many tokens of a text, without its end, make a source of at most so many tokens, and how many the target then has (T5's
    /// <c>compute_input_and_target_lengths</c>): of 512 by T5's own figures 568 and 114.</summary>
    /// <param name="sourceLength">The most tokens of the source, its end among them; 3 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">They are fewer.</exception>
    public (int Tokens, int TargetLength) LengthsFor(int sourceLength)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(sourceLength, 3);
        int tokens = 2;
        while (Lengths(tokens + 1).Source <= sourceLength) tokens++;
        int target = Lengths(tokens).Target;
        // an equal share on both sides would leave the target the longer one
        if (Density == 0.5 && target > Lengths(tokens).Source) (tokens, target) = (tokens - 1, Lengths(tokens - 1).Target);
        return (tokens, target);
    }

    /// <summary>What is read and what is to be written of a text; the same for the same number and epoch.</summary>
    /// <param name="tokens">The tokens of the text, one or more that are not special; special ones at its ends are left out.</param>
    /// <param name="number">The text's number.</param>
    /// <param name="epoch">The epoch.</param>
    /// <exception cref="ArgumentException">There is no token, or there are more spans than the tokeniser has sentinels.</exception>
    public SequencePair Corrupt(int[] tokens, int number, int epoch)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        int first = 0, last = tokens.Length;
        while (first < last && tokeniser.IsSpecial(tokens[first])) first++;
        while (last > first && tokeniser.IsSpecial(tokens[last - 1])) last--;
        var text = tokens.AsSpan(first, last - first);
        if (text.Length == 0) throw new ArgumentException("the text has no token that is not special", nameof(tokens));
        var (noise, spans) = Noise(text.Length);
        if (spans > sentinels.Length)
            throw new ArgumentException($"a text of {text.Length} tokens has {spans} spans, and the tokeniser {sentinels.Length} sentinels: cut it into shorter ones", nameof(tokens));
        // one token alone is its own span
        int rest = text.Length - noise;
        var stream = new RandomStream(seed, FormattableString.Invariant($"spans of text {number}"));
        int[] kept = rest == 0 ? [0] : Parts(rest, spans, stream, 2 * (ulong)epoch), gone = Parts(noise, spans, stream, 2 * (ulong)epoch + 1);
        var source = new List<int>();
        var target = new List<int>();
        for (int span = 0, at = 0; span < spans; span++)
        {
            source.AddRange(text.Slice(at, kept[span]));
            source.Add(sentinels[span]);
            at += kept[span];
            target.Add(sentinels[span]);
            target.AddRange(text.Slice(at, gone[span]));
            at += gone[span];
        }
        source.Add(end);
        target.Add(end);
        return new SequencePair([.. source], [.. target]);
    }

    private (int Source, int Target) Lengths(int tokens)
    {
        var (noise, spans) = Noise(tokens);
        return (tokens - noise + spans + 1, noise + spans + 1);
    }

    private (int Noise, int Spans) Noise(int tokens)
    {
        if (tokens == 1) return (1, 1);
        int noise = Math.Clamp((int)Math.Round(tokens * Density), 1, tokens - 1);
        // each span has a kept part of one token or more before it
        return (noise, Math.Clamp((int)Math.Round(noise / MeanLength), 1, Math.Min(noise, tokens - noise)));
    }

    /// <summary>A count cut at random into parts of at least one; every way to do so is equally likely.</summary>
    private static int[] Parts(int count, int parts, RandomStream stream, ulong step)
    {
        int[] cuts = stream.Permutation(count - 1, step)[..(parts - 1)];
        Array.Sort(cuts);
        int[] lengths = new int[parts];
        for (int part = 0, before = 0; part < parts; part++)
        {
            int after = part < cuts.Length ? cuts[part] + 1 : count;
            lengths[part] = after - before;
            before = after;
        }
        return lengths;
    }
}
