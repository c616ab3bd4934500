using Graft.Models;
using Graft.Testing;

namespace Graft.Transfer.Tests;

public sealed class WeightSoupTests
{
    [Fact]
    public void A_soup_of_equal_models_is_each_of_them()
    {
        var model = new SmallModel { Seed = 5 };
        foreach (int count in (int[])[1, 2, 3, 7])
        {
            var soup = new SmallModel { Seed = 9 };
            WeightSoup.Blend(soup, [.. Enumerable.Repeat(model, count)]);
            Check.SameBits($"{count}", Weights(model), Weights(soup));
        }
    }

    [Fact]
    public void Weights_and_statistics_are_averaged()
    {
        SmallModel one = new() { Seed = 1 }, other = new() { Seed = 2 }, soup = new();
        other.Buffers().First().Value.CopyFrom([1f, 2f, 3f, 4f]);
        WeightSoup.Blend(soup, [one, other, other]);
        float[] first = Weights(one), second = Weights(other), mean = Weights(soup);
        for (int i = 0; i < mean.Length; i++) Assert.Equal((first[i] + 2.0 * second[i]) / 3, mean[i], 1e-6);
    }

    /// <summary>Weights of one number w, of which w = 2 is best: of 1, 4, 2.5 and -9 the greedy soup has 2.5, then 1 with it.</summary>
    [Fact]
    public void The_greedy_soup_takes_what_does_not_make_it_worse()
    {
        LinearModel[] models = [.. new[] { 1f, 4f, 2.5f, -9f }.Select(Of)];
        var soup = new LinearModel();
        var (used, scores, score) = WeightSoup.Greedy(soup, models, () => -Math.Abs(soup.Parameters().First().Value.ToArray()[0] - 2));
        Assert.Equal([2, 0], used);
        Assert.Equal([-1.0, -2.0, -0.5, -11.0], scores);
        Assert.Equal(-0.25, score);
        Assert.Equal(1.75f, soup.Parameters().First().Value.ToArray()[0]);
    }

    [Fact]
    public void Models_that_are_not_alike_are_refused_and_nothing_is_changed()
    {
        var soup = new SmallModel { Seed = 3 };
        float[] before = Weights(soup);
        Assert.Contains("cannot be averaged", Assert.Throws<ArgumentException>(() => WeightSoup.Blend(soup, [new SmallModel(), new LinearModel()])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => WeightSoup.Blend(soup, []));
        Assert.Throws<ArgumentException>(() => WeightSoup.Greedy(soup, [soup], () => 0));
        Check.SameBits("unchanged", before, Weights(soup));
    }

    private static LinearModel Of(float number)
    {
        var model = new LinearModel();
        model.Parameters().First().Value.CopyFrom([number, number, number, number]);
        return model;
    }

    private static float[] Weights(Model model) => [.. model.Parameters().Concat(model.Buffers()).SelectMany(static tensor => tensor.Value.ToArray())];
}
