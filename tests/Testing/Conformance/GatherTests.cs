using Graft.Tensors;
using Xunit;

namespace Graft.Testing;

/// <summary>Gather and its backward, and rows copied to places that a tensor names.</summary>
public sealed class GatherTests<TDevice> : DeviceTests<TDevice> where TDevice : ITestedDevice
{
    private static readonly (int Entries, int Width, int Rows)[] Full =
        [(1, 1, 1), (5, 1, 9), (7, 3, 4), (10, 16, 33), (13, 17, 40), (50, 64, 300), (3, 70, 1000), (1000, 8, 20), (4, 5, 0)];

    private static IEnumerable<(int Entries, int Width, int Rows)> Cases => Tiny ? Full.Take(3) : Full;

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

    [Fact]
    public void Rows_are_copied_to_their_places_and_all_else_stays()
    {
        (int[] Positions, int Heads, int Places, int Length, int Depth)[] cases =
        [
            ([0], 1, 1, 1, 1), ([2, 0], 2, 2, 5, 3), ([-1, 3, 4], 1, 2, 4, 2), ([int.MaxValue, int.MinValue], 1, 2, 3, 2), ([1], 2, 0, 3, 2),
            .. Tiny ? [] : new[] { (new[] { 60, 0, 17 }, 4, 5, 64, 40), (new[] { 0, 100 }, 3, 70, 130, 17) },
        ];
        Each(cases, item =>
        {
            var (positions, heads, places, length, depth) = item;
            Shape from = [positions.Length, places, heads, depth], to = [positions.Length, length, heads, depth];
            float[] source = Draw.Uniform("source", from.ElementCount), expected = Draw.Uniform("destination", to.ElementCount);
            foreach (var layout in new[] { Layout.Contiguous, Layout.PaddedRows })
            {
                var destination = Input(to, [.. expected], layout);
                // read and written as attention has it: heads before places
                Device.IndexCopy(
                    Input(from, source, layout).Tensor.Permute(0, 2, 1, 3), Input([positions.Length], positions).Tensor,
                    destination.Tensor.Permute(0, 2, 1, 3));
                float[] wanted = [.. expected];
                for (int batch = 0; batch < positions.Length; batch++)
                {
                    for (int place = 0; place < places; place++)
                    {
                        long at = (long)positions[batch] + place;
                        if (at < 0 || at >= length) continue;
                        source.AsSpan((batch * places + place) * heads * depth, heads * depth)
                            .CopyTo(wanted.AsSpan((batch * length + (int)at) * heads * depth));
                    }
                }
                Check.SameBits("destination", destination.Read("destination"), wanted);
            }
        });
    }
}
