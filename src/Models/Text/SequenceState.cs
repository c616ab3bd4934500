using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Models;

/// <summary>What a model that reads a sequence piece by piece keeps from one pass to the next: the keys and values that its attention
/// layers have computed (Hugging Face's <c>past_key_values</c>). Sequences may have different lengths.</summary>
/// <remarks>Used by one pass at a time. Before a pass call <see cref="Begin"/> with the number of tokens that it brings; within a captured
/// pass make it by <see cref="In"/>, whose memory outlives the runs.</remarks>
public sealed class SequenceState : IDisposable
{
    /// <summary>The inputs of a recorded pass that say how long sequences are.</summary>
    internal const string PastLengthsName = "past_lengths", LengthsName = "lengths";

    private readonly Func<string, Shape, Tensor<float>> rent;
    private readonly Dictionary<string, (Tensor<float> Keys, Tensor<float> Values)> layers = new(StringComparer.Ordinal);
    private readonly int[] lengths;
    private readonly Tensor<int> positions;
    private readonly Tensor<int> ends;
    private readonly bool isOwner;
    private bool isLayersOwner = true;
    private Tensor<int>? order;
    private Tensor<float>? scratch;

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
        positions = capture.Input<int>(PastLengthsName, [sequences]);
        ends = capture.Input<int>(LengthsName, [sequences]);
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
        Advance(tokens);
        ends.CopyFrom(lengths);
    }

    /// <summary>Forgets all tokens of all sequences.</summary>
    /// <exception cref="InvalidOperationException">The state is a recording's.</exception>
    public void Clear()
    {
        RequireOwn();
        Array.Clear(lengths);
    }

    /// <summary>Makes each sequence that of another: what beams do (<c>_reorder_cache</c>).</summary>
    /// <param name="source">The state whose sequences they become, which may be this one; of the same capacity and layers.</param>
    /// <param name="rows">The source's sequence for each of this state's [B]; one may come several times.</param>
    /// <exception cref="ArgumentException">The states do not fit, or there is no such sequence.</exception>
    /// <exception cref="InvalidOperationException">A state is a recording's.</exception>
    public void CopyRows(SequenceState source, ReadOnlySpan<int> rows)
    {
        ArgumentNullException.ThrowIfNull(source);
        RequireOwn();
        source.RequireOwn();
        if (rows.Length != Sequences || source.Capacity != Capacity)
            throw new ArgumentException($"{rows.Length} sequences of a state with room for {source.Capacity} tokens do not fit {Sequences} with room for {Capacity}");
        foreach (int row in rows)
            if ((uint)row >= (uint)source.Sequences) throw new ArgumentException($"there is no sequence {row}: the state has {source.Sequences}");
        order ??= Tensor.From<int>([Sequences], rows, positions.Device);
        order.CopyFrom(rows);
        foreach (var (layer, kept) in source.layers)
        {
            var (keys, values) = Of(layer, kept.Keys.Shape[1], kept.Keys.Shape[3]);
            Gather(kept.Keys, keys);
            Gather(kept.Values, values);
        }
        int[] before = source == this ? [.. lengths] : source.lengths;
        for (int i = 0; i < rows.Length; i++) lengths[i] = before[rows[i]];
    }

    /// <summary>The state that a recording keeps from run to run, which passes that are not recorded read and write between its runs. It lives no
    /// longer than the recording.</summary>
    internal SequenceState Kept(Captured captured)
    {
        var state = new SequenceState(captured.Device, Sequences, Capacity) { isLayersOwner = false };
        foreach (string layer in layers.Keys)
            state.layers.Add(layer, (captured.State<float>(KeysOf(layer)), captured.State<float>(ValuesOf(layer))));
        return state;
    }

    /// <summary>Counts the tokens of a pass.</summary>
    internal void Advance(int tokens)
    {
        for (int i = 0; i < lengths.Length; i++) lengths[i] += tokens;
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
        if (isLayersOwner)
        {
            foreach (var (keys, values) in layers.Values)
            {
                keys.Dispose();
                values.Dispose();
            }
        }
        layers.Clear();
        order?.Dispose();
        scratch?.Dispose();
        positions.Dispose();
        ends.Dispose();
    }

    private static AttentionMask MaskOf(Tensor<int> ends, int capacity) => AttentionMask.Of(ends, null, capacity, isCausal: true, countsFromLengths: true);

    /// <summary>A layer's keys and values [B, G, S, D], zeros at first.</summary>
    internal (Tensor<float> Keys, Tensor<float> Values) Of(string layer, int heads, int width)
    {
        if (layers.TryGetValue(layer, out var kept)) return kept;
        Shape shape = [Sequences, heads, Capacity, width];
        kept = (rent(KeysOf(layer), shape), rent(ValuesOf(layer), shape));
        layers.Add(layer, kept);
        return kept;
    }

    private static string KeysOf(string layer) => $"{layer}.keys";

    private static string ValuesOf(string layer) => $"{layer}.values";

    /// <summary>Copies sequences [., G, S, D], by way of other memory, as the two may be one.</summary>
    private void Gather(Tensor<float> source, Tensor<float> destination)
    {
        int width = checked((int)(destination.ElementCount / Sequences));
        if (scratch is null || scratch.ElementCount != destination.ElementCount)
        {
            scratch?.Dispose();
            scratch = positions.Device.Rent<float>([Sequences, width]);
        }
        positions.Device.Gather(source.Reshape([source.Shape[0], width]), order!, scratch);
        positions.Device.Copy(scratch, destination.Reshape([Sequences, width]));
    }

    private void RequireOwn()
    {
        if (!isOwner) throw new InvalidOperationException("the sequences of a recorded state are its runs' own");
    }
}
