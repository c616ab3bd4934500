namespace Graft.Transfer.Tests;

public sealed class NearestNeighboursTests
{
    [Fact]
    public void An_example_has_the_class_of_those_most_like_it()
    {
        float[][] known = [[1, 0], [1, 0.1f], [0, 1], [0.1f, 1], [-1, 0]];
        int[] labels = [0, 0, 1, 1, 2];
        float[][] asked = [[5, 0.2f], [0.3f, 9], [-2, 0.1f], [0, 0]];
        Assert.Equal(0.75, NearestNeighbours.Accuracy(known, labels, asked, [0, 1, 2, 1], neighbours: 1));
        // of all five the likeness decides, not the number
        Assert.Equal(0.75, NearestNeighbours.Accuracy(known, labels, asked, [0, 1, 2, 2], neighbours: 5));
        Assert.Throws<ArgumentException>(() => NearestNeighbours.Accuracy(known, labels, asked, [0]));
        Assert.Throws<ArgumentOutOfRangeException>(() => NearestNeighbours.Accuracy(known, labels, asked, [0, 1, 2, 1], neighbours: 0));
    }
}
