using Graft.Tensors;
using Graft.Transfer;

namespace Graft.Tasks.Tests;

public sealed class CrossValidationTests : IDisposable
{
    private static readonly int[] Classes = [.. Enumerable.Repeat(0, 11), .. Enumerable.Repeat(2, 4), .. Enumerable.Repeat(1, 7)];

    private readonly TemporaryFolder folder = new();
    private readonly CpuDevice device = new(2);

    public void Dispose()
    {
        device.Dispose();
        folder.Dispose();
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    public void Parts_are_of_like_classes_and_follow_from_the_seed(int folds)
    {
        int[] parts = CrossValidation.PartsOf(Classes, folds, seed: 3);
        Assert.Equal(Classes.Length, parts.Length);
        var sizes = parts.CountBy(static part => part).Select(static part => part.Value).ToList();
        Assert.Equal(folds, sizes.Count);
        Assert.InRange(sizes.Max() - sizes.Min(), 0, 1);
        foreach (var group in Classes.Index().GroupBy(static example => example.Item))
        {
            int[] counts = [.. Enumerable.Range(0, folds).Select(part => group.Count(example => parts[example.Index] == part))];
            Assert.InRange(counts.Max() - counts.Min(), 0, 1);
        }
        Assert.Equal(parts, CrossValidation.PartsOf(Classes, folds, seed: 3));
        Assert.NotEqual(parts, CrossValidation.PartsOf(Classes, folds, seed: 4));
    }

    [Fact]
    public void Each_example_is_evaluated_once_by_what_has_not_learnt_from_it()
    {
        var seen = new List<int>();
        var crossed = CrossValidation.Run(Classes, 4, seed: 1, (learnt, held) =>
        {
            Assert.Empty(learnt.Intersect(held));
            Assert.Equal(Classes.Length, learnt.Count + held.Count);
            seen.AddRange(held);
            return new Evaluation(held.Count, correct: held.Count / 2, loss: held.Contains(0) ? 1 : 2);
        });
        Assert.Equal(Enumerable.Range(0, Classes.Length), seen.Order());
        Assert.Equal(1.75, crossed.Mean(Metrics.Loss));
        Assert.Equal(0.5, crossed.Spread(Metrics.Loss));
    }

    [Fact]
    public void Pictures_are_cross_validated_the_same_way_each_time()
    {
        var pictures = LabelledImages.Open(Pictures.Folder(folder, "train", 6, "blue", "green"));
        string weights = Pictures.Weights(folder);
        var options = new ImageFineTuneOptions { BatchSize = 4, HeldOut = 0.25, Recipe = new FineTuneOptions { Epochs = 2, LearningRate = 0.05, Seed = 1 } };
        var told = new List<Evaluation>();
        CrossValidation Crossed() => CrossValidation.OfImages(() => ImageClassifier.FromPretrained(Pictures.Model, weights, device), pictures, options, 3, told.Add);
        var first = Crossed();
        Assert.Equal([4, 4, 4], first.Folds.Select(static fold => fold.Examples));
        Assert.Equal(told, first.Folds);
        Assert.Equal(first.Folds, Crossed().Folds);
    }

    [Fact]
    public void Too_few_examples_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => CrossValidation.PartsOf(Classes, 1, 0));
        Assert.Throws<ArgumentException>(() => CrossValidation.PartsOf([0, 0, 1, 1], 5, 0));
        Assert.Contains("has one example", Assert.Throws<ArgumentException>(() => CrossValidation.PartsOf([0, 0, 1], 2, 0)).Message, StringComparison.Ordinal);
    }
}
