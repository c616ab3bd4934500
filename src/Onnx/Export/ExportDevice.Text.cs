using Graft.Autograd;
using Graft.Tensors;
using DataType = Graft.Onnx.Protocol.TensorProto.Types.DataType;

namespace Graft.Onnx.Export;

// what a text model is given: the ids, and what follows from the mask
internal sealed partial class ExportDevice
{
    /// <summary>How far below the others places without a token are when the largest is taken.</summary>
    private const float Far = 1e9f;

    /// <summary>A text model's inputs, of which the mask alone says which tokens count.</summary>
    public TextInputs Text(Pass pass, BatchSize size, TextModel model)
    {
        Shape places = [size.Batch, size.Sequence], tokens = [size.Batch * size.Sequence];
        var ids = IntegerInput("input_ids", places);
        var mask = Graph.Input("attention_mask", places, DataType.Int64);
        return new TextInputs
        {
            Pass = pass,
            Sequences = size.Batch,
            Length = size.Sequence,
            TokenIds = ids.Reshape(tokens),
            TokenTypes = model.Sizes.TokenTypes > 1 ? IntegerInput("token_type_ids", places).Reshape(tokens) : null,
            Positions = model.FirstPosition > 0 ? Holding<int>(Positions(mask, model.FirstPosition)).Reshape(tokens) : null,
            Mask = AttentionMask.Of(AnyLengths(size.Batch), KeyBias(mask), size.Sequence),
            PoolingWeights = model is SentenceEncoder pooling ? Holding<float>(PoolingWeights(mask, pooling.Pooling.Modes)) : null,
        };
    }

    /// <summary>Positions counted over the tokens; padding has the one before the first.</summary>
    private ExportValue Positions(ExportValue mask, int first)
    {
        var counted = Whole("Mul", Counted(mask, isFromEnd: false), mask);
        return Whole("Add", counted, ExportGraph.Constant(new IntegerInitialiser([], [first - 1])));

        ExportValue Whole(string type, ExportValue a, ExportValue b) => Graph.Add(type, mask.Shape, DataType.Int64, [a, b]);
    }

    /// <summary>How much each token counts in each way of pooling [B, M, T], as the encoder itself counts them.</summary>
    private ExportValue PoolingWeights(ExportValue mask, IReadOnlyList<PoolingMode> modes)
    {
        var counts = Graph.Add("Cast", mask.Shape, [mask], ExportAttribute.Of("to", (long)DataType.Float));
        Shape row = [mask.Shape[0], 1, mask.Shape[1]];
        return Graph.Concat([.. modes.Select(mode => Graph.Reshape(Weights(mode), row))], axis: 1);

        ExportValue Weights(PoolingMode mode) => mode switch
        {
            PoolingMode.Maximum => Graph.Binary("Mul", Graph.Binary("Sub", counts, Graph.Scalar(1f)), Graph.Scalar(Far)),
            PoolingMode.Mean => Graph.Binary("Div", counts, Sum(counts)),
            PoolingMode.MeanOfRootLength => Graph.Binary("Div", counts, Graph.Add("Sqrt", Sum(counts).Shape, [Sum(counts)])),
            PoolingMode.WeightedMean => Share(Graph.Binary("Mul", counts, Counted(counts, isFromEnd: false))),
            _ => First(Counted(counts, isFromEnd: mode == PoolingMode.LastToken)),
        };

        ExportValue Sum(ExportValue values) => Graph.Reduce("ReduceSum", values, [1]);

        ExportValue Share(ExportValue values) => Graph.Binary("Div", values, Sum(values));

        // 1 where the first token is counted, 0 behind it
        ExportValue First(ExportValue counted) => Graph.Binary("Mul", counts, Graph.Add("Relu", counted.Shape, [Graph.Binary("Sub", Graph.Scalar(2f), counted)]));
    }

    /// <summary>How many tokens there are up to each.</summary>
    private ExportValue Counted(ExportValue counts, bool isFromEnd) => Graph.Add(
        "CumSum", counts.Shape, counts.ElementType, [counts, ExportGraph.Constant(new IntegerInitialiser([], [1]))], ExportAttribute.Of("reverse", isFromEnd ? 1L : 0L));
}
