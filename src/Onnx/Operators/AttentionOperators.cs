using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Onnx;

/// <summary>Attention as one node, and the rotation of queries and keys by their positions.</summary>
internal static class AttentionOperators
{
    public static IEnumerable<Operator> Rows =>
    [
        new Operator("Attention", Attend),
        Operator.OfFloats("RotaryEmbedding", Rotate, 3),
    ];

    private static Value?[] Attend(NodeContext node)
    {
        bool isFlat = node.Dims(0).Length == 3;
        int heads = (int)node.Attributes.Int("q_num_heads"), keyHeads = (int)node.Attributes.Int("kv_num_heads");
        Variable queries = Split(node.Variable(0), heads), keys = Split(node.Variable(1), keyHeads), values = Split(node.Variable(2), keyHeads);
        int past = 0;
        if (node.VariableOrNull(4) is { } pastKeys && node.VariableOrNull(5) is { } pastValues)
        {
            past = pastKeys.Shape[2];
            (keys, values) = (Variable.Concat([pastKeys, keys], 2), Variable.Concat([pastValues, values], 2));
        }
        var (presentKeys, presentValues) = (keys, values);
        int groups = queries.Shape[1] / keys.Shape[1];
        if (groups > 1) (keys, values) = (Repeated(keys, groups), Repeated(values, groups));
        float scale = node.Attributes.Float("scale", 0f), cap = node.Attributes.Float("softcap", 0f);
        if (scale == 0f) scale = 1f / MathF.Sqrt(queries.Shape[3]);
        var scores = queries.MatMul(keys.Transpose(2, 3)) * scale;
        var raw = scores;
        var capped = cap > 0f ? (scores / cap).Tanh() * cap : scores;
        var masked = capped;
        if (Mask(node, queries.Shape, keys.Shape[2], past) is { } mask) masked = capped + mask;
        var probabilities = masked.Softmax();
        // a query that may look at nothing gives zeros
        if (node.Has(3) || node.Has(6) || node.Attributes.Flag("is_causal")) probabilities = WithoutNone(probabilities, masked);
        var y = probabilities.MatMul(values);
        if (isFlat) y = y.Transpose(1, 2).Reshape([y.Shape[0], y.Shape[2], y.Shape[1] * y.Shape[3]]);
        var matrix = node.Attributes.Int("qk_matmul_output_mode") switch { 0 => raw, 1 => capped, 2 => masked, _ => probabilities };
        Value?[] all = [Typed(y), Typed(presentKeys), Typed(presentValues), Typed(matrix)];
        return all[..Math.Min(all.Length, Math.Max(1, node.OutputCount))];

        Value Typed(Variable variable) => Operator.Typed(variable, node);
    }

    private static Variable WithoutNone(Variable probabilities, Variable masked)
    {
        var isSome = masked.Detach().Max([3], keepAxes: true).Zip(masked.Pass.Constant(masked.Pass.Upload<float>([], [float.MinValue])), default(IsGreater));
        return isSome.Expand(probabilities.Shape).Zip(probabilities, default(WhereTrue));
    }

    /// <summary>[B, T, H D] as [B, H, T, D]; four axes as they are.</summary>
    private static Variable Split(Variable x, int heads)
    {
        if (x.Shape.Rank == 4) return x;
        if (x.Shape.Rank != 3 || heads < 1 || x.Shape[2] % heads != 0) ShapeException.Throw("attention", $"input {x.Shape} of {heads} heads", "it has to be [B, T, H D] or [B, H, T, D]");
        return x.Reshape([x.Shape[0], x.Shape[1], heads, x.Shape[2] / heads]).Transpose(1, 2);
    }

    /// <summary>Each head of keys for several of queries.</summary>
    private static Variable Repeated(Variable x, int times)
    {
        var shape = x.Shape;
        return x.Unsqueeze(2).Expand([shape[0], shape[1], times, shape[2], shape[3]]).Reshape([shape[0], shape[1] * times, shape[2], shape[3]]);
    }

    /// <summary>What is added to the scores [B, H, T, S]: minus infinity where a query does not look.</summary>
    private static Variable? Mask(NodeContext node, Shape queries, int keys, int past)
    {
        int length = queries[2];
        Variable? mask = null;
        if (node.Has(3))
        {
            bool isBool = node.Element(3) == Elements.Bool;
            mask = isBool ? Hidden(node.Variable(3)) : node.Variable(3);
            int missing = keys - mask.Shape[^1];
            if (missing > 0)
            {
                int[] side = [.. mask.Shape.ToArray()[..^1], missing];
                mask = Variable.Concat([mask, node.Upload(side, [.. Enumerable.Repeat(float.NegativeInfinity, Dimensions.Count(side))])], -1);
            }
        }
        long[]? lengths = node.Has(6) ? node.Int64s(6) : null;
        if (node.Attributes.Flag("is_causal"))
        {
            int batch = lengths?.Length ?? 1;
            var causal = new float[batch * length * keys];
            for (int at = 0; at < causal.Length; at++)
            {
                long offset = lengths is null ? past : lengths[at / (length * keys)] - length;
                if (at % keys > at / keys % length + offset) causal[at] = float.NegativeInfinity;
            }
            Add(node.Upload([batch, 1, length, keys], causal));
        }
        if (lengths is not null)
        {
            float[] padding = [.. Enumerable.Range(0, lengths.Length * keys).Select(at => at % keys < lengths[at / keys] ? 0f : float.NegativeInfinity)];
            Add(node.Upload([lengths.Length, 1, 1, keys], padding));
        }
        return mask;

        void Add(Variable more) => mask = mask is null ? more : mask + more;

        // 0 where a key counts, minus infinity where it does not
        Variable Hidden(Variable counts) => counts.Zip(node.Upload([], [float.NegativeInfinity]), default(WhereFalse));
    }

    /// <summary>Turns pairs of features by an angle that follows from the position (Su et al. 2021).</summary>
    private static Variable Rotate(NodeContext node)
    {
        var x = node.Variable(0);
        bool isFlat = x.Shape.Rank == 3;
        if (isFlat)
        {
            int heads = (int)node.Attributes.Int("num_heads");
            if (heads < 1 || x.Shape[2] % heads != 0) throw new ArgumentException($"{x.Shape} does not fall into {heads} heads");
            x = x.Reshape([x.Shape[0], x.Shape[1], heads, x.Shape[2] / heads]);
        }
        else x = x.Transpose(1, 2);
        // [B, T, H, D]
        int width = x.Shape[3], turned = (int)node.Attributes.Int("rotary_embedding_dim");
        if (turned == 0) turned = width;
        Variable cos = Table(node, 1), sin = Table(node, 2);
        var part = x.Slice(3, 0, turned);
        bool isInterleaved = node.Attributes.Flag("interleaved");
        var (first, second) = isInterleaved
            ? (part.Slice(3, 0, turned / 2, 2), part.Slice(3, 1, turned / 2, 2)) : (part.Slice(3, 0, turned / 2), part.Slice(3, turned / 2, turned / 2));
        Variable real = first * cos - second * sin, imaginary = first * sin + second * cos;
        var result = isInterleaved ? Variable.Stack([real, imaginary], -1).Reshape(part.Shape) : Variable.Concat([real, imaginary], 3);
        if (turned < width) result = Variable.Concat([result, x.Slice(3, turned, width - turned)], 3);
        return isFlat ? result.Reshape([result.Shape[0], result.Shape[1], result.Shape[2] * width]) : result.Transpose(1, 2);
    }

    /// <summary>The cosines or sines of each position: [B, T, 1, D / 2].</summary>
    private static Variable Table(NodeContext node, int input)
    {
        var table = node.Variable(input);
        if (node.Has(3)) table = table.Embedding(node.Int32s(3), new Shape(node.Dims(3)));
        return table.Unsqueeze(2);
    }
}
