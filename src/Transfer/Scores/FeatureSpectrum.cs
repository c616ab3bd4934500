namespace Graft.Transfer;

/// <summary>Features F [N, D] by their singular directions: the squares of the singular values above rounding, and for each of these what part U'Y of
/// some targets Y [N, K] is along it. All scores are sums over them.</summary>
internal sealed class FeatureSpectrum
{
    private const double MachineStep = 2.220446049250313e-16;

    private FeatureSpectrum(double[] squares, double[][] along) => (Squares, Along) = (squares, along);

    /// <summary>The squared singular values, as many as the rank.</summary>
    public double[] Squares { get; }

    /// <summary>u'Y [K] of each.</summary>
    public double[][] Along { get; }

    /// <summary>Of the smaller of the two Gram matrices.</summary>
    /// <param name="features">F.</param>
    /// <param name="targets">Y [N, K], row by row.</param>
    /// <param name="outputs">K.</param>
    public static FeatureSpectrum Of(FeatureMatrix features, double[] targets, int outputs)
    {
        int examples = features.Examples, width = features.Width;
        bool isTall = examples > width;
        int side = isTall ? width : examples;
        var gram = new double[side * side];
        double[] right;
        if (isTall)
        {
            right = new double[width * outputs];
            for (int example = 0; example < examples; example++)
            {
                var row = features[example];
                for (int column = 0; column < width; column++)
                {
                    if (row[column] == 0) continue;
                    Doubles.AddScaled(row[column], row[..(column + 1)], gram.AsSpan(column * side, column + 1));
                    Doubles.AddScaled(row[column], targets.AsSpan(example * outputs, outputs), right.AsSpan(column * outputs, outputs));
                }
            }
        }
        else
        {
            right = [.. targets];
            for (int example = 0; example < examples; example++)
                for (int other = 0; other <= example; other++) gram[example * side + other] = Doubles.Dot(features[example], features[other]);
        }
        for (int row = 0; row < side; row++)
            for (int column = 0; column < row; column++) gram[column * side + row] = gram[row * side + column];
        double[] squares = SymmetricSpectrum.Of(gram, side, right, outputs);
        // below this an eigenvalue of a Gram matrix is rounding (NumPy's matrix_rank)
        double least = squares.Max() * Math.Max(examples, width) * MachineStep;
        int[] kept = [.. Enumerable.Range(0, side).Where(at => squares[at] > least)];
        return new FeatureSpectrum([.. kept.Select(at => squares[at])], [.. kept.Select(at => Along(at))]);

        double[] Along(int at)
        {
            double scale = isTall ? 1 / Math.Sqrt(squares[at]) : 1;
            return [.. Enumerable.Range(0, outputs).Select(output => right[at * outputs + output] * scale)];
        }
    }
}
