using Graft.Tensors;

namespace Graft.Autograd;

// norms, with weights given as variables
public sealed partial class Variable
{
    /// <summary>Vectors along an axis divided by their Euclidean length (PyTorch's <c>normalize</c>).</summary>
    /// <param name="axis">The axis; one below 0 counts from the last.</param>
    /// <param name="epsilon">The least length that is divided by, so that a vector of zeros stays one.</param>
    public Variable Normalise(int axis = -1, float epsilon = 1e-12f) =>
        this / Square().Sum([axis], keepAxes: true).Clamp(epsilon * epsilon, float.MaxValue).Sqrt();

    /// <summary>(x - mean) / sqrt(variance + epsilon) * weight + bias with the mean and variance over the last axes, those that the
    /// weight has (PyTorch's <c>layer_norm</c>).</summary>
    /// <param name="weight">[C], or the last axes of this.</param>
    /// <param name="bias">Of the weight's shape.</param>
    /// <param name="epsilon">What is added to the variance.</param>
    /// <exception cref="ShapeException">The shapes do not fit.</exception>
    public Variable LayerNorm(Variable weight, Variable bias, float epsilon = 1e-5f)
    {
        ArgumentNullException.ThrowIfNull(weight);
        ArgumentNullException.ThrowIfNull(bias);
        int axes = weight.Shape.Rank;
        if (axes <= 1 || axes > Shape.Rank) return LayerNormFunction.Apply(this, weight, bias, epsilon);
        return LayerNormFunction.Apply(Flatten(-axes), weight.Flatten(), bias.Flatten(), epsilon).Reshape(Shape);
    }

    /// <summary>x / sqrt(mean(x^2) + epsilon) * weight over the last axis (PyTorch's <c>rms_norm</c>; T5's and Llama's norm).</summary>
    /// <param name="weight">[C].</param>
    /// <param name="epsilon">What is added to the mean square.</param>
    /// <exception cref="ShapeException">The shapes do not fit.</exception>
    public Variable RmsNorm(Variable weight, float epsilon = 1e-6f)
    {
        ArgumentNullException.ThrowIfNull(weight);
        return RmsNormFunction.Apply(this, weight, epsilon);
    }

    /// <summary>(x - mean) / sqrt(variance + epsilon) * weight + bias with the mean and variance of each image's groups of neighbouring
    /// channels: [N, C, ...] to [N, C, ...] (PyTorch's <c>group_norm</c>).</summary>
    /// <param name="groups">Into how many groups the channels fall; as many as channels make an instance norm.</param>
    /// <param name="weight">[C].</param>
    /// <param name="bias">[C].</param>
    /// <param name="epsilon">What is added to the variance.</param>
    /// <exception cref="ShapeException">The shapes do not fit.</exception>
    public Variable GroupNorm(int groups, Variable weight, Variable bias, float epsilon = 1e-5f)
    {
        ArgumentNullException.ThrowIfNull(weight);
        ArgumentNullException.ThrowIfNull(bias);
        return GroupNormFunction.Apply(this, weight, bias, groups, epsilon);
    }

    /// <summary>f((x - mean) / sqrt(variance + epsilon) * weight + bias + residual), channel by channel, with stored statistics:
    /// [N, C, ...] to [N, C, ...] (PyTorch's <c>batch_norm</c> with <c>training=False</c>).</summary>
    /// <param name="mean">[C].</param>
    /// <param name="variance">[C].</param>
    /// <param name="weight">[C].</param>
    /// <param name="bias">[C].</param>
    /// <param name="epsilon">What is added to the variance.</param>
    /// <param name="activation">f; null for none.</param>
    /// <param name="residual">Of this shape; null for none.</param>
    /// <exception cref="ShapeException">The shapes do not fit.</exception>
    public Variable BatchNorm(
        Tensor<float> mean, Tensor<float> variance, Variable weight, Variable bias, float epsilon = 1e-5f, Activation? activation = null, Variable? residual = null)
    {
        ArgumentNullException.ThrowIfNull(mean);
        ArgumentNullException.ThrowIfNull(variance);
        ArgumentNullException.ThrowIfNull(weight);
        ArgumentNullException.ThrowIfNull(bias);
        if (mean.Shape != weight.Shape || variance.Shape != weight.Shape)
            ShapeException.Throw("batch_norm", $"mean {mean.Shape} and variance {variance.Shape} do not fit weight {weight.Shape}", "all need a value for each channel");
        return BatchNormFunction.Stored(this, mean, variance, weight, bias, epsilon, activation, residual);
    }

    /// <summary>As <see cref="BatchNorm"/>, with the statistics of the batch (PyTorch's <c>batch_norm</c> with <c>training=True</c>).</summary>
    /// <param name="weight">[C].</param>
    /// <param name="bias">[C].</param>
    /// <param name="mean">The batch's mean [C], a temporary of the pass, for running statistics.</param>
    /// <param name="variance">The batch's biased variance [C], likewise.</param>
    /// <param name="epsilon">What is added to the variance.</param>
    /// <param name="activation">f; null for none.</param>
    /// <param name="residual">Of this shape; null for none.</param>
    /// <exception cref="ShapeException">The shapes do not fit, or a channel has a single value.</exception>
    public Variable BatchNormOfBatch(
        Variable weight, Variable bias, out Tensor<float> mean, out Tensor<float> variance, float epsilon = 1e-5f, Activation? activation = null,
        Variable? residual = null)
    {
        ArgumentNullException.ThrowIfNull(weight);
        ArgumentNullException.ThrowIfNull(bias);
        return BatchNormFunction.OfBatch(this, weight, bias, epsilon, out mean, out variance, activation, residual);
    }
}
