using Graft.Tensors;

namespace Graft.Autograd;

/// <summary>y = dropout(softmax(scale q k^T + mask + bias)) v (Vaswani et al. 2017; PyTorch's <c>scaled_dot_product_attention</c>).</summary>
internal static class AttentionFunction
{
    /// <summary>q, y: [B, H, T, D]; k, v: [B, G, S, D], where G heads of keys divide H heads of queries and each is read by H / G
    /// neighbours (grouped queries, Ainslie et al. 2023). y is stored as [B, T, H, D], so that its heads join without a copy; q, k and v
    /// are read as views of such memory. Backward saves one value a query (the log-sum-exp) and recomputes the probabilities, as
    /// FlashAttention does. With
    /// <paramref name="heads"/> all of them are rows of heads side by side: [B T, H D] and [B S, G D], as linear maps give them.</summary>
    /// <param name="q">The queries.</param>
    /// <param name="k">The keys.</param>
    /// <param name="v">The values.</param>
    /// <param name="mask">Who looks at whom.</param>
    /// <param name="scale">The factor on the scores, commonly 1 / sqrt(D).</param>
    /// <param name="dropout">The probability with which training drops a probability.</param>
    /// <param name="name">The name of dropout's random stream.</param>
    /// <param name="heads">How rows fall into sequences and heads; null where both are axes.</param>
    /// <param name="bias">What is added to the scores of each query and key [1 or B, 1 or H, 1 or T, S], learnt where it needs a gradient
    /// (T5, Swin) or not (ALiBi); null for nothing. A value of -1e30 or less hides a key from a query.</param>
    /// <param name="window">How many keys a query of a causal mask sees at most; 0 for all.</param>
    public static Variable Apply(
        Variable q, Variable k, Variable v, AttentionMask mask, float scale, float dropout, string name, AttentionHeads? heads = null, Variable? bias = null,
        int window = 0)
    {
        q.RequireSamePass(k);
        q.RequireSamePass(v);
        return Apply((q, k, v, bias), isPacked: false, (q.Value, k.Value, v.Value), mask, scale, dropout, name, heads, window);
    }

    /// <summary>As the other, of queries, keys and values that one linear map gives side by side: [B T, 3 H D] to [B T, H D]. Neither they nor
    /// their gradients are copied apart.</summary>
    public static Variable ApplyPacked(
        Variable qkv, AttentionMask mask, float scale, float dropout, string name, AttentionHeads heads, Variable? bias = null)
    {
        if (qkv.Shape.Rank != 2 || qkv.Shape[1] % 3 != 0 || heads.KeyCount is not null)
            ShapeException.Throw("attention", $"input {qkv.Shape}", "queries, keys and values of as many heads each have to be [sequences x tokens, 3 x heads x head size]");
        return Apply((qkv, qkv, qkv, bias), isPacked: true, Thirds(qkv.Value), mask, scale, dropout, name, heads);
    }

    private static Variable Apply(
        (Variable Queries, Variable Keys, Variable Values, Variable? Bias) inputs, bool isPacked, (Tensor<float> Queries, Tensor<float> Keys, Tensor<float> Values) values,
        AttentionMask mask, float scale, float dropout, string name, AttentionHeads? heads, int window = 0)
    {
        var (q, bias) = (inputs.Queries, inputs.Bias);
        if (bias is not null) q.RequireSamePass(bias);
        var pass = q.Pass;
        var ofKeys = heads?.OfKeys;
        var (queries, keys, vectors) = (Split(values.Queries, heads), Split(values.Keys, ofKeys), Split(values.Values, ofKeys));
        Check(queries.Shape, keys.Shape, vectors.Shape);
        if (bias is not null) CheckBias(bias.Shape, queries.Shape, keys.Shape);
        var added = bias is null ? null : Rows(pass, bias.Value);
        (queries, keys, vectors) = (Rows(pass, queries), Rows(pass, keys), Rows(pass, vectors));
        mask.Require(keys.Shape[0], keys.Shape[2]);
        DropoutFunction.Check("attention", dropout);
        var drops = pass.IsTraining && dropout > 0f ? new DropoutMask(pass.Stream(name), dropout) : DropoutMask.None;
        var settings = new AttentionSettings(scale, mask.IsCausal, drops, mask.CountsFromLengths, window);
        bool tracked = q.NeedsGradient || inputs.Keys.NeedsGradient || inputs.Values.NeedsGradient || bias is { NeedsGradient: true };
        var y = Rent(pass, values.Queries.Shape, heads);
        var outputs = Split(y, heads);
        var logSumExp = tracked ? pass.Rent(queries.Shape.Without(^1)) : null;
        pass.Device.Attention(settings, queries, keys, vectors, mask.Lengths, mask.Bias, added, outputs, logSumExp);
        return logSumExp is null
            ? pass.Untracked(y)
            : pass.Record(y, new AttentionNode(settings, mask, heads, inputs, isPacked, queries, keys, vectors, added, outputs, logSumExp));
    }

    /// <summary>[R, 3 W] as three views [R, W].</summary>
    private static (Tensor<float> First, Tensor<float> Second, Tensor<float> Third) Thirds(Tensor<float> rows)
    {
        int width = rows.Shape[1] / 3;
        return (rows.Slice(1, 0, width), rows.Slice(1, width, width), rows.Slice(1, 2 * width, width));
    }

    private static void Check(Shape q, Shape k, Shape v)
    {
        if (q.Rank != 4 || k.Rank != 4 || q[0] != k[0] || q[3] != k[3])
            ShapeException.Throw(
                "attention", $"queries {q} do not fit keys {k}",
                "both have to be [sequences, heads, tokens, head size], equal but for heads and tokens");
        if (k[1] == 0 || q[1] % k[1] != 0)
            ShapeException.Throw(
                "attention", $"queries {q} do not fit keys {k}", $"{q[1]} heads of queries do not fall into {k[1]} groups, one for each head of keys");
        if (v != k) ShapeException.Throw("attention", $"values {v} do not fit keys {k}", "both need the same shape");
    }

    private static void CheckBias(Shape bias, Shape q, Shape k)
    {
        bool fits = bias.Rank == 4 && bias[3] == k[2];
        for (int axis = 0; fits && axis < 3; axis++) fits = bias[axis] == 1 || bias[axis] == q[axis];
        if (!fits)
            ShapeException.Throw("attention", $"bias {bias}", $"it has to be [1 or {q[0]}, 1 or {q[1]}, 1 or {q[2]}, {k[2]}]: sequences, heads, queries and keys");
    }

    /// <summary>The tensor itself, or a copy where the values of a head are not contiguous.</summary>
    private static Tensor<float> Rows(Pass pass, Tensor<float> tensor) =>
        tensor.Strides[3] == 1 ? tensor : pass.Contiguous(tensor);

    /// <summary>[B T, H D] as [B, H, T, D]: a view. Without heads to split off, the tensor itself.</summary>
    private static Tensor<float> Split(Tensor<float> tensor, AttentionHeads? heads)
    {
        if (heads is not { Sequences: var sequences, Count: var count }) return tensor;
        var shape = tensor.Shape;
        if (shape.Rank != 2 || shape[0] % sequences != 0 || shape[1] % count != 0)
            ShapeException.Throw("attention", $"input {shape}", $"it has to be [sequences x tokens, heads x head size], with {sequences} sequences and {count} heads");
        int places = shape[0] / sequences, width = shape[1] / count, row = tensor.Strides[0], step = tensor.Strides[1];
        var steps = new Strides();
        steps.Set(0, places * row);
        steps.Set(1, width * step);
        steps.Set(2, row);
        steps.Set(3, step);
        return tensor.View([sequences, count, places, width], steps, tensor.Offset);
    }

    private static Tensor<float> Rent(Pass pass, Shape shape, AttentionHeads? heads) =>
        heads is null ? pass.Rent([shape[0], shape[2], shape[1], shape[3]]).Permute(0, 2, 1, 3) : pass.Rent(shape);

    private sealed class AttentionNode : Node
    {
        private readonly AttentionSettings settings;
        private readonly AttentionHeads? heads;
        private readonly (Variable Queries, Variable Keys, Variable Values, Variable? Bias) inputs;
        private readonly bool isPacked;
        private readonly Tensor<float> q;
        private readonly Tensor<float> k;
        private readonly Tensor<float> v;
        private readonly Tensor<float> y;
        private readonly Tensor<float> logSumExp;
        private readonly Tensor<int>? lengths;
        private readonly Tensor<float>? keyBias;
        private readonly Tensor<float>? bias;

        public AttentionNode(
            AttentionSettings settings, AttentionMask mask, AttentionHeads? heads,
            (Variable Queries, Variable Keys, Variable Values, Variable? Bias) inputs, bool isPacked,
            Tensor<float> q, Tensor<float> k, Tensor<float> v, Tensor<float>? bias, Tensor<float> y, Tensor<float> logSumExp)
        {
            (this.settings, this.heads, this.inputs, this.isPacked) = (settings, heads, inputs, isPacked);
            this.q = Save(q);
            this.k = Save(k);
            this.v = Save(v);
            this.y = Save(y);
            this.logSumExp = Save(logSumExp);
            if (mask.Lengths is not null) lengths = Save(mask.Lengths);
            if (mask.Bias is not null) keyBias = Save(mask.Bias);
            if (bias is not null) this.bias = Save(bias);
        }

        public override void Backward(Tensor<float> dy, BackwardRun run)
        {
            var (queries, keys, values, added) = inputs;
            var ofKeys = heads?.OfKeys;
            var whole = isPacked ? run.Rent(queries.Shape) : null;
            var (dq, dk, dv) = whole is not null
                ? Thirds(whole) : (Rent(run.Pass, queries.Shape, heads), Rent(run.Pass, keys.Shape, ofKeys), Rent(run.Pass, values.Shape, ofKeys));
            var dbias = added is { NeedsGradient: true } ? run.Rent(added.Shape) : null;
            run.Device.AttentionBackward(
                settings, Rows(run.Pass, Split(dy, heads)), q, k, v, lengths, keyBias, bias, y, logSumExp,
                Split(dq, heads), Split(dk, ofKeys), Split(dv, ofKeys), dbias);
            if (whole is not null) run.Add(queries.Slot, whole);
            else AddApart(run, dq, dk, dv);
            if (dbias is not null) run.Add(added!.Slot, dbias);
        }

        private void AddApart(BackwardRun run, Tensor<float> dq, Tensor<float> dk, Tensor<float> dv)
        {
            run.Add(inputs.Queries.Slot, dq);
            run.Add(inputs.Keys.Slot, dk);
            run.Add(inputs.Values.Slot, dv);
        }
    }
}

/// <summary>How the rows of linear maps [B T, H D] fall into sequences and heads.</summary>
/// <param name="Sequences">B.</param>
/// <param name="Count">H.</param>
/// <param name="KeyCount">How many heads keys and values have; null for as many as the queries.</param>
public readonly record struct AttentionHeads(int Sequences, int Count, int? KeyCount = null)
{
    /// <summary>How the rows of keys and values fall.</summary>
    public AttentionHeads OfKeys => new(Sequences, KeyCount ?? Count);
}
