using Graft.Tensors;

namespace Graft.Autograd;

// reductions
public sealed partial class Variable
{
    /// <summary>The sum of all elements: shape [].</summary>
    public Variable Sum() => Reductions.Sum(this, EveryAxis, mean: false, keepAxes: false);

    /// <summary>The sum over some axes, which the result has no more (PyTorch's <c>sum</c> with <c>dim</c>).</summary>
    /// <exception cref="ShapeException">An axis that is not there or is named twice.</exception>
    public Variable Sum(params int[] axes) => Sum(axes, keepAxes: false);

    /// <summary>The sum over some axes.</summary>
    /// <param name="axes">The axes.</param>
    /// <param name="keepAxes">Whether the result has them with length 1 (PyTorch's <c>keepdim</c>).</param>
    /// <exception cref="ShapeException">An axis that is not there or is named twice.</exception>
    public Variable Sum(int[] axes, bool keepAxes) => Reductions.Sum(this, axes, mean: false, keepAxes);

    /// <summary>The mean of all elements: shape [].</summary>
    /// <exception cref="ShapeException">There are no elements.</exception>
    public Variable Mean() => Reductions.Sum(this, EveryAxis, mean: true, keepAxes: false);

    /// <summary>The mean over some axes, which the result has no more (PyTorch's <c>mean</c> with <c>dim</c>).</summary>
    /// <exception cref="ShapeException">An axis that is not there, is named twice or has length 0.</exception>
    public Variable Mean(params int[] axes) => Mean(axes, keepAxes: false);

    /// <summary>The mean over some axes.</summary>
    /// <param name="axes">The axes.</param>
    /// <param name="keepAxes">Whether the result has them with length 1 (PyTorch's <c>keepdim</c>).</param>
    /// <exception cref="ShapeException">An axis that is not there, is named twice or has length 0.</exception>
    public Variable Mean(int[] axes, bool keepAxes) => Reductions.Sum(this, axes, mean: true, keepAxes);

    /// <summary>The largest element: shape [].</summary>
    /// <exception cref="ShapeException">There are no elements.</exception>
    public Variable Max() => Reductions.Maximum(this, EveryAxis, keepAxes: false);

    /// <summary>The largest over some axes, which the result has no more; equals share the gradient (PyTorch's <c>amax</c>).</summary>
    /// <exception cref="ShapeException">An axis that is not there, is named twice or has length 0.</exception>
    public Variable Max(params int[] axes) => Max(axes, keepAxes: false);

    /// <summary>The largest over some axes; equals share the gradient (PyTorch's <c>amax</c>).</summary>
    /// <param name="axes">The axes.</param>
    /// <param name="keepAxes">Whether the result has them with length 1 (PyTorch's <c>keepdim</c>).</param>
    /// <exception cref="ShapeException">An axis that is not there, is named twice or has length 0.</exception>
    public Variable Max(int[] axes, bool keepAxes) => Reductions.Maximum(this, axes, keepAxes);

    /// <summary>The smallest element: shape [].</summary>
    /// <exception cref="ShapeException">There are no elements.</exception>
    public Variable Min() => -(-this).Max();

    /// <summary>The smallest over some axes, which the result has no more; equals share the gradient (PyTorch's <c>amin</c>).</summary>
    /// <exception cref="ShapeException">An axis that is not there, is named twice or has length 0.</exception>
    public Variable Min(params int[] axes) => Min(axes, keepAxes: false);

    /// <summary>The smallest over some axes; equals share the gradient (PyTorch's <c>amin</c>).</summary>
    /// <param name="axes">The axes.</param>
    /// <param name="keepAxes">Whether the result has them with length 1 (PyTorch's <c>keepdim</c>).</param>
    /// <exception cref="ShapeException">An axis that is not there, is named twice or has length 0.</exception>
    public Variable Min(int[] axes, bool keepAxes) => -(-this).Max(axes, keepAxes);

    /// <summary>e^x over the sum of e^x along one axis (PyTorch's <c>softmax</c>).</summary>
    /// <exception cref="ShapeException">There is no such axis.</exception>
    public Variable Softmax(int axis = -1) => SoftmaxFunction.Apply(this, axis, log: false);

    /// <summary>The logarithm of softmax along one axis (PyTorch's <c>log_softmax</c>).</summary>
    /// <exception cref="ShapeException">There is no such axis.</exception>
    public Variable LogSoftmax(int axis = -1) => SoftmaxFunction.Apply(this, axis, log: true);

    private ReadOnlySpan<int> EveryAxis => Axes.All[..Shape.Rank];
}
