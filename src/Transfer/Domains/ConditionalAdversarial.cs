using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Transfer;

/// <summary>Conditional domain-adversarial training (CDAN; Long et al. 2018): the discriminator sees the features together with the answers, each product of a feature
/// and a class's probability, so that domains are aligned class by class; with entropy conditioning (CDAN+E) those that the model is sure of count up to twice.</summary>
/// <remarks>As in the authors' code the answers condition and are not changed by the adversary. Where the products are more than <see cref="MostProducts"/> they are
/// random ones, as in the paper.</remarks>
public sealed class ConditionalAdversarial : DomainMethod
{
    /// <summary>The most products of features and classes; above it as many random ones are taken, 1,024.</summary>
    public const int MostProducts = 4096;

    private const int RandomProducts = 1024;

    private readonly DomainDiscriminator discriminator;
    private readonly int features;
    private readonly int classes;
    private readonly float[]? ofFeatures;
    private readonly float[]? ofClasses;

    /// <summary>Makes the method for a model.</summary>
    /// <param name="features">How many features go into the model's head.</param>
    /// <param name="classes">How many classes there are.</param>
    /// <param name="hidden">How wide the discriminator is.</param>
    /// <param name="seed">The seed of random products.</param>
    public ConditionalAdversarial(int features, int classes, int hidden = 1024, ulong seed = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(features);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(classes);
        (this.features, this.classes) = (features, classes);
        bool isRandom = (long)features * classes > MostProducts;
        if (isRandom)
        {
            ofFeatures = Normal(features, seed, "features");
            ofClasses = Normal(classes, seed, "classes");
        }
        discriminator = Add("discriminator", new DomainDiscriminator(isRandom ? RandomProducts : features * classes, hidden));
    }

    /// <summary>Whether examples count by how sure the model is of them, 1 + exp(-entropy) (CDAN+E).</summary>
    public bool IsWeightedByEntropy { get; init; } = true;

    /// <summary>lambda at the end, to which <see cref="GradientReversal.Ramp"/> rises; 1 in the paper.</summary>
    public double Strength { get; init; } = 1;

    /// <inheritdoc/>
    public override Variable Loss(DomainStep step)
    {
        ArgumentNullException.ThrowIfNull(step);
        if (step.SourceFeatures.Shape[^1] != features || step.SourceLogits.Shape[^1] != classes)
            ShapeException.Throw("CDAN", $"features {step.SourceFeatures.Shape} and answers {step.SourceLogits.Shape}", $"it was made for {features} features and {classes} classes");
        double strength = Strength * GradientReversal.Ramp(step.Progress);
        Variable source = step.SourceLogits.Detach().Softmax(), target = step.TargetLogits.Detach().Softmax();
        float[] weights = IsWeightedByEntropy ? [.. Weights(source), .. Weights(target)] : [];
        return discriminator.Loss(
            GradientReversal.Apply(Products(step.SourceFeatures, source), strength), GradientReversal.Apply(Products(step.TargetFeatures, target), strength), weights);
    }

    private static float[] Normal(int width, ulong seed, string name)
    {
        var values = new float[width * RandomProducts];
        new RandomStream(seed, name).FillNormal(values, 0f, 1f);
        return values;
    }

    /// <summary>1 + exp(-entropy) of each row of probabilities, so weighted that they are one each in the middle of the batch.</summary>
    private IEnumerable<float> Weights(Variable probabilities)
    {
        float[] values = probabilities.Value.ToArray();
        for (int row = 0; row < values.Length; row += classes)
        {
            double entropy = 0;
            for (int i = 0; i < classes; i++)
                if (values[row + i] > 0) entropy -= values[row + i] * Math.Log(values[row + i]);
            yield return (float)(1 + Math.Exp(-entropy));
        }
    }

    private Variable Products(Variable x, Variable probabilities)
    {
        int rows = x.Shape[0];
        if (ofFeatures is null || ofClasses is null) return probabilities.Reshape([rows, classes, 1]).MatMul(x.Reshape([rows, 1, features])).Reshape([rows, classes * features]);
        var pass = x.Pass;
        Variable left = x.MatMul(pass.Constant(pass.Upload<float>([features, RandomProducts], ofFeatures)));
        Variable right = probabilities.MatMul(pass.Constant(pass.Upload<float>([classes, RandomProducts], ofClasses)));
        return left * right * (1f / MathF.Sqrt(RandomProducts));
    }
}
