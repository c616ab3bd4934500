using Graft.Tasks;

namespace Graft.CommandLine.Demo;

/// <summary>A point on the canvas in pixels, y downwards, or a point in a figure's own square from -1 to 1.</summary>
internal readonly record struct Point(float X, float Y);

/// <summary>Red, green and blue, each from 0 to 1.</summary>
internal readonly record struct Colour(float Red, float Green, float Blue)
{
    /// <summary>How light it looks, from 0 to 1.</summary>
    public float Lightness => 0.3f * Red + 0.59f * Green + 0.11f * Blue;

    /// <summary>This colour at 0, the other at 1.</summary>
    public Colour Towards(Colour other, float share) =>
        new(Red + (other.Red - Red) * share, Green + (other.Green - Green) * share, Blue + (other.Blue - Blue) * share);
}

/// <summary>A small picture that is painted on. Edges are smooth: a pixel takes as much of the colour as its centre is deep
/// within the figure, from half a pixel outside (none) to half a pixel inside (all).</summary>
/// <remarks>Only sums, products, quotients and square roots are used, which every machine rounds alike, so that a drawing has
/// the same bytes everywhere.</remarks>
internal sealed class Canvas(int side)
{
    private readonly Colour[] pixels = new Colour[side * side];

    /// <summary>Its width and height in pixels.</summary>
    public int Side => side;

    /// <summary>Gives every pixel the colour that a function of its centre says.</summary>
    public void Paint(Func<Point, Colour> colourAt)
    {
        for (int i = 0; i < pixels.Length; i++) pixels[i] = colourAt(Centre(i));
    }

    /// <summary>Fills closed outlines; what an odd number of them encloses is inside, so that a second one cuts a hole.</summary>
    public void Fill(Point[][] outlines, Colour colour, float opacity = 1f)
    {
        for (int i = 0; i < pixels.Length; i++)
        {
            var centre = Centre(i);
            float nearest = float.MaxValue;
            bool inside = false;
            foreach (var outline in outlines)
            {
                var from = outline[^1];
                foreach (var to in outline)
                {
                    nearest = Math.Min(nearest, SquaredDistance(centre, from, to));
                    // a ray to the right crosses this edge
                    if (from.Y > centre.Y != to.Y > centre.Y
                        && centre.X < from.X + (to.X - from.X) * (centre.Y - from.Y) / (to.Y - from.Y)) inside = !inside;
                    from = to;
                }
            }
            float depth = MathF.Sqrt(nearest) * (inside ? 1f : -1f);
            Cover(i, depth, colour, opacity);
        }
    }

    /// <summary>Draws along lines with a round pen of that width in pixels.</summary>
    public void Stroke(Point[][] lines, float width, Colour colour, float opacity = 1f)
    {
        for (int i = 0; i < pixels.Length; i++)
        {
            var centre = Centre(i);
            float nearest = float.MaxValue;
            foreach (var line in lines)
                for (int j = 1; j < line.Length; j++)
                    nearest = Math.Min(nearest, SquaredDistance(centre, line[j - 1], line[j]));
            Cover(i, width / 2 - MathF.Sqrt(nearest), colour, opacity);
        }
    }

    /// <summary>The picture in bytes, each channel moved by as much as <paramref name="noise"/> either way.</summary>
    public RgbImage ToImage(Draws draws, float noise)
    {
        var image = new RgbImage(side, side);
        for (int i = 0; i < pixels.Length; i++)
        {
            image.Pixels[3 * i] = ToByte(pixels[i].Red + draws.Between(-noise, noise));
            image.Pixels[3 * i + 1] = ToByte(pixels[i].Green + draws.Between(-noise, noise));
            image.Pixels[3 * i + 2] = ToByte(pixels[i].Blue + draws.Between(-noise, noise));
        }
        return image;
    }

    private void Cover(int pixel, float depth, Colour colour, float opacity)
    {
        if (depth > -0.5f) pixels[pixel] = pixels[pixel].Towards(colour, Math.Min(1f, depth + 0.5f) * opacity);
    }

    private Point Centre(int pixel) => new(pixel % side + 0.5f, pixel / side + 0.5f);

    private static byte ToByte(float value) => (byte)(Math.Clamp(value, 0f, 1f) * 255f + 0.5f);

    private static float SquaredDistance(Point point, Point from, Point to)
    {
        float x = to.X - from.X, y = to.Y - from.Y, length = x * x + y * y;
        float along = length > 0 ? Math.Clamp(((point.X - from.X) * x + (point.Y - from.Y) * y) / length, 0f, 1f) : 0f;
        float aside = point.X - from.X - along * x, below = point.Y - from.Y - along * y;
        return aside * aside + below * below;
    }
}
