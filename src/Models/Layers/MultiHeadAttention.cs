using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Models;

/// <summary>Attention of a sequence to itself or to another, in several heads (Vaswani et al. 2017): <c>query</c>, <c>key</c>, <c>value</c>, each a
/// linear map [D, D].</summary>
/// <remarks>Letters: B sequences, T places, D wide, H heads of D / H.</remarks>
internal sealed class MultiHeadAttention : Layer<AttentionInputs>
{
    private readonly int heads;
    private readonly float scale;
    private readonly float dropout;
    private readonly Linear query;
    private readonly Linear key;
    private readonly Linear value;
    private string? stream;

    public MultiHeadAttention(int width, int heads, float dropout, Func<Linear> linear)
    {
        this.heads = heads;
        this.dropout = dropout;
        scale = 1f / MathF.Sqrt(width / heads);
        query = Add("query", linear());
        key = Add("key", linear());
        value = Add("value", linear());
    }

    /// <summary>The probabilities [B, H, T, T] with which each place looks at each other, for those who want to see them: attention
    /// itself never writes them out. Dropout has no part in them, and no gradient goes through.</summary>
    /// <param name="x">[B, T, D].</param>
    /// <param name="counts">[B, T], 0 where a sequence was filled up; null where none was.</param>
    public Variable Probabilities(Variable x, int[]? counts)
    {
        var pass = x.Pass;
        var states = x.Detach();
        Tensor<float> q = Split(query.Forward(states)).Value, k = Split(key.Forward(states)).Value;
        var scores = pass.Rent([q.Shape[0], heads, q.Shape[2], k.Shape[2]]);
        pass.Device.Gemm(default(NoEpilogue), q, k.Permute(0, 1, 3, 2), null, null, scores);
        pass.Device.Map(new Scale(scale), scores, scores);
        if (counts is not null)
        {
            var hidden = pass.Rent([x.Shape[0], 1, 1, x.Shape[1]]);
            hidden.CopyFrom(Array.ConvertAll(counts, value => value == 0 ? float.MinValue : 0f));
            pass.Device.Zip(default(Add), scores, hidden, scores);
        }
        pass.Device.Softmax(scores, scores, log: false);
        return pass.Constant(scores);
    }

    /// <summary>x [B T, D] to [B T, D]: rows, as linear maps read and write them.</summary>
    protected override Variable Compute(Variable x, AttentionInputs inputs)
    {
        var source = inputs.Source ?? x;
        return query.Forward(x).ScaledDotProductAttention(
            key.Forward(source), value.Forward(source), inputs.Mask, scale, dropout: dropout, name: stream ??= Key,
            heads: new AttentionHeads(inputs.Sequences, heads));
    }

    /// <summary>[B, T, D] to [B, H, T, D / H]: a view.</summary>
    private Variable Split(Variable x) => x.Reshape([x.Shape[0], x.Shape[1], heads, x.Shape[2] / heads]).Permute(0, 2, 1, 3);
}

/// <summary>What attention takes beside the rows that ask.</summary>
/// <param name="Sequences">B: how many sequences the rows are of.</param>
/// <param name="Mask">Which keys each query may look at.</param>
/// <param name="Source">The rows [B S, D] that keys and values are made of, those of another sequence; null for the rows that ask.</param>
internal readonly record struct AttentionInputs(int Sequences, AttentionMask Mask, Variable? Source = null);
