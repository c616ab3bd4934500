using Graft.Tensors;

namespace Graft.Autograd;

/// <summary>A backward run as its nodes see it: where gradients are accumulated, and memory for them. It ends with the node's
/// <see cref="Node.Backward"/>, and with it everything that was rented and not added to a variable.</summary>
public readonly ref struct BackwardRun
{
    private readonly Gradients gradients;

    internal BackwardRun(Pass pass, Gradients gradients)
    {
        Pass = pass;
        this.gradients = gradients;
    }

    /// <summary>The pass whose tape is run through.</summary>
    public Pass Pass { get; }

    /// <summary>The device that the run uses.</summary>
    public Device Device => Pass.Device;

    /// <summary>Adds to the gradient of a variable; nothing happens where none is needed. The run takes ownership of the tensor.</summary>
    /// <param name="variable">An input of the node's.</param>
    /// <param name="gradient">Of the variable's shape, in any memory order.</param>
    /// <exception cref="ShapeException">The gradient has another shape than the variable.</exception>
    public void Add(Variable variable, Tensor<float> gradient)
    {
        ArgumentNullException.ThrowIfNull(variable);
        ArgumentNullException.ThrowIfNull(gradient);
        if (gradient.Shape != variable.Shape)
            ShapeException.Throw("backward", $"gradient {gradient.Shape} does not fit variable {variable.Shape}", "a gradient has the shape of what it is the gradient of");
        gradients.Add(variable.Slot, gradient);
    }

    /// <summary>An uninitialised tensor for a gradient (PyTorch's <c>empty</c>).</summary>
    /// <param name="shape">Its shape.</param>
    /// <param name="format">The order of its axes in memory.</param>
    public Tensor<float> Rent(Shape shape, MemoryFormat format = MemoryFormat.Contiguous) => Pass.Rent(shape, format);

    /// <summary>A tensor in the memory format of another, contiguous where that one has gaps (PyTorch's <c>empty_like</c>).</summary>
    public Tensor<float> RentLike(Tensor<float> tensor) => Pass.RentLike(tensor);

    /// <summary>Memory for an elementwise gradient: in place of the incoming gradient if nothing else holds that memory, else a tensor like
    /// it.</summary>
    public Tensor<float> RentInPlaceOf(Tensor<float> gradient)
    {
        ArgumentNullException.ThrowIfNull(gradient);
        return gradient.IsDense && !gradient.Memory.IsShared ? gradient : RentLike(gradient);
    }

    /// <summary>The tensor itself, or a contiguous copy.</summary>
    public Tensor<float> Contiguous(Tensor<float> tensor) => Pass.Contiguous(tensor);

    /// <summary>The tensor itself, or a copy with channels last.</summary>
    public Tensor<float> ChannelsLast(Tensor<float> tensor) => Pass.ChannelsLast(tensor);

    /// <summary>Adds to the gradient at a slot; a variable that needs none has slot -1.</summary>
    internal void Add(int slot, Tensor<float> gradient) => gradients.Add(slot, gradient);

    /// <summary>Removes and returns the gradient at a slot; the caller holds it now.</summary>
    internal Tensor<float>? Take(int slot) => gradients.Take(slot);

    /// <summary>Holds the gradient at a slot until backward has ended.</summary>
    internal void Keep(int slot, Tensor<float> gradient) => gradients.Keep(slot, gradient);
}
