using Graft.Autograd;
using Graft.Models;

namespace Graft.Transfer;

/// <summary>IA3 at a linear layer: <c>ia3_l</c> [O, 1] multiplies its output, or [1, K] its input.</summary>
internal sealed class Ia3Linear : LayerAdapter, IInputAdapter
{
    private readonly Linear layer;
    private readonly Parameter factors;
    private readonly bool isFeedforward;

    public Ia3Linear(Linear layer, bool isFeedforward)
    {
        (this.layer, this.isFeedforward) = (layer, isFeedforward);
        factors = AddParameter("ia3_l", isFeedforward ? [1, layer.Inputs] : [layer.Outputs, 1], Initialiser.Ones);
    }

    public override bool IsTransposed => layer.IsTransposed;

    public Variable AdaptInput(Variable x) => isFeedforward ? x * Row(x.Pass) : x;

    public override IReadOnlyList<(Parameter Parameter, float[] Numbers)> Merged()
    {
        float[] own = factors.Value.ToArray(), weight = layer.Weight.Value.ToArray();
        int columns = layer.Weight.Shape[1];
        // the axis of the weight that the factors go along
        bool alongColumns = isFeedforward != layer.IsTransposed;
        for (int i = 0; i < weight.Length; i++) weight[i] *= own[alongColumns ? i % columns : i / columns];
        if (isFeedforward || layer.Bias is null) return [(layer.Weight, weight)];
        float[] bias = layer.Bias.Value.ToArray();
        for (int i = 0; i < bias.Length; i++) bias[i] *= own[i];
        return [(layer.Weight, weight), (layer.Bias, bias)];
    }

    protected override Variable Compute(Variable x, Variable inputs) => isFeedforward ? x : x * Row(x.Pass);

    private Variable Row(Pass pass) => pass.Of(factors).Reshape([(int)factors.Shape.ElementCount]);
}
