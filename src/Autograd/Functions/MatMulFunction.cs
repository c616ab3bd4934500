using Graft.Tensors;

namespace Graft.Autograd;

/// <summary>y = a b. a: [..., M, K], b: [..., K, N], y: [..., M, N]; leading axes broadcast (PyTorch's <c>matmul</c>).</summary>
internal static class MatMulFunction
{
    public static Variable Apply(Variable a, Variable b)
    {
        a.RequireSamePass(b);
        if (a.Shape.Rank == 0 || b.Shape.Rank == 0)
            ShapeException.Throw("matmul", $"{a.Shape} and {b.Shape}", "both need at least one axis; multiply by a scalar with *");
        int left = a.Shape[^1], right = b.Shape[b.Shape.Rank == 1 ? ^1 : ^2];
        if (left != right)
            ShapeException.Throw("matmul", $"{a.Shape} does not fit {b.Shape}", $"rows of {left} elements do not meet columns of {right}");
        // as in PyTorch a vector is one row on the left and one column on the right, and the axis goes afterwards
        if (a.Shape.Rank == 1)
        {
            var row = Apply(a.Reshape([1, left]), b);
            return row.Reshape(b.Shape.Rank == 1 ? row.Shape.Without(^1) : row.Shape.Without(^2));
        }
        if (b.Shape.Rank == 1)
        {
            var column = Apply(a, b.Reshape([right, 1]));
            return column.Reshape(column.Shape.Without(^1));
        }
        // one matrix on the right: all rows on the left are one matrix too, and the product one large one
        if (b.Shape.Rank == 2 && a.Shape.Rank > 2)
        {
            int rows = checked((int)(a.Shape.With(^1, 1).ElementCount));
            return Product(a.Reshape([rows, left]), b).Reshape(a.Shape.With(^1, b.Shape[1]));
        }
        return Product(a, b);
    }

    private static Variable Product(Variable a, Variable b)
    {
        var leading = Elementwise.Broadcast(Leading(a.Shape), Leading(b.Shape), "matmul");
        var pass = a.Pass;
        var y = pass.Rent(leading.Append(a.Shape[^2], b.Shape[^1]));
        pass.Device.Gemm(default(NoEpilogue), a.Value, b.Value, null, null, y);
        return a.NeedsGradient || b.NeedsGradient ? pass.Record(y, new MatMulNode(a, b)) : pass.Untracked(y);
    }

    private static Shape Leading(Shape shape) => shape.Without(^1).Without(^1);

    private static Tensor<float> Transposed(Tensor<float> matrices)
    {
        int rank = matrices.Shape.Rank;
        Span<int> order = stackalloc int[rank];
        for (int axis = 0; axis < rank; axis++) order[axis] = axis;
        (order[rank - 2], order[rank - 1]) = (rank - 1, rank - 2);
        return matrices.Permute(order);
    }

    private sealed class MatMulNode : Node
    {
        private readonly Variable left;
        private readonly Variable right;
        private readonly Tensor<float> a;
        private readonly Tensor<float> b;

        public MatMulNode(Variable left, Variable right)
        {
            (this.left, this.right) = (left, right);
            a = right.NeedsGradient ? Save(left.Value) : left.Value;
            b = left.NeedsGradient ? Save(right.Value) : right.Value;
        }

        public override void Backward(Tensor<float> dy, BackwardRun run)
        {
            var leading = Leading(dy.Shape);
            if (left.NeedsGradient)
            {
                var da = run.Rent(leading.Append(left.Shape[^2], left.Shape[^1]));
                run.Device.Gemm(default(NoEpilogue), dy, Transposed(b), null, null, da);
                run.Add(left, Elementwise.SumTo(run.Pass, da, left.Shape));
            }
            if (right.NeedsGradient)
            {
                var db = run.Rent(leading.Append(right.Shape[^2], right.Shape[^1]));
                run.Device.Gemm(default(NoEpilogue), Transposed(a), dy, null, null, db);
                run.Add(right, Elementwise.SumTo(run.Pass, db, right.Shape));
            }
        }
    }
}
