namespace Graft.Models;

/// <summary>Sequences of token ids, side by side: B sequences of T tokens, the shorter ones padded.</summary>
public sealed class TextBatch
{
    /// <summary>Takes a batch as it is.</summary>
    /// <param name="sequences">B.</param>
    /// <param name="length">T.</param>
    /// <param name="tokenIds">[B, T], row by row.</param>
    /// <param name="tokenTypes">[B, T], which of two texts a token belongs to; null for the first throughout.</param>
    /// <param name="attentionMask">[B, T], 1 where there is a token and 0 for padding; null without padding.</param>
    /// <param name="positions">[B, T]; null for 0, 1, 2 ... in each row.</param>
    /// <exception cref="ArgumentException">An array has another length, or a mask has other values than 0 and 1 or a row of zeros.</exception>
    public TextBatch(int sequences, int length, int[] tokenIds, int[]? tokenTypes = null, int[]? attentionMask = null, int[]? positions = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(sequences, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        ArgumentNullException.ThrowIfNull(tokenIds);
        (Sequences, Length) = (sequences, length);
        TokenIds = Whole(tokenIds, "token ids")!;
        TokenTypes = Whole(tokenTypes, "token types");
        Positions = Whole(positions, "positions");
        if (Whole(attentionMask, "the attention mask") is { } mask)
        {
            int odd = Array.FindIndex(mask, value => value is not (0 or 1));
            if (odd >= 0)
                throw new ArgumentException($"the attention mask has {mask[odd]} at [{odd / length}, {odd % length}], where 1 marks a token and 0 padding");
            for (int row = 0; row < sequences; row++)
                if (!mask.AsSpan(row * length, length).Contains(1)) throw new ArgumentException($"the attention mask leaves sequence {row} no token to look at");
            if (mask.Contains(0)) AttentionMask = mask;
        }
    }

    /// <summary>B.</summary>
    public int Sequences { get; }

    /// <summary>T.</summary>
    public int Length { get; }

    /// <summary>[B, T].</summary>
    public int[] TokenIds { get; }

    /// <summary>[B, T] or null.</summary>
    public int[]? TokenTypes { get; }

    /// <summary>[B, T]; null without padding.</summary>
    public int[]? AttentionMask { get; }

    /// <summary>[B, T] or null.</summary>
    public int[]? Positions { get; }

    /// <summary>What the decoder of an encoder-decoder reads (<c>decoder_input_ids</c>): as many sequences as these, which the encoder reads; null for
    /// other models.</summary>
    public TextBatch? Decoder { get; init; }

    /// <summary>Sequences of any lengths, padded to the longest and masked there. Padded in front they bring their positions 0, 1, 2 ...</summary>
    /// <param name="sequences">The token ids of each sequence.</param>
    /// <param name="paddingToken">The padding token (<c>pad_token_id</c>).</param>
    /// <param name="tokenTypes">Which of two texts each token belongs to; null for the first throughout.</param>
    /// <param name="side">Where the padding is.</param>
    /// <exception cref="ArgumentException">There is no sequence, or one without a token, or the types do not fit the tokens.</exception>
    public static TextBatch Pad(IReadOnlyList<int[]> sequences, int paddingToken, IReadOnlyList<int[]>? tokenTypes = null, PaddingSide side = PaddingSide.Right)
    {
        ArgumentNullException.ThrowIfNull(sequences);
        int length = sequences.Count == 0 ? 0 : sequences.Max(sequence => sequence.Length);
        if (length == 0) throw new ArgumentException("a batch needs a sequence with at least one token");
        if (tokenTypes is not null && !tokenTypes.Select(types => types.Length).SequenceEqual(sequences.Select(sequence => sequence.Length)))
            throw new ArgumentException("the token types have to be as many as the tokens, sequence by sequence");
        int[] ids = new int[sequences.Count * length], mask = new int[ids.Length];
        int[]? types = tokenTypes is null ? null : new int[ids.Length], positions = null;
        Array.Fill(ids, paddingToken);
        for (int row = 0; row < sequences.Count; row++)
        {
            int count = sequences[row].Length, padding = side == PaddingSide.Left ? length - count : 0, start = row * length + padding;
            sequences[row].CopyTo(ids, start);
            tokenTypes?[row].CopyTo(types!, start);
            mask.AsSpan(start, count).Fill(1);
            if (padding == 0) continue;
            positions ??= [.. Enumerable.Range(0, ids.Length).Select(place => place % length)];
            for (int place = 0; place < length; place++) positions[row * length + place] = Math.Max(0, place - padding);
        }
        return new TextBatch(sequences.Count, length, ids, types, mask, positions);
    }

    private int[]? Whole(int[]? values, string what) => values is null || values.Length == (long)Sequences * Length
        ? values
        : throw new ArgumentException($"{what}: {values.Length} numbers are not the {Sequences} x {Length} of the batch");
}

/// <summary>Where a batch's shorter sequences are filled up (<c>padding_side</c>).</summary>
public enum PaddingSide
{
    /// <summary>Behind the last token.</summary>
    Right,

    /// <summary>In front of the first token.</summary>
    Left,
}
