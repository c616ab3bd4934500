using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Models;

/// <summary>A batch of text on a pass's device: ids, token types, positions and the attention mask.</summary>
/// <remarks>Letters: B sequences, T tokens.</remarks>
public sealed record TextInputs
{
    /// <summary>The run that it is part of.</summary>
    public required Pass Pass { get; init; }

    /// <summary>B.</summary>
    public required int Sequences { get; init; }

    /// <summary>T.</summary>
    public required int Length { get; init; }

    /// <summary>[B T].</summary>
    public required Tensor<int> TokenIds { get; init; }

    /// <summary>[B T]; null where all are of the first type.</summary>
    public Tensor<int>? TokenTypes { get; init; }

    /// <summary>[B T]; null for positions 0, 1, 2 ... in every sequence.</summary>
    public Tensor<int>? Positions { get; init; }

    /// <summary>The attention mask: which positions hold a token.</summary>
    public required AttentionMask Mask { get; init; }

    /// <summary>Where the first token of each sequence is among the rows [B T], which a head on the first token reads [B]; null for the first place of
    /// each.</summary>
    public Tensor<int>? FirstTokens { get; init; }

    /// <summary>How much each token counts in each of M ways of pooling [B, M, T] (for a maximum what is added to it), for models that pool
    /// tokens (<see cref="SentenceEncoder"/>); null where all count, or for other models.</summary>
    public Tensor<float>? PoolingWeights { get; init; }

    /// <summary>What the decoder of an encoder-decoder reads; null for other models.</summary>
    public TextInputs? Decoder { get; init; }

    /// <summary>The keys and values of earlier passes, which the tokens go on from (<c>past_key_values</c>), with a mask of its own; null for none. For
    /// decoders.</summary>
    public SequenceState? State { get; init; }

    /// <summary>One place of each sequence among the rows [B T], of which alone a decoder's scores are wanted [B]: logits are then [B, 1, V]; null for
    /// all places.</summary>
    public Tensor<int>? ScoredPlaces { get; init; }

    /// <summary>The positions [B T] that are given, or those that a state counts for one new token of each sequence; null for 0, 1, 2 ...</summary>
    internal Tensor<int>? PositionsOrNext => Positions ?? (State is not null && Length == 1 ? State.Positions : null);

    /// <summary>One more than the greatest position, where it is known; null where it is not.</summary>
    internal int? PositionsEnd { get; init; }

    /// <summary>[B, T].</summary>
    public Shape Places => [Sequences, Length];

    /// <summary>How many positions come before the first token's: those of a prefix.</summary>
    internal int FirstPlace { get; init; }

    /// <summary>The states [B, 1, D] of the places whose scores are wanted, or all of them [B, T, D].</summary>
    internal Variable Scored(Variable states)
    {
        if (ScoredPlaces is not { } places) return states;
        int width = states.Shape[2];
        return states.Reshape([Sequences * states.Shape[1], width]).Embedding(places).Reshape([Sequences, 1, width]);
    }

    /// <summary>Uploads a batch to the pass's device; it lives as long as the pass.</summary>
    public static TextInputs Of(Pass pass, TextBatch batch) => Of(pass, batch, virtualTokens: null);

    /// <summary>The same with virtual tokens in front, which every token looks at.</summary>
    internal static TextInputs Of(Pass pass, TextBatch batch, VirtualTokens? virtualTokens) => new()
    {
        Pass = pass,
        Sequences = batch.Sequences,
        Length = batch.Length,
        TokenIds = Upload(pass, batch.TokenIds),
        TokenTypes = batch.TokenTypes is { } types ? Upload(pass, types) : null,
        Positions = batch.Positions is { } positions && virtualTokens is not { IsPrefix: false } ? Upload(pass, Shifted(positions, PrefixOf(virtualTokens))) : null,
        FirstPlace = PrefixOf(virtualTokens),
        PositionsEnd = batch.Positions is null ? null : batch.Positions.Max() + PrefixOf(virtualTokens) + 1,
        Mask = batch.AttentionMask is null ? AttentionMask.None : AttentionMask.OfKeys(
            pass, [batch.Sequences, batch.Length + (virtualTokens?.Count ?? 0)], CountsOf(batch, virtualTokens?.Count ?? 0)),
        // behind learnt embeddings the first of them is the first token
        FirstTokens = virtualTokens is not { IsPrefix: false } && FirstTokensOf(batch) is { } places ? Upload(pass, places) : null,
        Decoder = batch.Decoder is { } decoder ? Of(pass, decoder) : null,
    };

    /// <summary>Writes where the first token of each sequence is [B].</summary>
    internal static void WriteFirstTokens(TextBatch batch, Span<int> places)
    {
        for (int row = 0; row < batch.Sequences; row++)
        {
            int start = row * batch.Length;
            places[row] = start + (batch.AttentionMask is { } mask ? mask.AsSpan(start, batch.Length).IndexOf(1) : 0);
        }
    }

    /// <summary>Which keys of a padded batch count, virtual ones first in each sequence.</summary>
    internal static bool[] CountsOf(TextBatch batch, int virtualTokens)
    {
        int width = batch.Length + virtualTokens;
        var counts = new bool[batch.Sequences * width];
        for (int row = 0; row < batch.Sequences; row++)
        {
            counts.AsSpan(row * width, virtualTokens).Fill(true);
            for (int place = 0; place < batch.Length; place++)
                counts[row * width + virtualTokens + place] = batch.AttentionMask is not { } mask || mask[row * batch.Length + place] == 1;
        }
        return counts;
    }

    private static int PrefixOf(VirtualTokens? tokens) => tokens is { IsPrefix: true } ? tokens.Count : 0;

    private static int[] Shifted(int[] positions, int by) => by == 0 ? positions : Array.ConvertAll(positions, position => position + by);

    private static int[]? FirstTokensOf(TextBatch batch)
    {
        if (batch.AttentionMask is not { } mask) return null;
        for (int start = 0; start < mask.Length; start += batch.Length)
        {
            if (mask[start] == 1) continue;
            var places = new int[batch.Sequences];
            WriteFirstTokens(batch, places);
            return places;
        }
        return null;
    }

    private static Tensor<int> Upload(Pass pass, int[] numbers) => pass.Upload<int>([numbers.Length], numbers);
}
