namespace Graft.Transfer;

/// <summary>H-score: how much of the features' variance is between the classes, tr(cov(f)^-1 cov(E[f|y])) (Bao et al. 2019). Between 0 and the number of
/// classes - 1; the higher the better.</summary>
public static class HScore
{
    /// <summary>The score with the pseudo-inverse of the covariance.</summary>
    /// <remarks>With as many features as examples every two classes can be told apart and the score is the number of classes - 1, whatever the features
    /// are worth: <see cref="Shrunk"/> is for that case. Constant features do not count; where all are constant it is 0.</remarks>
    /// <param name="features">The features [N, D].</param>
    /// <param name="labels">Each example's class [N], from 0.</param>
    /// <exception cref="ArgumentException">There are not as many labels as examples, or all examples are of one class.</exception>
    public static double Of(FeatureMatrix features, IReadOnlyList<int> labels) => Between(features, labels, out _, out _).Sum();

    /// <summary>The score with the covariance shrunk towards a multiple of the identity, by the share that Ledoit and Wolf (2004) found best
    /// (Ibrahim et al. 2021): steady with few examples.</summary>
    /// <param name="features">The features [N, D].</param>
    /// <param name="labels">Each example's class [N], from 0.</param>
    /// <exception cref="ArgumentException">There are not as many labels as examples, or all examples are of one class.</exception>
    public static double Shrunk(FeatureMatrix features, IReadOnlyList<int> labels)
    {
        double[] between = Between(features, labels, out var squares, out var centred);
        if (between.Length == 0) return 0;
        int examples = centred.Examples, width = centred.Width;
        double mean = squares.Sum() / examples / width, share = Shrinkage(centred, squares, mean), sum = 0;
        for (int i = 0; i < squares.Length; i++)
            sum += (1 - share) * squares[i] * between[i] / (examples - 1) / ((1 - share) * squares[i] / examples + share * mean);
        return sum;
    }

    /// <summary>The share of a covariance that is replaced by the mean variance (scikit-learn's <c>ledoit_wolf_shrinkage</c>).</summary>
    private static double Shrinkage(FeatureMatrix centred, double[] squares, double mean)
    {
        double examples = centred.Examples, width = centred.Width, fourths = 0, squared = 0;
        for (int example = 0; example < centred.Examples; example++) fourths += Math.Pow(Doubles.Dot(centred[example], centred[example]), 2);
        foreach (double square in squares) squared += square * square;
        squared /= examples * examples;
        double spread = (fourths / examples - squared) / (width * examples);
        double distance = (squared - 2 * mean * squares.Sum() / examples + width * mean * mean) / width;
        spread = Math.Min(spread, distance);
        return spread <= 0 ? 0 : spread / distance;
    }

    /// <summary>The share of each singular direction's variance that is between the classes.</summary>
    private static double[] Between(FeatureMatrix features, IReadOnlyList<int> labels, out double[] squares, out FeatureMatrix centred)
    {
        ArgumentNullException.ThrowIfNull(features);
        var classes = ClassLabels.Of(labels, features.Examples);
        double[] means = features.Means(), deviations = features.Deviations(means);
        var around = centred = features.Shifted(means);
        var spectrum = FeatureSpectrum.Of(centred, classes.Indicators(), classes.Classes);
        // centring leaves of constants what rounding makes of them
        bool isConstant = Enumerable.Range(0, features.Width).All(column => deviations[column] == 1 && Math.Abs(around[0][column]) <= 1e-12 * Math.Abs(means[column]));
        squares = isConstant ? [] : spectrum.Squares;
        return isConstant ? [] : [.. spectrum.Along.Select(along => along.Select((part, number) => part * part / classes.Counts[number]).Sum())];
    }
}
