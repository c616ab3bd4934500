namespace Graft.Transfer.Tests;

/// <summary>Against NumPy and scikit-learn (<c>Golden/scores.py</c>).</summary>
public sealed class ScoresTests
{
    [Theory]
    [InlineData(60, 8, 3, -0.7604400639, -1.064687642, 1.176403505, 0.6707120679, -0.9737962893, -0.674264794)]
    [InlineData(40, 5, 2, -0.902120624, -1.058203569, 0.6698291906, 0.5943730841, -0.5307409665, -0.1949914878)]
    [InlineData(20, 30, 3, -0.7970363432, -1.06711963, 2, 1.35852573, -0.998370374, -0.6103036323)]
    [InlineData(64, 64, 4, -0.5940073099, -1.083451905, 3, 2.03743913, -1.240471736, -0.9685242141)]
    public void Scores_are_those_of_NumPy(int examples, int width, int classes, double logMe, double ofValues, double hScore, double shrunk, double leep, double entropy)
    {
        var (rows, labels) = Planted(examples, width, classes);
        var features = new FeatureMatrix(rows);
        AssertNear(logMe, LogMe.OfClasses(features, labels));
        AssertNear(ofValues, LogMe.OfValues(features, [.. Enumerable.Range(0, examples).Select(static example => Math.Cos(example * 0.3))]));
        AssertNear(hScore, HScore.Of(features, labels));
        AssertNear(shrunk, HScore.Shrunk(features, labels));
        float[][] shares = [.. rows.Select(static row => Softmax(row[..5]))];
        AssertNear(leep, Leep.Of(new FeatureMatrix(shares), labels));
        AssertNear(entropy, Leep.ConditionalEntropy([.. shares.Select(static row => Array.IndexOf(row, row.Max()))], labels));
    }

    [Theory]
    [InlineData(60, 8, 3, 1.0, 0.9211917562, -0.0906974896, -0.03772721474, 12.37128829, 0.008790234679)]
    [InlineData(40, 5, 2, 0.3, -0.6524149379, 0.911933268, 0.05394816572, 2.918598553, 0.1228887606)]
    [InlineData(20, 30, 3, 10.0, 0.3181804955, -0.2261879721, -0.450149591, 28.34710623, 0.001576751064)]
    public void A_linear_probe_has_the_coefficients_of_scikit_learn(
        int examples, int width, int classes, double strength, double first, double last, double intercept, double total, double probability)
    {
        var (rows, labels) = Planted(examples, width, classes);
        var features = new FeatureMatrix(rows);
        var probe = LinearProbe.Fit(features, labels, strength);
        AssertNear(first, probe.Coefficients(0)[0]);
        AssertNear(last, probe.Coefficients(probe.Rows - 1)[width - 1]);
        AssertNear(intercept, probe.Intercept(probe.Rows - 1));
        AssertNear(total, Enumerable.Range(0, probe.Rows).Sum(row => probe.Coefficients(row).ToArray().Sum(Math.Abs)));
        AssertNear(probability, probe.Probabilities(features[examples - 1])[0]);
    }

    [Fact]
    public void Every_score_prefers_the_features_that_separate_the_classes()
    {
        var labels = Enumerable.Range(0, 90).Select(static example => example % 3).ToArray();
        FeatureMatrix[] stages = [.. new[] { 0.0, 0.4, 2.0, 0.8 }.Select(strength => new FeatureMatrix(
            [.. labels.Select((label, example) => Enumerable.Range(0, 12).Select(column => (float)(Noise(example, column) + (column % 3 == label ? strength : 0))).ToArray())]))];
        Func<FeatureMatrix, double>[] scores =
        [
            features => LogMe.OfClasses(features, labels), features => HScore.Of(features, labels), features => HScore.Shrunk(features, labels),
            features => LinearProbe.CrossValidate(features, labels).Accuracy,
        ];
        foreach (var score in scores)
        {
            double[] values = [.. stages.Select(score)];
            Assert.Equal(2, Array.IndexOf(values, values.Max()));
            Assert.Equal(0, Array.IndexOf(values, values.Min()));
        }
        Assert.True(LinearProbe.CrossValidate(stages[2], labels).Accuracy > 0.9);
        Assert.Equal(LinearProbe.CrossValidate(stages[1], labels), LinearProbe.CrossValidate(stages[1], labels));
    }

    [Fact]
    public void Constant_features_and_absent_classes_do_not_count()
    {
        var (rows, labels) = Planted(60, 8, 3);
        var plain = new FeatureMatrix(rows);
        var longer = new FeatureMatrix([.. rows.Select(static row => row.Append(0.3f).ToArray())]);
        int[] apart = [.. labels.Select(static label => label * 5 + 1)];
        AssertNear(HScore.Of(plain, labels), HScore.Of(longer, apart));
        AssertNear(LogMe.OfClasses(plain, labels), LogMe.OfClasses(plain, apart));
        var same = new FeatureMatrix([.. rows.Select(static _ => new[] { 0.1f, 0.7f })]);
        Assert.Equal(0, HScore.Of(same, labels));
        Assert.Equal(0, HScore.Shrunk(same, labels));
        Assert.InRange(LinearProbe.CrossValidate(same, labels).Accuracy, 0.2, 0.5);
    }

    [Fact]
    public void What_cannot_be_measured_is_refused_in_words()
    {
        var (rows, labels) = Planted(20, 4, 2);
        var features = new FeatureMatrix(rows);
        int[] one = new int[20];
        Assert.Contains("all 20 examples are of class 0", Assert.Throws<ArgumentException>(() => LogMe.OfClasses(features, one)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => HScore.Of(features, one));
        Assert.Throws<ArgumentException>(() => LinearProbe.Fit(features, one));
        Assert.Contains("19 labels do not fit 20 examples", Assert.Throws<ArgumentException>(() => HScore.Of(features, labels[1..])).Message, StringComparison.Ordinal);
        Assert.Contains("all features are 0", Assert.Throws<ArgumentException>(() => LogMe.OfClasses(new FeatureMatrix([.. rows.Select(static _ => new float[3])]), labels)).Message, StringComparison.Ordinal);
        Assert.Contains("feature 1 of example 0 is NaN", Assert.Throws<ArgumentException>(() => new FeatureMatrix([[1, float.NaN]])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new FeatureMatrix([[1], [1, 2]]));
        Assert.Throws<ArgumentException>(() => new FeatureMatrix([]));
        Assert.Throws<ArgumentException>(() => LinearProbe.Fit(features, labels, 0));
        Assert.Contains("no distribution", Assert.Throws<ArgumentException>(() => Leep.Of(features, labels)).Message, StringComparison.Ordinal);
        // one class alone is known for certain
        Assert.Equal(0, Leep.Of(new FeatureMatrix([.. rows.Select(static row => Softmax(row))]), one), 1e-6);
        Assert.Equal(0, Leep.ConditionalEntropy(labels, one));
    }

    private static (float[][] Rows, int[] Labels) Planted(int examples, int width, int classes)
    {
        int[] labels = [.. Enumerable.Range(0, examples).Select(example => example * 7 / 3 % classes)];
        return ([.. labels.Select((label, i) => Enumerable.Range(0, width).Select(j => (float)(Math.Sin(1.7 * i + 0.9 * j + 0.37 * i * j) + 0.6 * Math.Cos(j + 2.0 * label))).ToArray())], labels);
    }

    private static double Noise(int example, int column) => Math.Sin(12.9898 * example + 78.233 * column + 3.1 * Math.Sin(example * 1.7 + column));

    private static float[] Softmax(float[] scores)
    {
        double sum = scores.Sum(static score => Math.Exp(score));
        return [.. scores.Select(score => (float)(Math.Exp(score) / sum))];
    }

    private static void AssertNear(double expected, double actual) => Assert.Equal(expected, actual, 2e-6 * Math.Max(1, Math.Abs(expected)));
}
