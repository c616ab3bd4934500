using Graft.Tensors;

namespace Graft.Autograd;

/// <summary>In training, y = x / (1 - p) with probability 1 - p, else 0 (Srivastava et al. 2014; PyTorch's <c>dropout</c>). Elsewhere
/// x itself.</summary>
internal static class DropoutFunction
{
    /// <summary>The mask follows from the pass's seed, <paramref name="name"/> and how often the pass has called it (<see cref="Pass.Stream"/>).</summary>
    public static Variable Apply(Variable x, float probability, string name)
    {
        Check("dropout", probability);
        var pass = x.Pass;
        if (!pass.IsTraining || probability == 0f) return x;
        var mask = new DropoutMask(pass.Stream(name), probability);
        var y = pass.Rent(x.Shape);
        pass.Device.Dropout(mask, pass.Contiguous(x.Value), y);
        return x.NeedsGradient ? pass.Record(y, new DropoutNode(x, mask)) : pass.Untracked(y);
    }

    public static void Check(string operation, float probability)
    {
        if (!(probability is >= 0f and <= 1f))
            throw new ArgumentException($"{operation}: probability {probability} is not from 0 to 1");
    }

    /// <summary>Keeps nothing: the mask is drawn again.</summary>
    private sealed class DropoutNode(Variable x, DropoutMask mask) : Node
    {
        private readonly int input = x.Slot;

        public override void Backward(Tensor<float> dy, BackwardRun run)
        {
            dy = run.Contiguous(dy);
            var dx = run.RentInPlaceOf(dy);
            run.Device.Dropout(mask, dy, dx);
            run.Add(input, dx);
        }
    }
}
