using Graft.Tensors;

namespace Graft.Autograd;

/// <summary>Which keys attention may look at: per sequence (padding mask), and for each query only up to its own position (causal mask).
/// One mask serves all layers of a pass.</summary>
public sealed class AttentionMask
{
    private readonly int longest;

    private AttentionMask(bool isCausal, Tensor<int>? lengths = null, Tensor<float>? bias = null, int longest = 0, bool countsFromLengths = false)
    {
        IsCausal = isCausal;
        CountsFromLengths = countsFromLengths;
        Lengths = lengths;
        Bias = bias;
        this.longest = longest;
    }

    /// <summary>Every query looks at every key.</summary>
    public static AttentionMask None { get; } = new(isCausal: false);

    /// <summary>Query t of T looks at key s of S where s - S is at most t - T: the last query sees all.</summary>
    public static AttentionMask Causal { get; } = new(isCausal: true);

    /// <summary>Whether queries look only back.</summary>
    public bool IsCausal { get; }

    /// <summary>Whether the queries of a causal mask are the last positions of their sequence's own length.</summary>
    public bool CountsFromLengths { get; }

    /// <summary>The same mask, with which queries look only back as well.</summary>
    public AttentionMask AsCausal() => IsCausal ? this : this == None ? Causal : new(isCausal: true, Lengths, Bias, longest, CountsFromLengths);

    /// <summary>How many keys of each sequence [B] there are; those after them are never read.</summary>
    public Tensor<int>? Lengths { get; }

    /// <summary>What is added to the scores of each key [B, S].</summary>
    public Tensor<float>? Bias { get; }

    /// <summary>Sequences padded at their end to one length.</summary>
    /// <param name="pass">The pass, which holds the mask's memory.</param>
    /// <param name="lengths">The number of keys of each sequence without its padding [B].</param>
    /// <param name="isCausal">Whether queries look only back as well.</param>
    /// <exception cref="ArgumentException">A length is negative.</exception>
    public static AttentionMask OfLengths(Pass pass, ReadOnlySpan<int> lengths, bool isCausal = false) =>
        new(isCausal, pass.Upload([lengths.Length], lengths), null, Longest(lengths));

    /// <summary>Queries that follow on what a key-value cache holds already: query t of T is at position length - T + t of its sequence and
    /// looks at the keys up to its own.</summary>
    /// <param name="pass">The pass, which holds the mask's memory.</param>
    /// <param name="lengths">The number of keys of each sequence [B], those of the queries among them.</param>
    /// <exception cref="ArgumentException">A length is negative.</exception>
    public static AttentionMask CausalFromLengths(Pass pass, ReadOnlySpan<int> lengths) =>
        new(isCausal: true, pass.Upload([lengths.Length], lengths), null, Longest(lengths), countsFromLengths: true);

    /// <summary>Keys that count (true) or do not (false), as a tokeniser's attention mask has them; padding at the end is never read.</summary>
    /// <param name="pass">The pass, which holds the mask's memory.</param>
    /// <param name="shape">[B, S].</param>
    /// <param name="counts">A value a key.</param>
    /// <param name="isCausal">Whether queries look only back as well.</param>
    /// <exception cref="ShapeException">The shape has not two axes, or there are not as many values as elements.</exception>
    public static AttentionMask OfKeys(Pass pass, Shape shape, ReadOnlySpan<bool> counts, bool isCausal = false)
    {
        var bias = new float[counts.Length];
        for (int i = 0; i < bias.Length; i++) bias[i] = counts[i] ? 0f : float.NegativeInfinity;
        return OfBias(pass, shape, bias, isCausal);
    }

    /// <summary>Numbers to add to the scores of each key; one of -1e30 or less hides the key.</summary>
    /// <param name="pass">The pass, which holds the mask's memory.</param>
    /// <param name="shape">[B, S].</param>
    /// <param name="bias">A value for each key.</param>
    /// <param name="isCausal">Whether queries look only back as well.</param>
    /// <exception cref="ShapeException">The shape has not two axes, or there are not as many values as elements.</exception>
    public static AttentionMask OfBias(Pass pass, Shape shape, ReadOnlySpan<float> bias, bool isCausal = false)
    {
        if (shape.Rank != 2 || shape.ElementCount != bias.Length)
            ShapeException.Throw("attention", $"mask {shape} of {bias.Length} values", "a mask of keys is [sequences, keys], with a value each");
        var lengths = new int[shape[0]];
        bool isPadding = LengthsOf(bias, lengths);
        int longest = lengths.Length == 0 ? 0 : lengths.Max();
        return new(isCausal, pass.Upload<int>([lengths.Length], lengths), isPadding ? null : pass.Upload(shape, bias), longest);
    }

    /// <summary>A mask that is filled in later, for sequences of <paramref name="keys"/> tokens each.</summary>
    /// <param name="lengths">The number of keys of each sequence without its padding [B].</param>
    /// <param name="bias">What is added to the scores of each key [B, S]; null for nothing.</param>
    /// <param name="keys">S.</param>
    /// <param name="isCausal">Whether queries look only back as well.</param>
    /// <param name="countsFromLengths">Whether their positions are then counted from the lengths, as in <see cref="CausalFromLengths"/>.</param>
    public static AttentionMask Of(Tensor<int> lengths, Tensor<float>? bias, int keys, bool isCausal = false, bool countsFromLengths = false) =>
        new(isCausal, lengths, bias, keys, countsFromLengths);

    private static int Longest(ReadOnlySpan<int> lengths)
    {
        int longest = 0;
        foreach (int length in lengths)
        {
            if (length < 0) throw new ArgumentException($"attention: a sequence cannot have {length} keys");
            longest = Math.Max(longest, length);
        }
        return longest;
    }

    /// <summary>The number of keys of each sequence up to the last that is not hidden.</summary>
    /// <param name="bias">What is added to the scores of each key [B, S].</param>
    /// <param name="lengths">Receives the counts [B].</param>
    /// <returns>Whether hiding the keys behind those is all that the bias does.</returns>
    public static bool LengthsOf(ReadOnlySpan<float> bias, Span<int> lengths)
    {
        int keys = lengths.Length == 0 ? 0 : bias.Length / lengths.Length;
        bool isPadding = true;
        for (int sequence = 0; sequence < lengths.Length; sequence++)
        {
            var row = bias.Slice(sequence * keys, keys);
            int length = keys;
            while (length > 0 && row[length - 1] <= AttentionLimits.LowestMaximum) length--;
            isPadding &= !row[..length].ContainsAnyExcept(0f);
            lengths[sequence] = length;
        }
        return isPadding;
    }

    /// <summary>Refuses a mask of other sequences or keys.</summary>
    internal void Require(int sequences, int keys)
    {
        if (Lengths is not null && Lengths.Shape[0] != sequences)
            ShapeException.Throw("attention", $"mask of {Lengths.Shape[0]} sequences", $"there are {sequences} sequences");
        if (longest > keys) ShapeException.Throw("attention", $"mask of {longest} keys", $"there are {keys} keys a sequence");
        if (Bias is not null && Bias.Shape[1] != keys)
            ShapeException.Throw("attention", $"mask {Bias.Shape}", $"there are {keys} keys a sequence");
    }
}
