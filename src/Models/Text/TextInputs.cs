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

    /// <summary>How much each token counts in each of M ways of pooling [B, M, T] (for a maximum what is added to it), for models that pool
    /// tokens (<see cref="SentenceEncoder"/>); null where all count, or for other models.</summary>
    public Tensor<float>? PoolingWeights { get; init; }

    /// <summary>[B, T].</summary>
    public Shape Places => [Sequences, Length];

    /// <summary>Uploads a batch to the pass's device; it lives as long as the pass.</summary>
    public static TextInputs Of(Pass pass, TextBatch batch) => new()
    {
        Pass = pass,
        Sequences = batch.Sequences,
        Length = batch.Length,
        TokenIds = Upload(pass, batch.TokenIds),
        TokenTypes = batch.TokenTypes is { } types ? Upload(pass, types) : null,
        Positions = batch.Positions is { } positions ? Upload(pass, positions) : null,
        Mask = batch.AttentionMask is { } counts
            ? AttentionMask.OfKeys(pass, [batch.Sequences, batch.Length], Array.ConvertAll(counts, value => value == 1)) : AttentionMask.None,
    };

    private static Tensor<int> Upload(Pass pass, int[] numbers) => pass.Upload<int>([numbers.Length], numbers);
}
