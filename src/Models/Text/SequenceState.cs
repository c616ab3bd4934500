using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Models;

/// <summary>What a model that reads a sequence piece by piece keeps from one pass to the next: the keys and values that its attention
/// layers have computed (Hugging Face's <c>past_key_values</c>). Sequences may have different lengths.</summary>
/// <remarks>Used by one pass at a time. Before a pass call <see cref="Begin"/> with the number of tokens that it brings; within a captured
/// pass make it by <see cref="In"/>, whose memory outlives the runs.</remarks>
public sealed class SequenceState : IDisposable
{
    private readonly Func<string, Shape, Tensor<float>> rent;
    private readonly Dictionary<string, (Tensor<float> Keys, Tensor<float> Values)> layers = new(StringComparer.Ordinal);
    private readonly int[] lengths;
    private readonly Tensor<int> positions;
    private readonly Tensor<int> ends;
    private readonly bool isOwner;

    /// <summary>Makes the state of sequences without a token.</summary>
    /// <param name="device">Where the passes compute.</param>
    /// <param name="sequences">B.</param>
    /// <param name="capacity">S, the most tokens that a sequence may have.</param>
    public SequenceState(Device device, int sequences, int capacity)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(sequences);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(capacity);
        (Sequences, Capacity, isOwner) = (sequences, capacity, true);
        lengths = new int[sequences];
        rent = (_, shape) => Tensor.From<float>(shape, new float[shape.ElementCount], device);
        positions = Tensor.From<int>([sequences], lengths, device);
        ends = Tensor.From<int>([sequences], lengths, device);
        Mask = MaskOf(ends, capacity);
    }

    private SequenceState(Capture capture, int sequences, int capacity)
    {
        (Sequences, Capacity) = (sequences, capacity);
        lengths = [];
        rent = (name, shape) => capture.State<float>(name, shape);
        positions = capture.Input<int>("past_lengths", [sequences]);
        ends = capture.Input<int>("lengths", [sequences]);
        Mask = MaskOf(ends, capacity);
    }

    /// <summary>B.</summary>
    public int Sequences { get; }

    /// <summary>S, the most tokens that a sequence may have.</summary>
    public int Capacity { get; }

    /// <summary>How many tokens each sequence has, those of the pass that is running among them.</summary>
    public ReadOnlySpan<int> Lengths => lengths;

    /// <summary>Where the new tokens of each sequence begin [B].</summary>
    internal Tensor<int> Positions => positions;

    /// <summary>Each new token looks at those of its sequence up to itself.</summary>
    internal AttentionMask Mask { get; }

    /// <summary>The state of a pass that is being recorded: the runs read <c>past_lengths</c> and <c>lengths</c> [B], how many tokens each
    /// sequence had before and has with the new ones, and keep the keys and values from run to run.</summary>
    /// <param name="capture">The recording.</param>
    /// <param name="sequences">B.</param>
    /// <param name="capacity">S, the most tokens that a sequence may have.</param>
    public static SequenceState In(Capture capture, int sequences, int capacity)
    {
        ArgumentNullException.ThrowIfNull(capture);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(sequences);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(capacity);
        return new SequenceState(capture, sequences, capacity);
    }

    /// <summary>Makes room for the tokens that the next pass brings to every sequence.</summary>
    /// <param name="tokens">T, how many there are.</param>
    /// <exception cref="InvalidOperationException">A sequence would have more tokens than the capacity, or the state is a recording's.</exception>
    public void Begin(int tokens)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(tokens);
        if (!isOwner) throw new InvalidOperationException("the lengths of a recorded state are inputs of its runs: write past_lengths and lengths");
        int longest = lengths.Max() + tokens;
        if (longest > Capacity)
            throw new InvalidOperationException($"a sequence would have {longest} tokens, and the state has room for {Capacity}: make it with a larger capacity");
        positions.CopyFrom(lengths);
        for (int i = 0; i < lengths.Length; i++) lengths[i] += tokens;
        ends.CopyFrom(lengths);
    }

    /// <summary>Forgets the last tokens of a sequence: padding that came with a batch, a rejected guess.</summary>
    /// <param name="sequence">Which sequence.</param>
    /// <param name="length">How many tokens it has then, at most as many as it had.</param>
    public void Truncate(int sequence, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, lengths[sequence]);
        lengths[sequence] = length;
    }

    /// <summary>Releases the memory.</summary>
    public void Dispose()
    {
        if (!isOwner) return;
        foreach (var (keys, values) in layers.Values)
        {
            keys.Dispose();
            values.Dispose();
        }
        layers.Clear();
        positions.Dispose();
        ends.Dispose();
    }

    private static AttentionMask MaskOf(Tensor<int> ends, int capacity) => AttentionMask.Of(ends, null, capacity, isCausal: true, countsFromLengths: true);

    /// <summary>A layer's keys and values [B, G, S, D], zeros at first.</summary>
    internal (Tensor<float> Keys, Tensor<float> Values) Of(string layer, int heads, int width)
    {
        if (layers.TryGetValue(layer, out var kept)) return kept;
        Shape shape = [Sequences, heads, Capacity, width];
        kept = (rent($"{layer}.keys", shape), rent($"{layer}.values", shape));
        layers.Add(layer, kept);
        return kept;
    }
}
