using Graft.Tensors;

namespace Graft.Transfer;

/// <summary>A linear classifier over frozen features: logistic regression with an L2 penalty (scikit-learn's <c>LogisticRegression</c>; Alain and Bengio
/// 2016 for probes).</summary>
/// <remarks>It minimises w'w / 2 + C times the sum of the examples' cross-entropies; intercepts are not penalised. Two classes have one row of weights, for the
/// second; more have a row each.</remarks>
public sealed class LinearProbe
{
    private readonly double[] weights;

    private LinearProbe(int[] classes, int width, double[] weights) => (Classes, Width, this.weights) = (classes, width, weights);

    /// <summary>The classes, in rising order: those that there were examples of.</summary>
    public IReadOnlyList<int> Classes { get; }

    /// <summary>D.</summary>
    public int Width { get; }

    /// <summary>How many rows of weights there are: 1 for two classes.</summary>
    public int Rows => Classes.Count == 2 ? 1 : Classes.Count;

    /// <summary>The weights of a row [D] (<c>coef_</c>).</summary>
    /// <param name="row">Which, from 0.</param>
    public ReadOnlySpan<double> Coefficients(int row) => weights.AsSpan(row * (Width + 1), Width);

    /// <summary>The intercept of a row (<c>intercept_</c>).</summary>
    /// <param name="row">Which, from 0.</param>
    public double Intercept(int row) => weights[row * (Width + 1) + Width];

    /// <summary>Fits a probe.</summary>
    /// <param name="features">The features [N, D].</param>
    /// <param name="labels">Each example's class [N], from 0.</param>
    /// <param name="inverseStrength">C; above 0: the larger, the weaker the penalty.</param>
    /// <exception cref="ArgumentException">There are not as many labels as examples, all examples are of one class, or C is not above 0.</exception>
    public static LinearProbe Fit(FeatureMatrix features, IReadOnlyList<int> labels, double inverseStrength = 1)
    {
        ArgumentNullException.ThrowIfNull(features);
        if (!(inverseStrength > 0 && double.IsFinite(inverseStrength))) throw new ArgumentException($"C is above 0 and finite, not {inverseStrength}", nameof(inverseStrength));
        var classes = ClassLabels.Of(labels, features.Examples);
        return new LinearProbe(classes.Names, features.Width, new LogisticFit(features, classes, inverseStrength).Solve(null));
    }

    /// <summary>The probabilities of the classes for an example, in the order of <see cref="Classes"/>.</summary>
    /// <param name="features">The example's features [D].</param>
    public double[] Probabilities(ReadOnlySpan<double> features)
    {
        var scores = new double[Classes.Count];
        for (int row = 0; row < Rows; row++) scores[Rows == 1 ? 1 : row] = Doubles.Dot(Coefficients(row), features) + Intercept(row);
        LogisticFit.Softmax(scores);
        return scores;
    }

    /// <summary>How well a probe does on examples that it has not seen: C is chosen of <paramref name="strengths"/> by the loss over stratified folds, on features
    /// that are standardised by those of the fold that is learnt from.</summary>
    /// <param name="features">The features [N, D].</param>
    /// <param name="labels">Each example's class [N], from 0.</param>
    /// <param name="folds">How many folds; each is held out once. No class has to be in each.</param>
    /// <param name="seed">The seed of the draw.</param>
    /// <param name="strengths">The values of C; null for 0.0001, 0.001, 0.01, 0.1 and 1, which suit standardised features.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <exception cref="ArgumentException">There are not as many labels as examples, all examples are of one class, or there are fewer than two folds.</exception>
    public static LinearProbeScore CrossValidate(
        FeatureMatrix features, IReadOnlyList<int> labels, int folds = 5, ulong seed = 0, IReadOnlyList<double>? strengths = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(features);
        var classes = ClassLabels.Of(labels, features.Examples);
        strengths ??= [1e-4, 1e-3, 1e-2, 1e-1, 1];
        folds = Math.Min(folds, features.Examples);
        if (folds < 2) throw new ArgumentException($"{folds} folds leave nothing to hold out: give 2 or more", nameof(folds));
        int[] fold = FoldsOf(classes, folds, seed);
        var held = new (int Correct, double Loss)[folds, strengths.Count];
        Parallel.For(0, folds, new ParallelOptions { CancellationToken = cancellation, MaxDegreeOfParallelism = Environment.ProcessorCount }, number =>
        {
            int[] learnt = [.. Enumerable.Range(0, fold.Length).Where(example => fold[example] != number)],
                kept = [.. Enumerable.Range(0, fold.Length).Where(example => fold[example] == number)];
            if (learnt.Select(example => classes.Numbers[example]).Distinct().Count() < 2)
            {
                // one class alone is left to learn from: it is the answer to everything
                for (int strength = 0; strength < strengths.Count; strength++)
                    held[number, strength] = (kept.Count(example => classes.Numbers[example] == classes.Numbers[learnt[0]]), kept.Length * -Math.Log(LogisticFit.LeastProbability));
                return;
            }
            var part = features.Of(learnt);
            double[] means = part.Means(), deviations = part.Deviations(means);
            part = part.Shifted(means, deviations);
            var rest = features.Of(kept).Shifted(means, deviations);
            var known = ClassLabels.Of([.. learnt.Select(example => classes.Numbers[example])], learnt.Length);
            double[]? from = null;
            for (int strength = 0; strength < strengths.Count; strength++)
            {
                cancellation.ThrowIfCancellationRequested();
                from = new LogisticFit(part, known, strengths[strength]).Solve(from);
                var probe = new LinearProbe(known.Names, features.Width, from);
                held[number, strength] = probe.Measure(rest, [.. kept.Select(example => classes.Numbers[example])]);
            }
        });
        int best = 0;
        double[] losses = [.. Enumerable.Range(0, strengths.Count).Select(strength => Enumerable.Range(0, folds).Sum(number => held[number, strength].Loss) / fold.Length)];
        for (int strength = 1; strength < losses.Length; strength++)
            if (losses[strength] < losses[best]) best = strength;
        return new LinearProbeScore((double)Enumerable.Range(0, folds).Sum(number => held[number, best].Correct) / fold.Length, losses[best], strengths[best]);
    }

    private (int Correct, double Loss) Measure(FeatureMatrix features, int[] labels)
    {
        int correct = 0;
        double loss = 0;
        for (int example = 0; example < labels.Length; example++)
        {
            double[] shares = Probabilities(features[example]);
            int label = -1, answer = 0;
            for (int number = 0; number < shares.Length; number++)
            {
                if (Classes[number] == labels[example]) label = number;
                if (shares[number] > shares[answer]) answer = number;
            }
            if (answer == label) correct++;
            loss -= Math.Log(Math.Max(LogisticFit.LeastProbability, label < 0 ? 0 : shares[label]));
        }
        return (correct, loss);
    }

    /// <summary>The fold of each example: within each class they take turns in a random order.</summary>
    private static int[] FoldsOf(ClassLabels classes, int folds, ulong seed)
    {
        var fold = new int[classes.Numbers.Length];
        int turn = 0;
        for (int number = 0; number < classes.Classes; number++)
        {
            int[] members = [.. Enumerable.Range(0, fold.Length).Where(example => classes.Numbers[example] == number)];
            foreach (int place in new RandomStream(seed, "folds").Permutation(members.Length, (ulong)number)) fold[members[place]] = turn++ % folds;
        }
        return fold;
    }
}

/// <summary>How well a linear probe does on examples that it has not seen.</summary>
/// <param name="Accuracy">The share that it gets right.</param>
/// <param name="Loss">The mean cross-entropy.</param>
/// <param name="InverseStrength">C, as the loss chose it.</param>
public sealed record LinearProbeScore(double Accuracy, double Loss, double InverseStrength);
