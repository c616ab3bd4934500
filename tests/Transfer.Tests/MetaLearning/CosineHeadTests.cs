using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Transfer.Tests;

public sealed class CosineHeadTests : IDisposable
{
    private readonly CpuDevice device = new(1);

    public void Dispose() => device.Dispose();

    [Fact]
    public void Answers_are_cosines_times_the_scale()
    {
        var head = new CosineHead(features: 3, classes: 2, scale: 5);
        float[] vectors = head.Parameters().Single().Value.ToArray(), rows = [1, 2, -1, 0.5f, 0, 3];
        using var pass = Pass.Infer(device);
        float[] scores = head.Forward(pass.Constant(pass.Upload<float>([2, 3], rows))).Value.ToArray();
        for (int row = 0; row < 2; row++)
            for (int one = 0; one < 2; one++) Assert.Equal(5 * Cosine(rows.AsSpan(3 * row, 3), vectors.AsSpan(3 * one, 3)), scores[2 * row + one], 1e-5);
        Assert.Equal(2, new CosineHead(3, 200).Scale);
        Assert.Equal(10, new CosineHead(3, 201).Scale);
    }

    [Fact]
    public void A_head_is_fitted_to_a_few_examples_of_classes_that_lie_in_other_directions()
    {
        var stream = new RandomStream(4, "planted");
        var (few, labels) = Planted(stream, perClass: 2, 0);
        var (others, truth) = Planted(stream, perClass: 40, 1);
        var head = CosineHead.Fit(few, labels, device, new CosineHeadOptions { Seed = 2 });
        Assert.Equal(3, head.Classes);
        int[] answers = head.Answers(others, device);
        Assert.True(answers.Zip(truth).Count(static pair => pair.First == pair.Second) > 0.9 * truth.Length);
        Assert.Equal(answers, CosineHead.Fit(few, labels, device, new CosineHeadOptions { Seed = 2 }).Answers(others, device));
        // how long a row is says nothing
        Assert.Equal(answers, head.Answers([.. others.Select(static row => row.Select(static x => 7 * x).ToArray())], device));
        Assert.Empty(head.Answers([], device));
    }

    [Fact]
    public void What_cannot_be_fitted_is_refused()
    {
        Assert.Throws<ArgumentException>(() => CosineHead.Fit([], [], device));
        Assert.Throws<ArgumentException>(() => CosineHead.Fit([[1f]], [0, 1], device));
        Assert.Throws<ArgumentException>(() => CosineHead.Fit([[1f]], [-1], device));
        Assert.Throws<ArgumentException>(() => CosineHead.Fit([[1f], [1f, 2f]], [0, 1], device));
        Assert.Throws<ArgumentOutOfRangeException>(() => CosineHead.Fit([[1f]], [0], device, new CosineHeadOptions { LearningRate = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>(static () => new CosineHead(3, 2, scale: 0));
    }

    private static (float[][] Rows, int[] Labels) Planted(RandomStream stream, int perClass, ulong part)
    {
        float[][] directions = [[3, 0, 0, 1], [0, 3, 0, 1], [0, 0, 3, 1]];
        int[] labels = [.. Enumerable.Range(0, 3 * perClass).Select(static row => row % 3)];
        return ([.. labels.Select((label, row) =>
        {
            var noise = new float[4];
            stream.FillNormal(noise, 0, 0.5f, part * 1000 + (ulong)row);
            return directions[label].Zip(noise, static (a, b) => a + b).ToArray();
        })], labels);
    }

    private static double Cosine(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        double product = 0, first = 0, second = 0;
        for (int i = 0; i < a.Length; i++)
        {
            product += (double)a[i] * b[i];
            first += (double)a[i] * a[i];
            second += (double)b[i] * b[i];
        }
        return product / Math.Sqrt(first * second);
    }
}
