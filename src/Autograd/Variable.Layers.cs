using Graft.Tensors;

namespace Graft.Autograd;

// what layers compute, with weights given as variables
public sealed partial class Variable
{
    /// <summary>The product of matrices: [..., M, K] by [..., K, N] is [..., M, N]; leading axes broadcast, and a vector is a row on the
    /// left and a column on the right (PyTorch's <c>matmul</c>).</summary>
    /// <exception cref="ShapeException">Rows and columns differ in length, or the leading axes do not broadcast.</exception>
    public Variable MatMul(Variable other) => MatMulFunction.Apply(this, other);

    /// <summary>x weight^T + bias over the last axis: [..., K] to [..., O] (PyTorch's <c>linear</c>).</summary>
    /// <param name="weight">[O, K].</param>
    /// <param name="bias">[O]; null for none.</param>
    /// <exception cref="ShapeException">The shapes do not fit.</exception>
    public Variable Linear(Variable weight, Variable? bias = null)
    {
        ArgumentNullException.ThrowIfNull(weight);
        if (weight.Shape.Rank != 2) ShapeException.Throw("linear", $"weight {weight.Shape}", "the weight has to be [outputs, inputs]");
        return LinearFunction.Apply(this, weight, bias);
    }

    /// <summary>f(x weight^T + bias): fused into one sweep where no gradient is needed.</summary>
    /// <param name="weight">[O, K].</param>
    /// <param name="bias">[O]; null for none.</param>
    /// <param name="activation">f.</param>
    /// <exception cref="ShapeException">The shapes do not fit.</exception>
    public Variable Linear(Variable weight, Variable? bias, Activation activation)
    {
        ArgumentNullException.ThrowIfNull(weight);
        ArgumentNullException.ThrowIfNull(activation);
        if (weight.Shape.Rank != 2) ShapeException.Throw("linear", $"weight {weight.Shape}", "the weight has to be [outputs, inputs]");
        return activation.Linear(this, weight, bias);
    }

    /// <summary>x weight^T + bias + residual: fused into one sweep where no gradient is needed.</summary>
    /// <param name="weight">[O, K].</param>
    /// <param name="bias">[O]; null for none.</param>
    /// <param name="residual">[..., O].</param>
    /// <exception cref="ShapeException">The shapes do not fit.</exception>
    public Variable Linear(Variable weight, Variable? bias, Variable residual)
    {
        ArgumentNullException.ThrowIfNull(weight);
        ArgumentNullException.ThrowIfNull(residual);
        if (weight.Shape.Rank != 2) ShapeException.Throw("linear", $"weight {weight.Shape}", "the weight has to be [outputs, inputs]");
        return LinearFunction.ApplyPlus(this, weight, bias, residual);
    }

    /// <summary>Convolution of images [N, C, H, W] to [N, O, H', W'] (PyTorch's <c>conv2d</c>);
    /// H' = floor((H + 2 padding - dilation (KH - 1) - 1) / stride) + 1, and W' likewise.</summary>
    /// <param name="weight">[O, C / groups, KH, KW].</param>
    /// <param name="bias">[O]; null for none.</param>
    /// <param name="stride">Pixels between two windows.</param>
    /// <param name="padding">Pixels of zeros on each side.</param>
    /// <param name="dilation">Pixels between two elements of the kernel.</param>
    /// <param name="groups">Into how many independent groups the channels fall.</param>
    /// <exception cref="ShapeException">The shapes do not fit.</exception>
    public Variable Conv2d(Variable weight, Variable? bias = null, int stride = 1, int padding = 0, int dilation = 1, int groups = 1)
    {
        ArgumentNullException.ThrowIfNull(weight);
        if (weight.Shape.Rank != 4)
            ShapeException.Throw("conv2d", $"weight {weight.Shape}", "the weight has to be [outputs, inputs / groups, height, width]");
        if (stride < 1 || padding < 0 || dilation < 1 || groups < 1)
            ShapeException.Throw("conv2d", $"stride {stride}, padding {padding}, dilation {dilation}, {groups} groups", "the padding is at least 0, the others at least 1");
        return Conv2dFunction.Apply(this, weight, bias, Conv2dGeometry.Square(stride, padding, dilation, groups));
    }

    /// <summary>As the other, of any geometry: other strides and paddings for rows and columns, and for each side.</summary>
    /// <param name="weight">[O, C / groups, KH, KW].</param>
    /// <param name="bias">[O]; null for none.</param>
    /// <param name="geometry">How the window moves.</param>
    /// <exception cref="ShapeException">The shapes do not fit.</exception>
    public Variable Conv2d(Variable weight, Variable? bias, Conv2dGeometry geometry)
    {
        ArgumentNullException.ThrowIfNull(weight);
        if (weight.Shape.Rank != 4)
            ShapeException.Throw("conv2d", $"weight {weight.Shape}", "the weight has to be [outputs, inputs / groups, height, width]");
        return Conv2dFunction.Apply(this, weight, bias, geometry);
    }

    /// <summary>f(x * weight + bias): fused into one sweep where no gradient is needed.</summary>
    /// <param name="weight">[O, C / groups, KH, KW].</param>
    /// <param name="bias">[O]; null for none.</param>
    /// <param name="geometry">How the window moves.</param>
    /// <param name="activation">f.</param>
    /// <exception cref="ShapeException">The shapes do not fit.</exception>
    public Variable Conv2d(Variable weight, Variable? bias, Conv2dGeometry geometry, Activation activation)
    {
        ArgumentNullException.ThrowIfNull(weight);
        ArgumentNullException.ThrowIfNull(activation);
        if (weight.Shape.Rank != 4)
            ShapeException.Throw("conv2d", $"weight {weight.Shape}", "the weight has to be [outputs, inputs / groups, height, width]");
        return activation.Convolution(this, weight, bias, geometry);
    }

    /// <summary>f(x * weight * scale + shift + residual): a convolution with the batch norm (running statistics) behind it, in one sweep
    /// over the output. No gradient flows through it.</summary>
    /// <param name="weight">[O, C / groups, KH, KW].</param>
    /// <param name="shift">[O].</param>
    /// <param name="scale">[O].</param>
    /// <param name="geometry">How the window moves.</param>
    /// <param name="activation">f; null for none.</param>
    /// <param name="residual">Of the output's shape; null for none.</param>
    /// <exception cref="ShapeException">The shapes do not fit.</exception>
    public Variable ScaledConv2d(
        Variable weight, Tensor<float> shift, Tensor<float> scale, Conv2dGeometry geometry, Activation? activation = null,
        Variable? residual = null)
    {
        ArgumentNullException.ThrowIfNull(weight);
        ArgumentNullException.ThrowIfNull(shift);
        ArgumentNullException.ThrowIfNull(scale);
        if (weight.Shape.Rank != 4 || shift.Shape != new Shape([weight.Shape[0]]) || scale.Shape != shift.Shape)
            ShapeException.Throw(
                "conv2d", $"weight {weight.Shape} with shifts {shift.Shape} and scales {scale.Shape}",
                "the weight has to be [outputs, inputs / groups, height, width], the shifts and scales [outputs]");
        return (activation ?? Activation.Identity).ScaledConvolution(this, weight, shift, scale, residual, geometry);
    }

    /// <summary>The largest of each window: [N, C, H, W] to [N, C, H', W'] (PyTorch's <c>max_pool2d</c>);
    /// H' = floor((H + 2 padding - kernel) / stride) + 1, and W' likewise.</summary>
    /// <param name="kernel">Rows and columns of a window.</param>
    /// <param name="stride">Pixels between two windows; null for as many as a window has.</param>
    /// <param name="padding">Pixels on each side that no window takes; at most half the window.</param>
    /// <exception cref="ShapeException">The shapes do not fit.</exception>
    public Variable MaxPool2d(int kernel, int? stride = null, int padding = 0) =>
        Pooling.Max(this, Window(kernel, stride, padding, "max_pool2d"));

    /// <summary>As the other, of any geometry.</summary>
    /// <exception cref="ShapeException">The shapes do not fit.</exception>
    public Variable MaxPool2d(Pool2dGeometry geometry) => Pooling.Max(this, geometry);

    /// <summary>The mean of each window, padding counted as zeros: [N, C, H, W] to [N, C, H', W'] (PyTorch's <c>avg_pool2d</c>);
    /// H' = floor((H + 2 padding - kernel) / stride) + 1, and W' likewise.</summary>
    /// <param name="kernel">Rows and columns of a window.</param>
    /// <param name="stride">Pixels between two windows; null for as many as a window has.</param>
    /// <param name="padding">Pixels of zeros on each side; at most half the window.</param>
    /// <exception cref="ShapeException">The shapes do not fit.</exception>
    public Variable AveragePool2d(int kernel, int? stride = null, int padding = 0) =>
        Pooling.Average(this, Window(kernel, stride, padding, "avg_pool2d"));

    /// <summary>As the other, of any geometry.</summary>
    /// <exception cref="ShapeException">The shapes do not fit.</exception>
    public Variable AveragePool2d(Pool2dGeometry geometry) => Pooling.Average(this, geometry);

    /// <summary>The largest of each of the windows into which the plane falls: [N, C, H, W] to [N, C, height, width] (PyTorch's
    /// <c>adaptive_max_pool2d</c>).</summary>
    /// <exception cref="ShapeException">The shapes do not fit.</exception>
    public Variable AdaptiveMaxPool2d(int height, int width) => Pooling.AdaptiveMax(this, height, width);

    /// <summary>The mean of each of the windows into which the plane falls: [N, C, H, W] to [N, C, height, width] (PyTorch's
    /// <c>adaptive_avg_pool2d</c>).</summary>
    /// <exception cref="ShapeException">The shapes do not fit.</exception>
    public Variable AdaptiveAveragePool2d(int height, int width) => Pooling.AdaptiveAverage(this, height, width);

    /// <summary>In training, x / (1 - probability) with probability 1 - <paramref name="probability"/>, else 0; elsewhere x itself
    /// (PyTorch's <c>dropout</c>).</summary>
    /// <param name="probability">From 0 to 1.</param>
    /// <param name="name">The name of the random stream, a layer's key: which elements are dropped follows from the pass's seed, the name, and how
    /// often the pass has used it.</param>
    /// <exception cref="ArgumentException">The probability is not from 0 to 1.</exception>
    public Variable Dropout(float probability, string name) => DropoutFunction.Apply(this, probability, name);

    /// <summary>The rows of this table [V, D] that ids name: [..., D] (PyTorch's <c>embedding</c>, of which this is the weight).</summary>
    /// <param name="ids">A row index for each element of <paramref name="shape"/>.</param>
    /// <param name="shape">The axes of the ids.</param>
    /// <param name="paddingIndex">A row that gets no gradient; null for none.</param>
    /// <exception cref="ShapeException">The table has not two axes, or there are not as many ids as elements.</exception>
    /// <exception cref="ArgumentException">An id or the padding index is not a row of the table.</exception>
    public Variable Embedding(ReadOnlySpan<int> ids, Shape shape, int? paddingIndex = null) =>
        EmbeddingFunction.Apply(this, ids, shape, paddingIndex);

    /// <summary>As the other, of ids that are on the pass's device already: an input of a captured pass.</summary>
    /// <param name="ids">Not checked: each has to be a row of the table.</param>
    /// <param name="shape">The axes of the ids; null for those of the tensor.</param>
    /// <param name="paddingIndex">A row that gets no gradient; null for none.</param>
    /// <exception cref="ShapeException">The table has not two axes, or there are not as many ids as elements.</exception>
    /// <exception cref="ArgumentException">The padding index is not a row of the table.</exception>
    public Variable Embedding(Tensor<int> ids, Shape? shape = null, int? paddingIndex = null)
    {
        ArgumentNullException.ThrowIfNull(ids);
        EmbeddingFunction.RequireTable(this, paddingIndex);
        var leading = shape ?? ids.Shape;
        if (leading.ElementCount != ids.ElementCount)
            ShapeException.Throw("embedding", $"ids {ids.Shape} do not fit {leading}", $"{leading} has {leading.ElementCount} elements");
        return EmbeddingFunction.Apply(this, ids.Shape.Rank == 1 ? ids : ids.Reshape([checked((int)ids.ElementCount)]), leading, paddingIndex);
    }

    private static Pool2dGeometry Window(int kernel, int? stride, int padding, string operation)
    {
        if (kernel < 1 || stride < 1 || padding < 0)
            ShapeException.Throw(operation, $"window {kernel}, stride {stride ?? kernel}, padding {padding}", "the padding is at least 0, the others at least 1");
        return Pool2dGeometry.Square(kernel, stride ?? kernel, padding);
    }
}
