using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Models;

/// <summary>Attention of a sequence to itself or to another, in several heads (Vaswani et al. 2017): <c>query</c>, <c>key</c> and
/// <c>value</c> are linear maps, or one that gives all three side by side; the output projection belongs to the block around it.</summary>
/// <remarks>Letters: B sequences, T queries and S keys each, D wide, H heads of queries and G of keys and values, each of head size D / H.</remarks>
public sealed class MultiHeadAttention : Layer<AttentionInputs>, IStochasticLayer
{
    private readonly int heads;
    private readonly int keyHeads;
    private readonly float scale;
    private readonly float probability;
    private readonly int window;
    private readonly Linear? packed;
    private readonly Linear? query;
    private readonly Linear? key;
    private readonly Linear? value;
    private AttentionPrefix? prefix;
    private string? stream;

    /// <inheritdoc/>
    public bool IsSilenced { get; set; }

    private float Dropped => IsSilenced ? 0 : probability;

    /// <summary>Makes the layer.</summary>
    /// <param name="width">D.</param>
    /// <param name="heads">H; it divides D.</param>
    /// <param name="dropout">The probability with which training drops a probability.</param>
    /// <param name="keyHeads">G; it divides H, and each head of keys is read by H / G heads of queries (Ainslie et al. 2023). Null for H.</param>
    /// <param name="linear">Makes a linear map of so many inputs and outputs; null for PyTorch's.</param>
    /// <exception cref="ArgumentException">The heads do not divide the width, or the heads of keys those of queries.</exception>
    public MultiHeadAttention(int width, int heads, float dropout = 0, int? keyHeads = null, Func<int, int, Linear>? linear = null)
        : this(("query", "key", "value"), width, heads, dropout, linear, keyHeads)
    {
    }

    /// <summary>Makes the layer with maps of other keys, of heads of another size than D / H, with another factor on the scores than 1 / sqrt(size), and
    /// with a window of the last keys that each query sees (0 for all).</summary>
    internal MultiHeadAttention(
        (string Query, string Key, string Value) keys, int width, int heads, float dropout = 0, Func<int, int, Linear>? linear = null, int? keyHeads = null,
        int? headSize = null, float? scale = null, Func<int, int, Linear>? queryLinear = null, Func<int, int, Linear>? keyLinear = null, int window = 0)
    {
        this.window = window;
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(heads);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(keyHeads ?? 1);
        if (headSize is null && width % heads != 0) throw new ArgumentException($"attention: {heads} heads do not divide a width of {width}");
        if (heads % (keyHeads ?? heads) != 0) throw new ArgumentException($"attention: {keyHeads} heads of keys do not divide {heads} heads of queries");
        linear ??= static (inputs, outputs) => new Linear(inputs, outputs);
        (this.heads, this.keyHeads, probability) = (heads, keyHeads ?? heads, dropout);
        int size = headSize ?? width / heads, keyWidth = size * this.keyHeads;
        this.scale = scale ?? 1f / MathF.Sqrt(size);
        query = Add(keys.Query, (queryLinear ?? linear)(width, size * heads));
        key = Add(keys.Key, (keyLinear ?? linear)(width, keyWidth));
        value = Add(keys.Value, linear(width, keyWidth));
    }

    /// <summary>Makes the layer with one map of [D] to [3 D] for queries, keys and values (PyTorch's <c>in_proj_weight</c>, timm's
    /// <c>qkv</c>).</summary>
    internal MultiHeadAttention(string key, Linear packed, int heads, float dropout = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(heads);
        int width = packed.Inputs;
        if (width % heads != 0) throw new ArgumentException($"attention: {heads} heads do not divide a width of {width}");
        (this.heads, keyHeads, probability) = (heads, heads, dropout);
        scale = 1f / MathF.Sqrt(width / heads);
        this.packed = Add(key, packed);
    }

    /// <summary>H.</summary>
    public int Heads => heads;

    /// <summary>How wide all keys of a token are.</summary>
    internal int KeyWidth => packed?.Inputs ?? key!.Outputs;

    /// <summary>Puts keys and values in front of those of every sequence.</summary>
    internal void Put(AttentionPrefix first) => prefix = Add("", first);

    /// <summary>Takes them away again.</summary>
    internal void Take(AttentionPrefix first)
    {
        Remove(first);
        prefix = null;
    }

    /// <summary>The probabilities [B, H, T, T] with which each token attends to each other, for inspection: attention itself never writes
    /// them out. Dropout has no part in them, and no gradient goes through.</summary>
    /// <param name="x">[B, T, D].</param>
    /// <param name="counts">[B, T], 0 for padding; null without padding.</param>
    /// <param name="bias">As that of <see cref="AttentionInputs"/>; null for nothing.</param>
    /// <param name="isCausal">Whether each token looks back alone.</param>
    /// <param name="source">What the keys are made of [B, S, D], whose padding <paramref name="counts"/> then is; null for <paramref name="x"/>.</param>
    /// <param name="rotation">As that of <see cref="AttentionInputs"/>; null for none.</param>
    internal Variable Probabilities(
        Variable x, int[]? counts, Variable? bias = null, bool isCausal = false, Variable? source = null, RotaryAngles? rotation = null)
    {
        var pass = x.Pass;
        var states = x.Detach();
        int sequences = x.Shape[0];
        var (queries, keys, _) = Project(Rows(states), Rows(source?.Detach() ?? states));
        (queries, keys) = Turned(queries, keys, rotation);
        Tensor<float> q = Split(queries, sequences, heads).Value, k = OfEachHead(Split(keys, sequences, keyHeads)).Value;
        var scores = pass.Rent([sequences, heads, q.Shape[2], k.Shape[2]]);
        pass.Device.Gemm(default(NoEpilogue), q, k.Permute(0, 1, 3, 2), null, null, scores);
        pass.Device.Map(new Scale(scale), scores, scores);
        if (counts is not null)
        {
            var hidden = pass.Rent([sequences, 1, 1, k.Shape[2]]);
            hidden.CopyFrom(Array.ConvertAll(counts, value => value == 0 ? float.MinValue : 0f));
            pass.Device.Zip(default(Add), scores, hidden, scores);
        }
        if (bias is not null) pass.Device.Zip(default(Add), scores, bias.Value, scores);
        if (isCausal) pass.Device.Zip(default(Add), scores, Hidden(pass, x.Shape[1]), scores);
        pass.Device.Softmax(scores, scores, log: false);
        return pass.Constant(scores);
    }

    /// <summary>The keys and values [B, G, T, D / H] of x [B, T, D], for inspection.</summary>
    internal (Variable Keys, Variable Values) KeysAndValues(Variable x, RotaryAngles? rotation = null)
    {
        var states = Rows(x.Detach());
        var (queries, keys, values) = Project(states, states);
        (_, keys) = Turned(queries, keys, rotation);
        return (Split(keys, x.Shape[0], keyHeads), Split(values, x.Shape[0], keyHeads));
    }

    /// <summary>The keys and values of rows [B S, D], each [B S, G D / H], for <see cref="AttentionInputs.Projected"/>.</summary>
    internal (Variable Keys, Variable Values) Projected(Variable source)
    {
        if (packed is null) return (key!.Forward(source), value!.Forward(source));
        var (_, keys, values) = Project(source, source);
        return (keys, values);
    }

    /// <summary>x [B T, D] to [B T, H D / H]: rows, as linear maps read and write them.</summary>
    protected override Variable Compute(Variable x, AttentionInputs inputs)
    {
        stream ??= Key;
        if (packed is not null && inputs.Source is null && inputs.Projected is null && inputs.State is null && prefix is null)
            return packed.Forward(x).PackedAttention(new AttentionHeads(inputs.Sequences, heads), inputs.Mask, scale, inputs.Bias, Dropped, stream);
        var (q, k, v) = inputs.Projected is { } made ? (QueriesOf(x), made.Keys, made.Values) : Project(x, inputs.Source ?? x);
        (q, k) = Turned(q, k, inputs.Rotation);
        if (prefix is not null)
        {
            if (inputs.State is not null) throw new InvalidOperationException($"'{Key}' has a prefix, and a key-value state has no place for it: take the prefix out first");
            (k, v) = (Behind(prefix.Keys, k, inputs.Sequences), Behind(prefix.Values, v, inputs.Sequences));
        }
        if (inputs.State is { } state) return Cached(q, k, v, inputs, state);
        return q.ScaledDotProductAttention(
            k, v, inputs.Mask, scale, inputs.Bias, Dropped, stream, new AttentionHeads(inputs.Sequences, heads, keyHeads == heads ? null : keyHeads), window);
    }

    private Variable QueriesOf(Variable x) => query?.Forward(x) ?? Project(x, x).Queries;

    /// <summary>Queries of one sequence, keys and values of another, or of the same.</summary>
    private (Variable Queries, Variable Keys, Variable Values) Project(Variable x, Variable source)
    {
        if (packed is null) return (query!.Forward(x), key!.Forward(source), value!.Forward(source));
        int width = packed.Inputs;
        var own = packed.Forward(x);
        var others = ReferenceEquals(x, source) ? own : packed.Forward(source);
        return (Third(own, 0), Third(others, 1), Third(others, 2));

        Variable Third(Variable all, int number) => all.Slice(all.Shape.Rank - 1, number * width, width);
    }

    /// <summary>Rows [B S, W] with a prefix [P, W] in front of each sequence: [B (P + S), W].</summary>
    private static Variable Behind(Parameter first, Variable rows, int sequences)
    {
        int count = first.Shape[0], width = first.Shape[1], length = rows.Shape[0] / sequences;
        var before = rows.Pass.Of(first).Reshape([1, count, width]).Expand([sequences, count, width]);
        return Variable.Concat([before, rows.Reshape([sequences, length, width])], axis: 1).Reshape([sequences * (count + length), width]);
    }

    /// <summary>As without a state, with the keys and values of the tokens before: the new ones are written behind them.</summary>
    private Variable Cached(Variable q, Variable k, Variable v, AttentionInputs inputs, SequenceState state)
    {
        var pass = q.Pass;
        int sequences = inputs.Sequences, width = q.Shape[1] / heads;
        var (keys, values) = state.Of(stream!, keyHeads, width);
        Split(k, sequences, keyHeads).IndexCopyTo(keys, state.Positions);
        Split(v, sequences, keyHeads).IndexCopyTo(values, state.Positions);
        var y = Split(q, sequences, heads).ScaledDotProductAttention(
            pass.Constant(keys), pass.Constant(values), state.Mask, scale, inputs.Bias, Dropped, stream!, window: window);
        return y.Permute(0, 2, 1, 3).Reshape(q.Shape);
    }

    /// <summary>Queries and keys with the points of their heads turned.</summary>
    private (Variable Queries, Variable Keys) Turned(Variable queries, Variable keys, RotaryAngles? rotation) => rotation is not { } angles
        ? (queries, keys) : (queries.RotaryEmbedding(angles, heads), keys.RotaryEmbedding(angles, keyHeads));

    /// <summary>[B, T, D] as rows [B T, D].</summary>
    private static Variable Rows(Variable states) => states.Shape.Rank == 2 ? states : states.Reshape([states.Shape[0] * states.Shape[1], states.Shape[2]]);

    /// <summary>Keys [B, G, S, W] for each head of queries [B, H, S, W].</summary>
    private Variable OfEachHead(Variable keys)
    {
        if (heads == keyHeads) return keys;
        var shape = keys.Shape;
        return keys.Unsqueeze(2).Expand([shape[0], shape[1], heads / keyHeads, shape[2], shape[3]]).Reshape([shape[0], heads, shape[2], shape[3]]);
    }

    /// <summary>What hides the tokens that are still to come, or out of the window [T, T].</summary>
    private Tensor<float> Hidden(Pass pass, int length)
    {
        var hidden = new float[length * length];
        for (int query = 0; query < length; query++)
        {
            hidden.AsSpan(query * length + query + 1, length - query - 1).Fill(float.MinValue);
            if (window > 0) hidden.AsSpan(query * length, Math.Max(0, query - window + 1)).Fill(float.MinValue);
        }
        return pass.Upload<float>([1, 1, length, length], hidden);
    }

    /// <summary>[B T, H D / H] to [B, H, T, D / H]: a view.</summary>
    private static Variable Split(Variable rows, int sequences, int heads)
    {
        int width = rows.Shape[^1];
        return rows.Reshape([sequences, checked((int)(rows.Shape.ElementCount / width / sequences)), heads, width / heads]).Permute(0, 2, 1, 3);
    }
}

/// <summary>The inputs of attention beside the queries.</summary>
/// <param name="Sequences">B: the number of sequences.</param>
/// <param name="Mask">Which keys each query may look at; a state has its own.</param>
/// <param name="Source">The rows [B S, D] that keys and values are made of, those of another sequence (cross-attention); null for
/// self-attention.</param>
/// <param name="Bias">What is added to the scores [1 or B, 1 or H, 1 or T, S], learnt where it needs a gradient; null for nothing.</param>
/// <param name="State">The key-value cache of earlier passes, which the queries continue; null for none.</param>
/// <param name="Projected">The keys and values [B S, G D / H] that were made of a source before; null to make them.</param>
/// <param name="Rotation">How queries and keys are turned by their positions; null for not at all.</param>
public readonly record struct AttentionInputs(
    int Sequences, AttentionMask Mask, Variable? Source = null, Variable? Bias = null, SequenceState? State = null,
    (Variable Keys, Variable Values)? Projected = null, RotaryAngles? Rotation = null);
