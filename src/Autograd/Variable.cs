using Graft.Tensors;

namespace Graft.Autograd;

/// <summary>A tensor within a pass. Its methods compute at once; where a gradient is wanted the pass remembers them.</summary>
public sealed class Variable
{
    internal Variable(Pass pass, Tensor<float> value, int slot)
    {
        Pass = pass;
        Value = value;
        Slot = slot;
    }

    /// <summary>The pass it belongs to.</summary>
    public Pass Pass { get; }

    /// <summary>The numbers; they are the pass's and go back with it.</summary>
    public Tensor<float> Value { get; }

    /// <summary>The lengths of the axes.</summary>
    public Shape Shape => Value.Shape;

    /// <summary>Whether backward computes a gradient for it.</summary>
    public bool NeedsGradient => Slot >= 0;

    /// <summary>Where its gradient gathers; -1 where none is wanted.</summary>
    internal int Slot { get; }

    /// <summary>left + right, shapes broadcast as in NumPy.</summary>
    /// <exception cref="ShapeException">The shapes do not broadcast.</exception>
    public static Variable operator +(Variable left, Variable right) => Elementwise.Zip(left, right, default(Add));

    /// <summary>left - right, shapes broadcast as in NumPy.</summary>
    /// <exception cref="ShapeException">The shapes do not broadcast.</exception>
    public static Variable operator -(Variable left, Variable right) => Elementwise.Zip(left, right, default(Subtract));

    /// <summary>left * right, element by element, shapes broadcast as in NumPy.</summary>
    /// <exception cref="ShapeException">The shapes do not broadcast.</exception>
    public static Variable operator *(Variable left, Variable right) => Elementwise.Zip(left, right, default(Multiply));

    /// <summary>left / right, element by element, shapes broadcast as in NumPy.</summary>
    /// <exception cref="ShapeException">The shapes do not broadcast.</exception>
    public static Variable operator /(Variable left, Variable right) => Elementwise.Zip(left, right, default(Divide));

    /// <summary>factor * value.</summary>
    public static Variable operator *(Variable value, float factor) => Elementwise.Map(value, new Scale(factor));

    /// <summary>An elementwise function of the caller's, with its gradient.</summary>
    public Variable Map<TOp>(TOp op) where TOp : unmanaged, IUnaryOp => Elementwise.Map(this, op);

    /// <summary>An elementwise function of two variables of the caller's, with its gradients.</summary>
    /// <exception cref="ShapeException">The shapes do not broadcast.</exception>
    public Variable Zip<TOp>(Variable other, TOp op) where TOp : unmanaged, IBinaryOp => Elementwise.Zip(this, other, op);

    /// <summary>max(0, x).</summary>
    public Variable Relu() => Map(default(Relu));

    /// <summary>x / 2 * (1 + erf(x / sqrt 2)).</summary>
    public Variable Gelu() => Map(default(Gelu));

    /// <summary>1 / (1 + e^-x).</summary>
    public Variable Sigmoid() => Map(default(Sigmoid));

    /// <summary>tanh x.</summary>
    public Variable Tanh() => Map(default(HyperbolicTangent));

    /// <summary>e^x.</summary>
    public Variable Exp() => Map(default(Exponential));

    /// <summary>ln x.</summary>
    public Variable Log() => Map(default(Logarithm));

    /// <summary>The sum of all elements: shape [].</summary>
    public Variable Sum() => Reductions.Sum(this, AllAxes(), mean: false).Reshape([]);

    /// <summary>The mean of all elements: shape [].</summary>
    /// <exception cref="ShapeException">There are no elements.</exception>
    public Variable Mean() => Reductions.Sum(this, AllAxes(), mean: true).Reshape([]);

    /// <summary>The mean over some axes, each kept with length 1; -1 is the last.</summary>
    /// <exception cref="ShapeException">An axis that is not there, is named twice or has length 0.</exception>
    public Variable Mean(params int[] axes) => Reductions.Sum(this, axes, mean: true);

    /// <summary>The same elements under another shape.</summary>
    /// <exception cref="ShapeException">The numbers of elements differ.</exception>
    public Variable Reshape(Shape shape) => Views.Reshape(this, shape);

    /// <summary>The axes in another order: axis i of the result is axis order[i] of this.</summary>
    /// <exception cref="ShapeException">The order does not name each axis once.</exception>
    public Variable Permute(params int[] order) => Views.Permute(this, order);

    /// <summary>Every <paramref name="step"/>th of <paramref name="length"/> places of one axis, from <paramref name="start"/>.</summary>
    /// <exception cref="ShapeException">The places lie outside the axis.</exception>
    public Variable Slice(Index axis, int start, int length, int step = 1) => Views.Slice(this, axis, start, length, step);

    /// <summary>Zeros before and after along one axis.</summary>
    /// <exception cref="ShapeException">A negative number of places.</exception>
    public Variable Pad(Index axis, int before, int after) => Views.Pad(this, axis, before, after);

    /// <summary>The mean cross-entropy of logits [rows, classes] with one class number a row; a negative label does not count.</summary>
    /// <param name="labels">The class numbers [rows].</param>
    /// <param name="labelSmoothing">How much of the target is spread over all classes, 0 to 1.</param>
    /// <exception cref="ShapeException">Not as many labels as rows.</exception>
    /// <exception cref="ArgumentException">A label beyond the classes, no label at all, or a smoothing outside [0, 1].</exception>
    public Variable CrossEntropy(ReadOnlySpan<int> labels, float labelSmoothing = 0f) =>
        CrossEntropyFunction.Apply(this, labels, labelSmoothing);

    /// <summary>Has backward leave the gradient of this variable for <see cref="Gradients.Of(Variable)"/>, as PyTorch's
    /// <c>retain_grad</c>; else only that of a leaf or a parameter stays.</summary>
    /// <returns>The variable itself.</returns>
    /// <exception cref="InvalidOperationException">Nothing that it was computed from wants a gradient.</exception>
    public Variable RetainGradient()
    {
        if (!NeedsGradient)
            throw new InvalidOperationException("nothing that the variable was computed from wants a gradient, so it has none: use Pass.Train and a leaf or a parameter that learns");
        Pass.Retain(Slot);
        return this;
    }

    /// <summary>The shape, and whether a gradient is wanted: <c>Variable [2, 3], gradient wanted</c>.</summary>
    public override string ToString() => $"Variable {Shape}{(NeedsGradient ? ", gradient wanted" : "")}";

    internal void RequireSamePass(Variable other)
    {
        if (other.Pass != Pass) throw new ArgumentException("two variables of different passes cannot meet: make both in one pass");
    }

    private int[] AllAxes() => [.. Enumerable.Range(0, Shape.Rank)];
}
