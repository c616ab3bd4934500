using Graft.Tensors;

namespace Graft.Autograd;

/// <summary>Points turned by angles (rotary position embeddings, Su et al. 2021).</summary>
internal static class RotaryFunction
{
    /// <summary>x, y: [R, H D].</summary>
    public static Variable Apply(Variable x, RotaryAngles angles, int heads)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(heads);
        int turned = 2 * angles.Cosines.Shape[1];
        if (x.Shape.Rank != 2 || x.Shape[1] % heads != 0 || x.Shape[1] / heads < turned)
            ShapeException.Throw("rotary embedding", $"input {x.Shape}", $"it has to be [rows, {heads} heads x head size], of a size of at least the {turned} numbers that are turned");
        if (angles.Positions is { } positions ? positions.ElementCount != x.Shape[0] : angles.Tokens < 1 || x.Shape[0] % angles.Tokens != 0)
            ShapeException.Throw("rotary embedding", $"input {x.Shape}", "each row has a position, or the rows are sequences of as many tokens as there are angles");
        var pass = x.Pass;
        var settings = new RotarySettings(heads, angles.Tokens);
        var y = pass.Rent(x.Shape);
        pass.Device.Rotate(settings, pass.Contiguous(x.Value), angles.Cosines, angles.Sines, angles.Positions, y);
        return x.NeedsGradient ? pass.Record(y, new RotaryNode(x, settings, angles)) : pass.Untracked(y);
    }

    /// <summary>Backward turns back.</summary>
    private sealed class RotaryNode : Node
    {
        private readonly int input;
        private readonly RotarySettings settings;
        private readonly RotaryAngles angles;

        public RotaryNode(Variable x, RotarySettings settings, RotaryAngles angles)
        {
            (input, this.settings) = (x.Slot, settings with { IsInverse = true });
            this.angles = angles with { Cosines = Save(angles.Cosines), Sines = Save(angles.Sines), Positions = angles.Positions is { } positions ? Save(positions) : null };
        }

        public override void Backward(Tensor<float> dy, BackwardRun run)
        {
            dy = run.Contiguous(dy);
            var dx = run.Rent(dy.Shape);
            run.Device.Rotate(settings, dy, angles.Cosines, angles.Sines, angles.Positions, dx);
            run.Add(input, dx);
        }
    }
}

/// <summary>The angles by which rotary position embeddings turn each row.</summary>
/// <param name="Cosines">[P, W / 2], those of each position.</param>
/// <param name="Sines">[P, W / 2].</param>
/// <param name="Tokens">T: where there are no positions, row r of sequences of T tokens is at position r modulo T.</param>
/// <param name="Positions">The position of each row [R], from 0 and below P; null to go by T.</param>
public readonly record struct RotaryAngles(Tensor<float> Cosines, Tensor<float> Sines, int Tokens, Tensor<int>? Positions = null);
