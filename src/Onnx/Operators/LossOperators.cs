using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Onnx;

/// <summary>Losses of class numbers.</summary>
internal static class LossOperators
{
    public static IEnumerable<Operator> Rows =>
    [
        Operator.OfFloats("NegativeLogLikelihoodLoss", static node => Loss(node, node.Variable(0)), 1, 2),
        new Operator("SoftmaxCrossEntropyLoss", static node =>
        {
            var logarithms = node.Variable(0).LogSoftmax(1);
            return [Operator.Typed(Loss(node, logarithms), node), Operator.Typed(logarithms, node)];
        }) { HostInputs = [1, 2] },
    ];

    /// <summary>The mean, the sum or each of -x[label] * weight[label] over log-probabilities [N, C, ...].</summary>
    private static Variable Loss(NodeContext node, Variable x)
    {
        int[] dims = x.Shape.ToArray();
        if (dims.Length < 2) ShapeException.Throw("loss", $"input {x.Shape}", "the input has to be [N, C, ...]");
        int classes = dims[1], inner = Dimensions.Product(dims, 2, dims.Length);
        long[] labels = node.Int64s(1);
        if (labels.Length != dims[0] * inner) throw new ArgumentException($"{labels.Length} labels are not one for each of {dims[0] * inner} rows");
        double[]? weights = node.Has(2) ? node.Host(2).ToDoubles() : null;
        long? ignored = node.Attributes.Has("ignore_index") ? node.Attributes.Int("ignore_index") : null;
        var (places, shares) = (new int[labels.Length], new float[labels.Length]);
        for (int at = 0; at < labels.Length; at++)
        {
            bool counts = labels[at] != ignored;
            if (counts && (labels[at] < 0 || labels[at] >= classes)) throw new ArgumentException($"the label {labels[at]} is none of {classes} classes");
            int label = counts ? (int)labels[at] : 0;
            places[at] = (at / inner * classes + label) * inner + at % inner;
            shares[at] = counts ? (float)(weights?[label] ?? 1) : 0f;
        }
        int[] rows = [dims[0], .. dims[2..]];
        var picked = ((DeviceValue)Selection.Pick(new DeviceValue(x), places, rows)).Variable;
        var losses = -(picked * node.Upload(rows, shares));
        return node.Attributes.Text("reduction", "mean") switch
        {
            "none" => losses,
            "sum" => losses.Sum(),
            _ => losses.Sum() / shares.Sum(),
        };
    }
}
