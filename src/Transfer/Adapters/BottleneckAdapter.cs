using Graft.Autograd;
using Graft.Models;

namespace Graft.Transfer;

/// <summary>y + U f(D y), or y + U f(D norm(y + residual)): <c>adapter_down.0</c> narrows, <c>adapter_up</c> widens.</summary>
internal sealed class BottleneckAdapter : Layer<ResidualInputs>
{
    private readonly Linear down;
    private readonly Linear up;
    private readonly Activation activation;
    private readonly bool isOfNormalisedSum;

    public BottleneckAdapter(int width, int narrow, Activation activation, bool isOfNormalisedSum)
    {
        (this.activation, this.isOfNormalisedSum) = (activation, isOfNormalisedSum);
        down = Add("adapter_down.0", new Linear(width, narrow, initialiser: Initialiser.Normal(0.02f), biasInitialiser: Initialiser.Zeros));
        up = Add("adapter_up", new Linear(narrow, width, initialiser: Initialiser.Normal(0.02f), biasInitialiser: Initialiser.Zeros));
    }

    protected override Variable Compute(Variable x, ResidualInputs inputs) =>
        up.Forward(down.Forward(isOfNormalisedSum ? inputs.Norm.Forward(x + inputs.Residual) : x, activation), x);
}

/// <summary>An adapter before a residual.</summary>
internal sealed class ResidualSlot : AdapterSlot
{
    private readonly AdaptableResidual layer;
    private readonly BottleneckAdapter adapter;
    private readonly string inner;

    public ResidualSlot(AdaptableResidual layer, BottleneckAdapter adapter, string inner)
    {
        (this.layer, this.adapter, this.inner, Key) = (layer, adapter, inner, layer.Place);
        Parameters = [.. adapter.Parameters()];
        Tensors = [.. Parameters.Select(parameter => Of($"{Key}.{inner}.{parameter.Name}", parameter))];
    }

    public override string Key { get; }

    public override IReadOnlyList<Parameter> Parameters { get; }

    public override IReadOnlyList<AdapterTensor> Tensors { get; }

    public override bool IsMergeable => false;

    public override void Put() => layer.Attach(inner, adapter, isSavedApart: true);

    public override void Take() => layer.Detach();

    public override IReadOnlyList<(Parameter Parameter, float[] Numbers)>? Merged() => null;
}
