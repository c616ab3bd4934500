using Graft.Autograd;

namespace Graft.Transfer;

/// <summary>Deep CORAL (Sun and Saenko 2016): features of two domains are to vary together in the same way.</summary>
public static class DeepCoral
{
    /// <summary>|C_s - C_t|^2 / (4 d^2), C the covariances of features (divided by n - 1), | | the Frobenius norm.</summary>
    /// <param name="source">[n, d].</param>
    /// <param name="target">[m, d].</param>
    /// <returns>One element.</returns>
    /// <exception cref="Graft.Tensors.ShapeException">They are no matrices of as many features, or one has fewer than two rows.</exception>
    public static Variable Of(Variable source, Variable target)
    {
        DomainShapes.Require("deep CORAL", source, target);
        float width = source.Shape[1];
        return (Covariance(source) - Covariance(target)).Square().Sum() * (1f / (4f * width * width));
    }

    private static Variable Covariance(Variable rows)
    {
        var centred = rows - rows.Mean([0], keepAxes: true);
        return centred.Transpose(0, 1).MatMul(centred) * (1f / (rows.Shape[0] - 1));
    }
}

/// <summary>Features vary together alike in both domains (<see cref="DeepCoral"/>).</summary>
public sealed class CorrelationAlignment : DomainMethod
{
    /// <summary>What the distance is multiplied by, such that in the end it is about as large as the loss of the labels.</summary>
    public double Strength { get; init; } = 1;

    /// <inheritdoc/>
    public override Variable Loss(DomainStep step)
    {
        ArgumentNullException.ThrowIfNull(step);
        return DeepCoral.Of(step.SourceFeatures, step.TargetFeatures) * (float)Strength;
    }
}
