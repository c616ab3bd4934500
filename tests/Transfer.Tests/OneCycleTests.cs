namespace Graft.Transfer.Tests;

/// <summary>The factors of PyTorch 1.13's <c>OneCycleLR</c> with <c>max_lr=1</c> and cosine annealing.</summary>
public class OneCycleTests
{
    [Theory]
    [InlineData(10, 0.3, new[] { 0.04, 0.52, 1.0, 0.950484632, 0.811745654, 0.611262022, 0.388741978, 0.188258346, 0.049519368, 4e-06 })]
    [InlineData(7, 0.99, new[] { 0.04, 0.10579912, 0.285156794, 0.528899786, 0.770202786, 0.94290944, 4e-06 })]
    [InlineData(5, 0.25, new[] { 0.04, 0.904508879, 0.552266023, 0.165438035, 4e-06 })]
    [InlineData(3, 0.3, new[] { 0.994415435, 0.462637103, 4e-06 })]
    public void Factors_are_PyTorchs(int steps, double rising, double[] expected)
    {
        var cycle = new OneCycle(steps, rising);
        for (int step = 0; step < steps; step++) Assert.Equal(expected[step], cycle.FactorAtStep(step), 1e-8);
    }

    [Theory]
    [InlineData(1, 0.3)]
    [InlineData(2, 0.5)]
    [InlineData(3, 1)]
    [InlineData(4, 0)]
    public void The_shortest_and_the_one_sided_cycles_stay_between_nothing_and_the_peak(int steps, double rising)
    {
        var cycle = new OneCycle(steps, rising);
        var factors = Enumerable.Range(0, steps).Select(cycle.FactorAtStep).ToList();
        Assert.All(factors, factor => Assert.InRange(factor, 0, 1));
        Assert.True(factors.Max() > 0.5, "a cycle that never comes near its highest rate teaches nothing");
    }

    [Fact]
    public void A_position_is_its_step_bit_by_bit()
    {
        foreach (int steps in Enumerable.Range(1, 300).Append(4_999).Append(100_003))
        {
            var cycle = new OneCycle(steps);
            for (int step = 0; step < steps; step += 1 + steps / 500)
                Assert.Equal(cycle.FactorAtStep(step), cycle.FactorAt((double)step / steps));
            Assert.Equal(cycle.FactorAtStep(steps - 1), cycle.FactorAt(1));
        }
        var ten = new OneCycle(10);
        Assert.InRange(ten.FactorAt(0.15), ten.FactorAtStep(1), ten.FactorAtStep(2));
        Assert.Throws<ArgumentOutOfRangeException>(() => ten.FactorAt(-0.1));
        Assert.Throws<ArgumentOutOfRangeException>(() => ten.FactorAt(double.NaN));
    }

    [Fact]
    public void What_lies_outside_the_cycle_is_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new OneCycle(3).FactorAtStep(3));
        Assert.Throws<ArgumentOutOfRangeException>(() => new OneCycle(3).FactorAtStep(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new OneCycle(0).FactorAtStep(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new OneCycle(3, RisingShare: 1.5).FactorAtStep(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new OneCycle(3, StartDivisor: 0).FactorAtStep(0));
    }
}
