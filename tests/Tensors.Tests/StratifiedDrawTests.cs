namespace Graft.Tensors.Tests;

public class StratifiedDrawTests
{
    [Fact]
    public void Every_class_gives_its_share_and_keeps_one()
    {
        int[] classes = [.. Enumerable.Repeat(0, 10), .. Enumerable.Repeat(7, 2), 3];
        var heldOut = StratifiedDraw.HeldOut(classes, 0.9, seed: 1);
        Assert.Equal([9, 1, 0], new[] { 0, 7, 3 }.Select(name => heldOut.Count(index => classes[index] == name)));
        Assert.Equal(heldOut.Order(), StratifiedDraw.HeldOut(classes, 0.9, seed: 1).Order());
        Assert.Equal(5, StratifiedDraw.Each(classes, 2, seed: 1).Count);
        Assert.Throws<ArgumentOutOfRangeException>(() => StratifiedDraw.HeldOut(classes, double.NaN, seed: 1));
    }
}
