using Google.Protobuf;
using Graft.Onnx.Protocol;

namespace Graft.Onnx;

/// <summary>A model's structure as a file: tensors that are learnt keep their shapes, all others their numbers too.</summary>
internal static class BareModel
{
    /// <summary>Copies a model.</summary>
    /// <param name="file">Where the numbers are.</param>
    /// <param name="learnt">The tensors that are parameters.</param>
    public static ModelProto Of(OnnxFile file, IReadOnlySet<TensorProto> learnt)
    {
        // copies are equal to what they were copied of, so both are walked together
        var copy = file.Model.Clone();
        Graph(file.Model.Graph, copy.Graph, file, learnt);
        for (int i = 0; i < copy.Functions.Count; i++)
            for (int node = 0; node < copy.Functions[i].Node.Count; node++) Node(file.Model.Functions[i].Node[node], copy.Functions[i].Node[node], file, learnt);
        return copy;
    }

    private static void Graph(GraphProto from, GraphProto to, OnnxFile file, IReadOnlySet<TensorProto> learnt)
    {
        for (int i = 0; i < to.Initializer.Count; i++) Tensor(from.Initializer[i], to.Initializer[i], file, learnt);
        for (int i = 0; i < to.SparseInitializer.Count; i++)
        {
            Tensor(from.SparseInitializer[i].Values, to.SparseInitializer[i].Values, file, learnt);
            Tensor(from.SparseInitializer[i].Indices, to.SparseInitializer[i].Indices, file, learnt);
        }
        for (int i = 0; i < to.Node.Count; i++) Node(from.Node[i], to.Node[i], file, learnt);
    }

    private static void Node(NodeProto from, NodeProto to, OnnxFile file, IReadOnlySet<TensorProto> learnt)
    {
        for (int i = 0; i < to.Attribute.Count; i++)
        {
            if (to.Attribute[i].T is not null) Tensor(from.Attribute[i].T, to.Attribute[i].T, file, learnt);
            if (to.Attribute[i].G is not null) Graph(from.Attribute[i].G, to.Attribute[i].G, file, learnt);
        }
    }

    private static void Tensor(TensorProto? from, TensorProto? to, OnnxFile file, IReadOnlySet<TensorProto> learnt)
    {
        if (from is null || to is null) return;
        bool hasNumbers = file.HasNumbers(from) && !learnt.Contains(from) && from.StringData.Count == 0;
        to.Segment = null;
        to.ExternalData.Clear();
        to.DataLocation = TensorProto.Types.DataLocation.Default;
        if (hasNumbers) to.RawData = ByteString.CopyFrom(file.BytesOf(from).Bytes);
    }
}
