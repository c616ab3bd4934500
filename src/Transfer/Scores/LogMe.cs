namespace Graft.Transfer;

/// <summary>LogME: the logarithm of the maximum evidence of a Bayesian linear model over features, for each example (You et al. 2021). The higher, the
/// better the features suit the targets; nothing is trained.</summary>
/// <remarks>The precisions alpha of the weights and beta of the noise are brought to their fixed point as the authors' later version does (You et al. 2022). The
/// evidence is the paper's formula; where the features' rank is below their number the authors' code leaves a part of its determinant out.</remarks>
public static class LogMe
{
    private const int MostSteps = 11;
    private const double Guard = 1e-5, Tolerance = 1e-3;

    /// <summary>For classes: the mean over the classes of the evidence for 'is of the class'.</summary>
    /// <param name="features">The features [N, D].</param>
    /// <param name="labels">Each example's class [N], from 0; classes without examples do not count.</param>
    /// <exception cref="ArgumentException">There are not as many labels as examples, all examples are of one class, or all features are 0.</exception>
    public static double OfClasses(FeatureMatrix features, IReadOnlyList<int> labels)
    {
        ArgumentNullException.ThrowIfNull(features);
        var classes = ClassLabels.Of(labels, features.Examples);
        return Mean(features, classes.Indicators(), classes.Classes);
    }

    /// <summary>For numbers (regression).</summary>
    /// <param name="features">The features [N, D].</param>
    /// <param name="values">What is to be predicted [N].</param>
    /// <exception cref="ArgumentException">There are not as many numbers as examples, one is not finite, or all features are 0.</exception>
    public static double OfValues(FeatureMatrix features, IReadOnlyList<double> values)
    {
        ArgumentNullException.ThrowIfNull(features);
        ArgumentNullException.ThrowIfNull(values);
        if (values.Count != features.Examples) throw new ArgumentException($"{values.Count} numbers do not fit {features.Examples} examples", nameof(values));
        if (values.Any(static value => !double.IsFinite(value))) throw new ArgumentException("a number to predict is not finite", nameof(values));
        return Mean(features, [.. values], 1);
    }

    private static double Mean(FeatureMatrix features, double[] targets, int outputs)
    {
        var spectrum = FeatureSpectrum.Of(features, targets, outputs);
        if (spectrum.Squares.Length == 0) throw new ArgumentException("all features are 0: they say nothing of anything", nameof(features));
        double sum = 0;
        for (int output = 0; output < outputs; output++)
        {
            double norm = 0;
            for (int example = 0; example < features.Examples; example++) norm += targets[example * outputs + output] * targets[example * outputs + output];
            sum += Evidence(spectrum.Squares, [.. spectrum.Along.Select(along => along[output] * along[output])], norm, features.Examples, features.Width);
        }
        return sum / outputs;
    }

    /// <param name="sigma">The squared singular values [k].</param>
    /// <param name="along">(u'y)^2 of each [k].</param>
    /// <param name="norm">y'y.</param>
    /// <param name="examples">N.</param>
    /// <param name="width">D.</param>
    private static double Evidence(double[] sigma, double[] along, double norm, int examples, int width)
    {
        // what of y is along none of them
        double rest = Math.Max(0, norm - along.Sum()), alpha = 1, beta = 1, evidence = 0;
        for (int step = 0; step < MostSteps; step++)
        {
            double ratio = alpha / beta, gamma = 0, weights = 0, residual = rest;
            for (int i = 0; i < sigma.Length; i++)
            {
                gamma += sigma[i] / (sigma[i] + ratio);
                weights += sigma[i] * along[i] / ((sigma[i] + ratio) * (sigma[i] + ratio));
                residual += along[i] / ((1 + sigma[i] / ratio) * (1 + sigma[i] / ratio));
            }
            alpha = gamma / (weights + Guard);
            beta = (examples - gamma) / (residual + Guard);
            double determinant = (width - sigma.Length) * Math.Log(alpha);
            foreach (double square in sigma) determinant += Math.Log(alpha + beta * square);
            evidence = (width * Math.Log(alpha) + examples * Math.Log(beta) - determinant - beta * residual - alpha * weights - examples * Math.Log(2 * Math.PI)) / (2.0 * examples);
            if (Math.Abs(alpha / beta - ratio) / ratio <= Tolerance) break;
        }
        return evidence;
    }
}
