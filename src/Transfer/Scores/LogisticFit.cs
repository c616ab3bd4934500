namespace Graft.Transfer;

/// <summary>Logistic regression by Newton's method, its steps by conjugate gradients (scikit-learn's <c>newton-cg</c>).</summary>
/// <remarks>Letters: N examples, D features, K rows of weights, each with its intercept behind [K, D + 1].</remarks>
internal sealed class LogisticFit(FeatureMatrix features, ClassLabels labels, double inverseStrength)
{
    /// <summary>What a probability counts as at least where its logarithm is taken.</summary>
    public const double LeastProbability = 1e-15;

    private const int MostSteps = 100, MostDirections = 200, MostHalvings = 40;
    private const double Tolerance = 1e-9;

    private readonly int width = features.Width;
    private readonly int rows = labels.Classes == 2 ? 1 : labels.Classes;
    private readonly double[] shares = new double[features.Examples * labels.Classes];

    /// <summary>The weights at the minimum.</summary>
    /// <param name="start">Where to begin; null for 0.</param>
    public double[] Solve(double[]? start)
    {
        double[] weights = start is null ? new double[rows * (width + 1)] : [.. start], gradient = new double[weights.Length];
        double loss = Loss(weights), scale = 0;
        for (int step = 0; step < MostSteps; step++)
        {
            Gradient(weights, gradient);
            double size = Doubles.Norm(gradient);
            if (step == 0) scale = Math.Max(1, inverseStrength * features.Examples);
            if (size <= Tolerance * scale) break;
            double[] direction = Direction(gradient, size);
            double slope = Doubles.Dot(direction, gradient), length = 1;
            double[] next = weights;
            double lower = loss;
            int halving = 0;
            for (; halving < MostHalvings; halving++, length /= 2)
            {
                next = [.. weights];
                Doubles.AddScaled(length, direction, next);
                lower = Loss(next);
                if (lower <= loss + 1e-4 * length * slope) break;
            }
            // no lower loss is within reach of rounding
            if (halving == MostHalvings)
            {
                Loss(weights);
                break;
            }
            (weights, loss) = (next, lower);
        }
        return weights;
    }

    public static void Softmax(Span<double> scores)
    {
        double largest = double.NegativeInfinity, sum = 0;
        foreach (double score in scores) largest = Math.Max(largest, score);
        foreach (ref double score in scores) sum += score = Math.Exp(score - largest);
        foreach (ref double score in scores) score /= sum;
    }

    /// <summary>The penalised loss; the probabilities of the classes stay in <see cref="shares"/>.</summary>
    private double Loss(double[] weights)
    {
        double sum = 0;
        for (int row = 0; row < rows; row++)
        {
            var part = weights.AsSpan(row * (width + 1), width);
            sum += Doubles.Dot(part, part) / 2;
        }
        int classes = labels.Classes;
        double losses = 0;
        for (int example = 0; example < features.Examples; example++)
        {
            var scores = shares.AsSpan(example * classes, classes);
            scores[0] = 0;
            for (int row = 0; row < rows; row++)
                scores[row + classes - rows] = Doubles.Dot(weights.AsSpan(row * (width + 1), width), features[example]) + weights[row * (width + 1) + width];
            double largest = double.NegativeInfinity, total = 0, own = scores[labels.Numbers[example]];
            foreach (double score in scores) largest = Math.Max(largest, score);
            foreach (ref double score in scores) total += score = Math.Exp(score - largest);
            foreach (ref double score in scores) score /= total;
            losses += largest + Math.Log(total) - own;
        }
        return sum + inverseStrength * losses;
    }

    private void Gradient(double[] weights, double[] gradient)
    {
        int classes = labels.Classes;
        weights.CopyTo(gradient, 0);
        for (int row = 0; row < rows; row++) gradient[row * (width + 1) + width] = 0;
        for (int example = 0; example < features.Examples; example++)
        {
            for (int row = 0; row < rows; row++)
            {
                int number = row + classes - rows;
                double factor = inverseStrength * (shares[example * classes + number] - (labels.Numbers[example] == number ? 1 : 0));
                Doubles.AddScaled(factor, features[example], gradient.AsSpan(row * (width + 1), width));
                gradient[row * (width + 1) + width] += factor;
            }
        }
    }

    /// <summary>The Hessian at the probabilities of now, times a vector.</summary>
    private void Hessian(double[] vector, double[] product)
    {
        int classes = labels.Classes;
        vector.CopyTo(product, 0);
        for (int row = 0; row < rows; row++) product[row * (width + 1) + width] = 0;
        var moves = new double[rows];
        for (int example = 0; example < features.Examples; example++)
        {
            var row = features[example];
            double mean = 0;
            for (int k = 0; k < rows; k++)
            {
                moves[k] = Doubles.Dot(vector.AsSpan(k * (width + 1), width), row) + vector[k * (width + 1) + width];
                mean += shares[example * classes + k + classes - rows] * moves[k];
            }
            for (int k = 0; k < rows; k++)
            {
                double factor = inverseStrength * shares[example * classes + k + classes - rows] * (moves[k] - mean);
                Doubles.AddScaled(factor, row, product.AsSpan(k * (width + 1), width));
                product[k * (width + 1) + width] += factor;
            }
        }
    }

    private double[] Direction(double[] gradient, double size)
    {
        double[] direction = new double[gradient.Length], residual = [.. gradient.Select(static value => -value)], search = [.. residual], product = new double[gradient.Length];
        double square = size * size, aim = Math.Min(0.5, Math.Sqrt(size)) * size;
        for (int i = 0; i < MostDirections && Math.Sqrt(square) > Math.Min(aim, 1e-2 * size); i++)
        {
            Hessian(search, product);
            double curvature = Doubles.Dot(search, product);
            // the intercepts of all rows together change nothing, and rounding makes of it what it will
            if (curvature <= 1e-15 * Doubles.Dot(search, search)) break;
            double length = square / curvature;
            Doubles.AddScaled(length, search, direction);
            Doubles.AddScaled(-length, product, residual);
            double next = Doubles.Dot(residual, residual), factor = next / square;
            for (int at = 0; at < search.Length; at++) search[at] = residual[at] + factor * search[at];
            square = next;
        }
        return Doubles.Dot(direction, gradient) < 0 ? direction : [.. gradient.Select(static value => -value)];
    }
}
