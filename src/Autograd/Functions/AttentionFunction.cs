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
    public static Variable Apply(
        Variable q, Variable k, Variable v, AttentionMask mask, float scale, float dropout, string name, AttentionHeads? heads = null, Variable? bias = null)
    {
        q.RequireSamePass(k);
        q.RequireSamePass(v);
        if (bias is not null) q.RequireSamePass(bias);
        var pass = q.Pass;
        var ofKeys = heads?.OfKeys;
        var (queries, keys, values) = (Split(q.Value, heads), Split(k.Value, ofKeys), Split(v.Value, ofKeys));
        Check(queries.Shape, keys.Shape, values.Shape);
        if (bias is not null) CheckBias(bias.Shape, queries.Shape, keys.Shape);
        var added = bias is null ? null : Rows(pass, bias.Value);
        (queries, keys, values) = (Rows(pass, queries), Rows(pass, keys), Rows(pass, values));
        mask.Require(keys.Shape[0], keys.Shape[2]);
        DropoutFunction.Check("attention", dropout);
        var drops = pass.IsTraining && dropout > 0f ? new DropoutMask(pass.Stream(name), dropout) : DropoutMask.None;
        var settings = new AttentionSettings(scale, mask.IsCausal, drops, mask.CountsFromLengths);
        bool tracked = q.NeedsGradient || k.NeedsGradient || v.NeedsGradient || bias is { NeedsGradient: true };
        var y = Rent(pass, q.Shape, heads);
        var outputs = Split(y, heads);
        var logSumExp = tracked ? pass.Rent(queries.Shape.Without(^1)) : null;
        pass.Device.Attention(settings, queries, keys, values, mask.Lengths, mask.Bias, added, outputs, logSumExp);
        return logSumExp is null
            ? pass.Untracked(y)
            : pass.Record(y, new AttentionNode(settings, mask, heads, (q, k, v, bias), queries, keys, values, added, outputs, logSumExp));
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
            (Variable Queries, Variable Keys, Variable Values, Variable? Bias) inputs,
            Tensor<float> q, Tensor<float> k, Tensor<float> v, Tensor<float>? bias, Tensor<float> y, Tensor<float> logSumExp)
        {
            (this.settings, this.heads, this.inputs) = (settings, heads, inputs);
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
            var (dq, dk, dv) = (Rent(run.Pass, queries.Shape, heads), Rent(run.Pass, keys.Shape, ofKeys), Rent(run.Pass, values.Shape, ofKeys));
            var dbias = added is { NeedsGradient: true } ? run.Rent(added.Shape) : null;
            run.Device.AttentionBackward(
                settings, Rows(run.Pass, Split(dy, heads)), q, k, v, lengths, keyBias, bias, y, logSumExp,
                Split(dq, heads), Split(dk, ofKeys), Split(dv, ofKeys), dbias);
            run.Add(queries.Slot, dq);
            run.Add(keys.Slot, dk);
            run.Add(values.Slot, dv);
            if (dbias is not null) run.Add(added!.Slot, dbias);
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
