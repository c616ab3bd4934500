using Graft.Tensors;

namespace Graft.Autograd;

/// <summary>y = dropout(softmax(scale q k^T + mask)) v (Vaswani et al. 2017; PyTorch's <c>scaled_dot_product_attention</c>).</summary>
internal static class AttentionFunction
{
    /// <summary>q, y: [B, H, T, D]; k, v: [B, H, S, D]. y lies in memory as [B, T, H, D], so that its heads join without a copy; q, k
    /// and v are read as views of such memory. Backward keeps one number a query and computes the probabilities again.</summary>
    /// <param name="q">The queries.</param>
    /// <param name="k">The keys.</param>
    /// <param name="v">The values.</param>
    /// <param name="mask">Who looks at whom.</param>
    /// <param name="scale">The factor on the scores, commonly 1 / sqrt(D).</param>
    /// <param name="dropout">The probability with which training drops a probability.</param>
    /// <param name="name">The name of dropout's random stream.</param>
    public static Variable Apply(Variable q, Variable k, Variable v, AttentionMask mask, float scale, float dropout, string name)
    {
        q.RequireSamePass(k);
        q.RequireSamePass(v);
        Check(q.Shape, k.Shape, v.Shape);
        mask.Require(k.Shape[0], k.Shape[2]);
        DropoutFunction.Check("attention", dropout);
        var pass = q.Pass;
        var drops = pass.IsTraining && dropout > 0f ? new DropoutMask(new RandomStream(pass.Seed, name), dropout) : DropoutMask.None;
        var settings = new AttentionSettings(scale, mask.IsCausal, drops);
        var (queries, keys, values) = (Rows(pass, q.Value), Rows(pass, k.Value), Rows(pass, v.Value));
        bool tracked = q.NeedsGradient || k.NeedsGradient || v.NeedsGradient;
        var y = RentHeads(pass, q.Shape);
        var logSumExp = tracked ? pass.Rent(q.Shape.Without(^1)) : null;
        pass.Device.Attention(settings, queries, keys, values, mask.Lengths, mask.Bias, y, logSumExp);
        return logSumExp is null
            ? pass.Untracked(y) : pass.Record(y, new AttentionNode(settings, mask, q, k, v, queries, keys, values, y, logSumExp));
    }

    private static void Check(Shape q, Shape k, Shape v)
    {
        if (q.Rank != 4 || k.Rank != 4 || q[0] != k[0] || q[1] != k[1] || q[3] != k[3])
            ShapeException.Throw(
                "attention", $"queries {q} do not fit keys {k}", "both have to be [sequences, heads, places, numbers a head], equal but for the places");
        if (v != k) ShapeException.Throw("attention", $"values {v} do not fit keys {k}", "both need the same shape");
    }

    /// <summary>The tensor itself, or a copy where the numbers of a head do not lie one after another.</summary>
    private static Tensor<float> Rows(Pass pass, Tensor<float> tensor) =>
        tensor.Strides[3] == 1 ? tensor : pass.Contiguous(tensor);

    private static Tensor<float> RentHeads(Pass pass, Shape shape) =>
        pass.Rent([shape[0], shape[2], shape[1], shape[3]]).Permute(0, 2, 1, 3);

    private sealed class AttentionNode : Node
    {
        private readonly AttentionSettings settings;
        private readonly int querySlot;
        private readonly int keySlot;
        private readonly int valueSlot;
        private readonly Tensor<float> q;
        private readonly Tensor<float> k;
        private readonly Tensor<float> v;
        private readonly Tensor<float> y;
        private readonly Tensor<float> logSumExp;
        private readonly Tensor<int>? lengths;
        private readonly Tensor<float>? bias;

        public AttentionNode(
            AttentionSettings settings, AttentionMask mask, Variable queries, Variable keys, Variable values,
            Tensor<float> q, Tensor<float> k, Tensor<float> v, Tensor<float> y, Tensor<float> logSumExp)
        {
            this.settings = settings;
            (querySlot, keySlot, valueSlot) = (queries.Slot, keys.Slot, values.Slot);
            this.q = Save(q);
            this.k = Save(k);
            this.v = Save(v);
            this.y = Save(y);
            this.logSumExp = Save(logSumExp);
            if (mask.Lengths is not null) lengths = Save(mask.Lengths);
            if (mask.Bias is not null) bias = Save(mask.Bias);
        }

        public override void Backward(Tensor<float> dy, Gradients gradients)
        {
            var pass = gradients.Pass;
            var (dq, dk, dv) = (RentHeads(pass, q.Shape), RentHeads(pass, k.Shape), RentHeads(pass, v.Shape));
            pass.Device.AttentionBackward(settings, Rows(pass, dy), q, k, v, lengths, bias, y, logSumExp, dq, dk, dv);
            gradients.Add(querySlot, dq);
            gradients.Add(keySlot, dk);
            gradients.Add(valueSlot, dv);
        }
    }
}
