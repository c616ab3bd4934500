namespace Graft.Models;

/// <summary>Positions [1, tokens + h w, D] of a square grid of patches as those of another grid: bicubic, as torchvision's
/// <c>interpolate_embeddings</c> and Hugging Face's <c>interpolate_pos_encoding</c> make them. Tokens before the patches keep theirs.</summary>
/// <param name="tokens">How many tokens stand before the patches.</param>
/// <param name="height">Rows of the grid.</param>
/// <param name="width">Columns of the grid.</param>
/// <param name="depth">D.</param>
/// <param name="alignsCorners">Whether the outermost patches keep their places, as torchvision has it; else the outermost edges.</param>
internal sealed class PositionInterpolation(int tokens, int height, int width, int depth, bool alignsCorners) : StoredShapeRule
{
    /// <summary>PyTorch's parameter of the cubic kernel (Keys 1981).</summary>
    private const double Sharpness = -0.75;

    public override string Name => "positions interpolated";

    public override bool Takes(IReadOnlyList<long> lengths) =>
        lengths is [1, var places, var wide] && wide == depth && places > tokens && places - tokens <= int.MaxValue && SideOf((int)(places - tokens)) is not null;

    public override void Convert(ReadOnlySpan<float> source, Span<float> values)
    {
        int side = SideOf(source.Length / depth - tokens)!.Value;
        source[..(tokens * depth)].CopyTo(values);
        var grid = source[(tokens * depth)..];
        var to = values[(tokens * depth)..];
        var (rows, columns) = (Taps(side, height), Taps(side, width));
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                var place = to.Slice((y * width + x) * depth, depth);
                place.Clear();
                foreach (var (row, rowWeight) in rows[y])
                    foreach (var (column, columnWeight) in columns[x])
                        Add(grid.Slice((row * side + column) * depth, depth), (float)(rowWeight * columnWeight), place);
            }
        }
    }

    private static void Add(ReadOnlySpan<float> from, float weight, Span<float> to)
    {
        for (int i = 0; i < to.Length; i++) to[i] += weight * from[i];
    }

    /// <summary>The four places that each new one is made of, and their weights.</summary>
    private (int Place, double Weight)[][] Taps(int from, int count)
    {
        var taps = new (int Place, double Weight)[count][];
        for (int at = 0; at < count; at++)
        {
            double place = alignsCorners ? (count > 1 ? at * (from - 1.0) / (count - 1) : 0) : (at + 0.5) * from / count - 0.5;
            int first = (int)Math.Floor(place);
            double share = place - first;
            taps[at] = [.. Enumerable.Range(-1, 4).Select(step => (Math.Clamp(first + step, 0, from - 1), Kernel(Math.Abs(share - step))))];
        }
        return taps;
    }

    private static double Kernel(double distance) => distance < 1
        ? ((Sharpness + 2) * distance - (Sharpness + 3)) * distance * distance + 1
        : ((Sharpness * distance - 5 * Sharpness) * distance + 8 * Sharpness) * distance - 4 * Sharpness;

    private static int? SideOf(int places)
    {
        int side = (int)Math.Round(Math.Sqrt(places));
        return side * side == places ? side : null;
    }
}
