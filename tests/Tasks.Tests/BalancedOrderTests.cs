namespace Graft.Tasks.Tests;

public sealed class BalancedOrderTests
{
    private static readonly int[] Labels = [.. Enumerable.Repeat(0, 20), .. Enumerable.Repeat(2, 3), .. Enumerable.Repeat(5, 8)];

    [Fact]
    public void Classes_come_equally_often_and_what_does_not_divide_goes_around()
    {
        var order = new BalancedOrder(Labels, seed: 4);
        var sums = new SortedDictionary<int, int>();
        for (int epoch = 0; epoch < 3; epoch++)
        {
            int[] drawn = order.Epoch(epoch);
            Assert.Equal(Labels.Length, drawn.Length);
            foreach (var (label, count) in drawn.CountBy(example => Labels[example]))
            {
                Assert.InRange(count, 10, 11);
                sums[label] = sums.GetValueOrDefault(label) + count;
            }
        }
        Assert.Equal([31, 31, 31], sums.Values);
    }

    [Fact]
    public void A_large_class_takes_turns_and_a_small_one_comes_as_often_as_it_has_to()
    {
        var order = new BalancedOrder(Labels, seed: 4);
        int[] two = [.. order.Epoch(0), .. order.Epoch(1)];
        var times = two.CountBy(example => example).ToDictionary();
        Assert.All(times.Where(entry => Labels[entry.Key] == 0), entry => Assert.InRange(entry.Value, 1, 2));
        Assert.Equal(20, times.Keys.Count(example => Labels[example] == 0));
        Assert.All(times.Where(entry => Labels[entry.Key] == 2), entry => Assert.InRange(entry.Value, 6, 8));
    }

    [Fact]
    public void An_epoch_follows_from_the_seed_alone()
    {
        Assert.Equal(new BalancedOrder(Labels, 4).Epoch(7), new BalancedOrder(Labels, 4).Epoch(7));
        Assert.NotEqual(new BalancedOrder(Labels, 4).Epoch(7), new BalancedOrder(Labels, 4).Epoch(8));
        Assert.NotEqual(new BalancedOrder(Labels, 4).Epoch(7), new BalancedOrder(Labels, 5).Epoch(7));
    }
}
