namespace Graft.CommandLine.Demo;

/// <summary>A figure's placement on the canvas: its middle and half its size in pixels, turned, slanted and stretched.</summary>
internal sealed record Placement(Point Middle, float Size, float Turns = 0f, float Slant = 0f, float Stretch = 1f)
{
    /// <summary>A figure's lines in pixels, each point moved by up to <paramref name="wobble"/> of half the figure's size.</summary>
    public Point[][] Place(Point[][] lines, Draws draws, float wobble = 0f) =>
        [.. lines.Select(line => line.Select(point => Place(point, draws, wobble)).ToArray())];

    private Point Place(Point point, Draws draws, float wobble)
    {
        var (sine, cosine) = Pen.Direction(Turns);
        float y = (point.Y + draws.Between(-wobble, wobble)) / Stretch;
        float x = (point.X + draws.Between(-wobble, wobble)) * Stretch - Slant * y;
        return new Point(Middle.X + Size * (x * cosine - y * sine), Middle.Y + Size * (x * sine + y * cosine));
    }
}
