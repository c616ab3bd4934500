using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Models.Tests;

/// <summary>Losses over embeddings against double-precision definitions, and their gradients against differences.</summary>
public sealed class SentenceLossTests : IDisposable
{
    private const int Width = 6;

    private const double LossOfPyTorch = 0.884273751;

    private static readonly double[] GradientOfPyTorch = [0.135166150, -0.238252726, 0.113779767, -0.623987123, 1.433692980, -0.670416806];

    private readonly CpuDevice device = new(2);

    public void Dispose() => device.Dispose();

    [Theory]
    [InlineData(4, 0, 20f)]
    [InlineData(4, 3, 20f)]
    [InlineData(1, 2, 5f)]
    public void Multiple_negatives_ranking_is_its_definition(int pairs, int further, float scale) => Compare(
        [pairs, pairs, further],
        given => SentenceLosses.MultipleNegativesRanking(given[0], given[1], further == 0 ? null : given[2], scale),
        given =>
        {
            double[][] texts = [.. given[1], .. given[2]];
            return given[0].Select((anchor, own) =>
            {
                double[] scores = [.. texts.Select(text => scale * Cosine(anchor, text))];
                return Math.Log(scores.Sum(score => Math.Exp(score - scores.Max()))) + scores.Max() - scores[own];
            }).Average();
        });

    [Fact]
    public void Cosine_similarity_is_its_definition()
    {
        float[] targets = [1f, -0.5f, 0.25f];
        Compare(
            [3, 3],
            given => SentenceLosses.CosineSimilarity(given[0], given[1], targets),
            given => targets.Select((target, pair) => Math.Pow(Cosine(given[0][pair], given[1][pair]) - target, 2)).Average());
    }

    /// <summary>PyTorch 1.13's <c>F.cross_entropy(F.normalize(a) @ F.normalize(b).T * 20, arange(2))</c> with autograd.</summary>
    [Fact]
    public void Multiple_negatives_ranking_is_PyTorchs()
    {
        using var pass = Pass.Train(device);
        var anchors = pass.Leaf(Tensor.From<float>([2, 3], [1f, 2f, 3f, -1f, 0.5f, 2f], device));
        var positives = pass.Leaf(Tensor.From<float>([2, 3], [0.5f, 2f, 2.5f, 1f, 0.5f, 2.5f], device));
        var loss = SentenceLosses.MultipleNegativesRanking(anchors, positives);
        Assert.Equal(LossOfPyTorch, loss.Value.ToArray()[0], 1e-5);
        var gradients = pass.Backward(loss);
        float[] actual = gradients.Of(anchors)!.ToArray();
        for (int i = 0; i < actual.Length; i++) Assert.Equal(GradientOfPyTorch[i], actual[i], 1e-5);
    }

    [Fact]
    public void A_vector_of_zeros_gives_finite_numbers()
    {
        using var pass = Pass.Train(device);
        var anchors = pass.Leaf(Tensor.From<float>([2, 2], [0f, 0f, 1f, 2f], device));
        var loss = SentenceLosses.MultipleNegativesRanking(anchors, anchors);
        Assert.True(float.IsFinite(loss.Value.ToArray()[0]));
        Assert.All(pass.Backward(loss).Of(anchors)!.ToArray()[2..], value => Assert.True(float.IsFinite(value)));
    }

    [Fact]
    public void What_are_no_pairs_is_refused()
    {
        using var pass = Pass.Infer(device);
        Variable two = pass.Constant(Tensor.From<float>([2, 2], [1f, 0f, 1f, 2f], device)), one = pass.Constant(Tensor.From<float>([1, 2], [1f, 0f], device));
        Assert.Throws<ShapeException>(() => SentenceLosses.MultipleNegativesRanking(two, one));
        Assert.Throws<ShapeException>(() => SentenceLosses.MultipleNegativesRanking(two, two, two.Reshape([1, 4])));
        Assert.Throws<ShapeException>(() => SentenceLosses.CosineSimilarity(two, two, [1f]));
    }

    private static double Cosine(double[] a, double[] b) =>
        a.Zip(b, (x, y) => x * y).Sum() / Math.Sqrt(a.Sum(x => x * x) * b.Sum(x => x * x));

    private void Compare(int[] rows, Func<Variable[], Variable> loss, Func<double[][][], double> expected)
    {
        var random = new Random(7);
        double[][][] numbers = [.. rows.Select(count => (double[][])[.. Enumerable.Range(0, count).Select(_ => (double[])[.. Enumerable.Range(0, Width).Select(_ => (double)(random.NextSingle() * 2 - 1))])])];
        using var pass = Pass.Train(device);
        Variable[] given = [.. numbers.Select(texts => pass.Leaf(Tensor.From<float>([texts.Length, Width], [.. texts.SelectMany(text => text.Select(value => (float)value))], device)))];
        var actual = loss(given);
        double reference = expected(numbers);
        Assert.Equal(reference, actual.Value.ToArray()[0], 1e-5 * Math.Max(1, Math.Abs(reference)));
        var gradients = pass.Backward(actual);
        for (int part = 0; part < rows.Length; part++)
        {
            float[] gradient = rows[part] == 0 ? [] : gradients.Of(given[part])!.ToArray();
            for (int i = 0; i < gradient.Length; i++)
            {
                const double Step = 1e-5;
                ref double value = ref numbers[part][i / Width][i % Width];
                double kept = value;
                value = kept + Step;
                double above = expected(numbers);
                value = kept - Step;
                double below = expected(numbers);
                value = kept;
                Assert.Equal((above - below) / (2 * Step), gradient[i], 2e-5);
            }
        }
    }
}
