using Xunit;

namespace Graft.Testing;

/// <summary>Gather and its backward.</summary>
public abstract class GatherTests : DeviceTests
{
    private static readonly (int Entries, int Width, int Rows)[] Full =
        [(1, 1, 1), (5, 1, 9), (7, 3, 4), (10, 16, 33), (13, 17, 40), (50, 64, 300), (3, 70, 1000), (1000, 8, 20), (4, 5, 0)];

    private IEnumerable<(int Entries, int Width, int Rows)> Cases => Tiny ? Full.Take(3) : Full;

    [Fact]
    public void Rows_are_taken_as_they_are() => Each(Cases, item =>
    {
        var (entries, width, rows) = item;
        var table = Draw.Uniform("table", entries * width);
        var indices = Draw.Integers("indices", rows, 0, entries);
        var y = Output([rows, width]);
        Device.Gather(Input([entries, width], table).Tensor, Input([rows], indices).Tensor, y.Tensor);
        Check.SameBits("y", y.Read("y"), [.. indices.SelectMany(index => table.AsSpan(index * width, width).ToArray())]);
    });

    [Fact]
    public void Backward_adds_repeated_rows_in_order_and_clears_the_rest() => Each(Cases, item =>
    {
        var (entries, width, rows) = item;
        var dy = Draw.Uniform("dy", rows * width);
        var indices = Draw.Integers("indices", rows, 0, entries);
        var dtable = Output([entries, width]);
        Device.GatherBackward(Input([rows, width], dy).Tensor, Input([rows], indices).Tensor, dtable.Tensor);
        // the contract names the order of the additions, so every bit is known
        var expected = new float[entries * width];
        for (int row = 0; row < rows; row++)
            for (int column = 0; column < width; column++) expected[indices[row] * width + column] += dy[row * width + column];
        Check.SameBits("dtable", dtable.Read("dtable"), expected);
    });
}
