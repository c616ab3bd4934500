using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Transfer;

/// <summary>Self-training (Lee 2013): what the model is sure of on the target counts as its label.</summary>
/// <remarks>It hurts where the model is sure and wrong: mistakes are learnt too.</remarks>
public sealed class PseudoLabels : DomainMethod
{
    /// <summary>Between these shares of the training the strength rises in proportion, as in the paper.</summary>
    private const double RisesFrom = 0.1, RisesTo = 0.6;

    /// <summary>How sure the model has to be of an example, in [0, 1): its largest probability.</summary>
    public double Threshold { get; init; } = 0.9;

    /// <summary>What the loss is multiplied by in the end.</summary>
    public double Strength { get; init; } = 1;

    /// <summary>The cross-entropy of answers by the labels that others give where they are sure, summed over those rows and divided by all.</summary>
    /// <param name="logits">[rows, classes]: what learns.</param>
    /// <param name="answers">[rows, classes]: the logits that labels are taken from; nothing is learnt by it.</param>
    /// <param name="threshold">How large the largest probability has to be.</param>
    /// <returns>One element; 0 where no row counts.</returns>
    /// <exception cref="ShapeException">The shapes differ.</exception>
    public static Variable Of(Variable logits, Variable answers, double threshold)
    {
        ArgumentNullException.ThrowIfNull(logits);
        ArgumentNullException.ThrowIfNull(answers);
        if (logits.Shape.Rank != 2 || logits.Shape != answers.Shape)
            ShapeException.Throw("pseudo-labels", $"answers {logits.Shape} and those that labels are taken from {answers.Shape}", "both are [rows, classes], of one shape");
        int rows = logits.Shape[0], classes = logits.Shape[1];
        float[] shares = answers.Detach().Softmax().Value.ToArray();
        var labels = new int[rows];
        int sure = 0;
        for (int row = 0; row < rows; row++)
        {
            var one = shares.AsSpan(row * classes, classes);
            int largest = 0;
            for (int i = 1; i < classes; i++)
                if (one[i] > one[largest]) largest = i;
            labels[row] = one[largest] >= threshold ? largest : -1;
            if (labels[row] >= 0) sure++;
        }
        return sure == 0 ? logits.Sum() * 0f : logits.CrossEntropy(labels) * ((float)sure / rows);
    }

    /// <inheritdoc/>
    public override Variable Loss(DomainStep step)
    {
        ArgumentNullException.ThrowIfNull(step);
        double strength = Strength * Math.Clamp((step.Progress - RisesFrom) / (RisesTo - RisesFrom), 0, 1);
        return Of(step.TargetLogits, step.TargetLogits, Threshold) * (float)strength;
    }
}
