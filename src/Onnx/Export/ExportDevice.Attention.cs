using Graft.Onnx.Protocol;
using Graft.Tensors;

namespace Graft.Onnx.Export;

// attention as products, masks and a softmax
internal sealed partial class ExportDevice
{
    /// <summary>What is added to a score that does not count: finite, so that a row of nothing else is no NaN.</summary>
    private const float Hidden = float.MinValue;

    /// <summary>What is added to the scores of keys, of a mask [B, S] of 1 for a token and 0 for padding.</summary>
    public Tensor<float> KeyBias(ExportValue mask)
    {
        var counts = Graph.Add("Cast", mask.Shape, [mask], ExportAttribute.Of("to", (long)TensorProto.Types.DataType.Float));
        return Holding<float>(Graph.Binary("Mul", Graph.Binary("Sub", Graph.Scalar(1f), counts), Graph.Scalar(Hidden)));
    }

    public override void Attention(
        AttentionSettings settings, Tensor<float> q, Tensor<float> k, Tensor<float> v, Tensor<int>? lengths, Tensor<float>? keyBias,
        Tensor<float>? bias, Tensor<float> y, Tensor<float>? logSumExp)
    {
        if (!settings.Dropout.DropsNone) Refuse("dropout of attention", "it is a part of training, and an exported model only infers");
        if (settings.Window > 0) Refuse("attention within a window", "no node is built for it: export a model whose texts are no longer than its window, without one");
        if (settings.CountsFromLengths) Refuse("attention over a key-value cache", "a file has no state: export the model without a cache");
        int sequences = q.Shape[0], heads = q.Shape[1], queries = q.Shape[2], keys = k.Shape[2], width = q.Shape[3];
        var scores = Graph.Add("MatMul", [sequences, heads, queries, keys], [Read(q), Read(OfEachHead(k, heads, isTransposed: true))]);
        if (settings.Scale != 1f) scores = Graph.Binary("Mul", scores, Graph.Scalar(settings.Scale));
        if (bias is not null) scores = Graph.Binary("Add", scores, Read(bias));
        if (keyBias is not null) scores = Graph.Binary("Add", scores, ReadAs(keyBias, [sequences, 1, 1, keys]));
        if (lengths is { Memory: not ExportMemory { IsAnyLength: true } }) scores = Graph.Binary("Add", scores, BehindLengths(lengths, keys));
        if (settings.IsCausal) scores = Graph.Binary("Add", scores, AheadOf(queries, keys));
        var probabilities = Graph.Add("Softmax", scores.Shape, [scores], ExportAttribute.Of("axis", -1L));
        var value = Graph.Add("MatMul", q.Shape, [probabilities, Read(OfEachHead(v, heads, isTransposed: false))]);

        // heads side by side, as linear maps read them
        Shape rows = [sequences, queries, heads * width];
        var side = y.View([sequences, queries, heads, width], y.Permute(0, 2, 1, 3).Strides, y.Offset);
        if (side.IsContiguous) Write(y, ViewLayout.Contiguous(rows, y.Offset), Graph.Reshape(Graph.Transpose(value, 0, 2, 1, 3), rows));
        else Write(y, value);
    }

    /// <summary>Keys or values [B, G, S, D] for each head of queries: a group's are repeated.</summary>
    private Tensor<float> OfEachHead(Tensor<float> tensor, int heads, bool isTransposed)
    {
        int groups = tensor.Shape[1];
        if (groups != heads)
        {
            int sequences = tensor.Shape[0], places = tensor.Shape[2], width = tensor.Shape[3];
            var strides = new Strides();
            int[] steps = [tensor.Strides[0], tensor.Strides[1], 0, tensor.Strides[2], tensor.Strides[3]];
            for (int axis = 0; axis < steps.Length; axis++) strides.Set(axis, steps[axis]);
            var repeated = Read(tensor.View([sequences, groups, heads / groups, places, width], strides, tensor.Offset));
            tensor = Holding<float>(Graph.Reshape(repeated, [sequences, heads, places, width]));
        }
        return isTransposed ? tensor.Permute(0, 1, 3, 2) : tensor;
    }

    /// <summary>[B, 1, 1, S]: hides the keys from a sequence's length on.</summary>
    private ExportValue BehindLengths(Tensor<int> lengths, int keys)
    {
        const TensorProto.Types.DataType Whole = TensorProto.Types.DataType.Int64;
        var places = Graph.Add("Range", [keys], Whole, [ExportGraph.Size(0), ExportGraph.Size(keys), ExportGraph.Size(1)]);
        var ends = Graph.Reshape(Read(lengths), [lengths.Shape[0], 1, 1, 1]);
        var counts = Graph.Add("Less", [lengths.Shape[0], 1, 1, keys], TensorProto.Types.DataType.Bool, [places, ends]);
        return Graph.Where(counts, Graph.Scalar(0f), Graph.Scalar(Hidden));
    }

    /// <summary>[T, S]: hides from each query the keys behind its own; the last query sees the last key.</summary>
    private ExportValue AheadOf(int queries, int keys)
    {
        var filling = new TensorProto { DataType = (int)TensorProto.Types.DataType.Float };
        filling.Dims.Add(1);
        filling.FloatData.Add(Hidden);
        var hidden = Graph.Add("ConstantOfShape", [queries, keys], [ExportGraph.Sizes(queries, keys)], ExportAttribute.Of("value", filling));
        return Graph.Add("Trilu", hidden.Shape, [hidden, ExportGraph.Size(keys - queries + 1)], ExportAttribute.Of("upper", 1L));
    }
}
