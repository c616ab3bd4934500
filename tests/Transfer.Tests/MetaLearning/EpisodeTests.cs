using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Transfer.Tests;

public sealed class EpisodeTests
{
    private static readonly int[] Labels = [.. Enumerable.Range(0, 60).Select(static i => i % 6)];

    [Fact]
    public void An_episode_has_its_classes_and_no_example_twice()
    {
        var draw = new EpisodeDraw(Labels, ways: 4, shots: 2, queries: 3, seed: 5);
        var seen = new HashSet<string>();
        for (int number = 0; number < 200; number++)
        {
            var episode = draw.At(number);
            Assert.Equal((4, 8, 12), (episode.Ways, episode.Support.Count, episode.Queries.Count));
            Assert.Equal(4, episode.Classes.Distinct().Count());
            Assert.Equal(20, episode.Support.Concat(episode.Queries).Distinct().Count());
            Assert.All(episode.Support.Zip(episode.SupportLabels), example => Assert.Equal(episode.Classes[example.Second], Labels[example.First]));
            Assert.All(episode.Queries.Zip(episode.QueryLabels), example => Assert.Equal(episode.Classes[example.Second], Labels[example.First]));
            seen.Add(string.Join(',', episode.Support));
            Assert.Equal(episode.Support, new EpisodeDraw(Labels, 4, 2, 3, 5).At(number).Support);
        }
        Assert.True(seen.Count > 190);
        Assert.NotEqual(draw.At(0).Support, new EpisodeDraw(Labels, 4, 2, 3, 6).At(0).Support);
    }

    [Fact]
    public void Too_few_examples_are_refused()
    {
        Assert.Contains("0 of 6 classes have 11 examples", Assert.Throws<ArgumentException>(static () => new EpisodeDraw(Labels, 2, 5, 6)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(static () => new EpisodeDraw(Labels, 1, 1, 1));
        Assert.Throws<ArgumentOutOfRangeException>(static () => new EpisodeDraw(Labels, 2, 1, 1).At(-1));
    }

    [Fact]
    public void Examples_belong_to_the_nearest_prototype()
    {
        using var device = new CpuDevice(1);
        using var pass = Pass.Train(device);
        var support = pass.Leaf(pass.Upload<float>([4, 2], [0, 0, 2, 0, 10, 1, 10, 3]));
        var queries = pass.Leaf(pass.Upload<float>([2, 2], [1, 1, 9, 2]));
        var prototypes = PrototypicalNetwork.Prototypes(support, ways: 2);
        Assert.Equal([1, 0, 10, 2], prototypes.Value.ToArray());
        Assert.Equal([-1, -82, -68, -1], PrototypicalNetwork.Logits(queries, prototypes).Value.ToArray());
        var loss = PrototypicalNetwork.Loss(support, queries, 2);
        Assert.Equal(0, loss.Value.ToArray()[0], 1e-6);
        // the wrong way around it is the difference of distances
        var wrong = PrototypicalNetwork.Loss(support, pass.Constant(pass.Upload<float>([2, 2], [9, 2, 1, 1])), 2);
        Assert.Equal((67 + 81) / 2.0, wrong.Value.ToArray()[0], 1e-3);
        using var gradients = pass.Backward(wrong);
        Assert.Contains(gradients.Of(support)!.ToArray(), static slope => slope != 0);
        Assert.Throws<ShapeException>(() => PrototypicalNetwork.Prototypes(support, 3));
        Assert.Throws<ShapeException>(() => PrototypicalNetwork.Logits(queries, pass.Constant(pass.Upload<float>([2, 3], new float[6]))));
    }
}
