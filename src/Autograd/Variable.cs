using Graft.Tensors;

namespace Graft.Autograd;

/// <summary>A tensor within a pass. Its methods compute at once; where a gradient is needed the pass records them on its tape.</summary>
/// <remarks>Axes are numbered from 0, or from the last with -1, -2 ... Shapes that do not fit are refused with a
/// <see cref="ShapeException"/>, variables of two passes with an <see cref="ArgumentException"/>.</remarks>
public sealed partial class Variable
{
    // a tensor or a MatrixWeight, in one field: a step makes hundreds of variables
    private readonly object value;

    internal Variable(Pass pass, Tensor<float> value, int slot)
    {
        Pass = pass;
        this.value = value;
        Slot = slot;
    }

    internal Variable(Pass pass, MatrixWeight weight)
    {
        Pass = pass;
        value = weight;
        Slot = -1;
    }

    /// <summary>The pass it belongs to.</summary>
    public Pass Pass { get; }

    /// <summary>The values, in memory of the pass that is released with it. Of a weight that is kept in another precision they are made each time that they are asked for.</summary>
    public Tensor<float> Value => value as Tensor<float> ?? ((MatrixWeight)value).Widen(Pass);

    /// <summary>Its shape.</summary>
    public Shape Shape => (value as Tensor<float>)?.Shape ?? ((MatrixWeight)value).Shape;

    /// <summary>Whether backward computes a gradient for it.</summary>
    public bool NeedsGradient => Slot >= 0;

    /// <summary>The weight that it is, where that is kept in another precision; else null.</summary>
    internal MatrixWeight? Weight => value as MatrixWeight;

    /// <summary>The slot of its gradient; -1 where none is needed.</summary>
    internal int Slot { get; }

    /// <summary>The same values as a constant: no gradient flows through (PyTorch's <c>detach</c>).</summary>
    public Variable Detach() => NeedsGradient ? new Variable(Pass, Value, slot: -1) : this;

    /// <summary>Has backward leave the gradient of this variable for <see cref="Gradients.Of(Variable)"/>, as PyTorch's
    /// <c>retain_grad</c>; else only that of a leaf or a parameter stays.</summary>
    /// <returns>The variable itself.</returns>
    /// <exception cref="InvalidOperationException">Nothing that it was computed from needs a gradient.</exception>
    public Variable RetainGradient()
    {
        if (!NeedsGradient)
            throw new InvalidOperationException("nothing that the variable was computed from wants a gradient, so it has none: use Pass.Train and a leaf or a parameter that learns");
        Pass.Retain(Slot);
        return this;
    }

    /// <summary>The shape, and whether a gradient is needed: <c>Variable [2, 3], gradient wanted</c>.</summary>
    public override string ToString() => $"Variable {Shape}{(NeedsGradient ? ", gradient wanted" : "")}";

    internal void RequireSamePass(Variable other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (other.Pass != Pass) throw new ArgumentException("two variables of different passes cannot meet: make both in one pass");
    }
}
