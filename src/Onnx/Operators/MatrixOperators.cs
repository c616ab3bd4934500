using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Onnx;

/// <summary>Products of matrices.</summary>
internal static class MatrixOperators
{
    public static IEnumerable<Operator> Rows =>
    [
        Operator.Of("MatMul", static node => node.Tensor(0) is HostValue { Element.IsInteger: true } && node.Tensor(1) is HostValue
            ? OnHost(node.Host(0), node.Host(1), node.Element(0)) : Operator.Typed(node.Variable(0).MatMul(node.Variable(1)), node)),
        Operator.OfFloats("Gemm", Gemm) with { HasWeights = true },
        Operator.OfFloats("Einsum", static node => Einsum.Run(node.Attributes.Text("equation"), [.. Enumerable.Range(0, node.Count).Select(node.Variable)])),
    ];

    /// <summary>A product of whole numbers.</summary>
    public static HostValue OnHost(HostValue a, HostValue b, Element element)
    {
        int[] left = a.Rank == 1 ? [1, .. a.Dims] : a.Dims, right = b.Rank == 1 ? [.. b.Dims, 1] : b.Dims;
        int rows = left[^2], inner = left[^1], columns = right[^1];
        if (right[^2] != inner) throw new ArgumentException($"{a} and {b} have no product: {inner} is not {right[^2]}");
        int[] batch = Dimensions.Broadcast(left[..^2], right[..^2]);
        int[] leftAt = Dimensions.Places(left[..^2], batch), rightAt = Dimensions.Places(right[..^2], batch);
        int[] dims = [.. batch, .. a.Rank == 1 ? (int[])[] : [rows], .. b.Rank == 1 ? (int[])[] : [columns]];
        return element.FromIntegers(dims, at =>
        {
            int column = at % columns, row = at / columns % rows, matrix = at / (rows * columns);
            Int128 sum = 0;
            for (int k = 0; k < inner; k++)
                sum += a.GetInteger((leftAt[matrix] * rows + row) * inner + k) * b.GetInteger((rightAt[matrix] * inner + k) * columns + column);
            return sum;
        });
    }

    private static Variable Gemm(NodeContext node)
    {
        Variable a = node.Variable(0), b = node.Variable(1);
        if (a.Shape.Rank != 2 || b.Shape.Rank != 2) ShapeException.Throw("gemm", $"{a.Shape} and {b.Shape}", "both have to be matrices");
        if (node.Attributes.Flag("transA")) a = a.Permute(1, 0);
        float alpha = node.Attributes.Float("alpha", 1f), beta = node.Attributes.Float("beta", 1f);
        var product = node.Attributes.Flag("transB") ? a.Linear(b) : a.MatMul(b);
        if (alpha != 1f) product *= alpha;
        if (node.VariableOrNull(2) is not { } c || beta == 0f) return product;
        return product + (beta == 1f ? c : c * beta);
    }
}
