using Graft.Tensors;

namespace Graft.Autograd;

/// <summary>Softmax over an axis, or its logarithm (PyTorch's <c>softmax</c> and <c>log_softmax</c>).</summary>
internal static class SoftmaxFunction
{
    /// <summary>Over any axis: it is made the last and put back.</summary>
    public static Variable Apply(Variable x, int axis, bool log)
    {
        int at = Axes.Resolve(axis, x.Shape, log ? "log_softmax" : "softmax");
        return at == x.Shape.Rank - 1 ? Apply(x, log) : Apply(x.Transpose(at, -1), log).Transpose(at, -1);
    }

    /// <summary>Over the last axis.</summary>
    public static Variable Apply(Variable x, bool log)
    {
        if (x.Shape.Rank == 0) ShapeException.Throw(log ? "log_softmax" : "softmax", $"input {x.Shape}", "the input has to be [..., C]");
        var pass = x.Pass;
        var y = pass.Rent(x.Shape);
        pass.Device.Softmax(pass.Contiguous(x.Value), y, log);
        return x.NeedsGradient ? pass.Record(y, new SoftmaxNode(x, y, log)) : pass.Untracked(y);
    }

    private sealed class SoftmaxNode : Node
    {
        private readonly int input;
        private readonly Tensor<float> y;
        private readonly bool log;

        public SoftmaxNode(Variable x, Tensor<float> y, bool log)
        {
            (input, this.log) = (x.Slot, log);
            this.y = Save(y);
        }

        public override void Backward(Tensor<float> dy, BackwardRun run)
        {
            dy = run.Contiguous(dy);
            var dx = run.RentInPlaceOf(dy);
            run.Device.SoftmaxBackward(dy, y, dx, log);
            run.Add(input, dx);
        }
    }
}
