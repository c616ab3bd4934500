namespace Graft.CommandLine.Demo;

/// <summary>Lines and outlines in a figure's own square, from -1 to 1 with y downwards.</summary>
internal static class Pen
{
    /// <summary>Points given as x, y, x, y ...</summary>
    public static Point[] Line(params ReadOnlySpan<float> numbers)
    {
        var points = new Point[numbers.Length / 2];
        for (int i = 0; i < points.Length; i++) points[i] = new Point(numbers[2 * i], numbers[2 * i + 1]);
        return points;
    }

    /// <summary>A part of an ellipse. Angles are shares of a full turn: 0 is to the right, a quarter downwards.</summary>
    public static Point[] Arc(float x, float y, float radiusX, float radiusY, float from = 0f, float to = 1f)
    {
        const int Pieces = 20;
        var points = new Point[Pieces + 1];
        for (int i = 0; i <= Pieces; i++) points[i] = Around(x, y, radiusX, radiusY, from + (to - from) * i / Pieces);
        return points;
    }

    /// <summary>Corners at equal angles from the top on, whose distances from the middle take turns: one radius makes a regular
    /// polygon, two make a star.</summary>
    public static Point[] Corners(int count, params ReadOnlySpan<float> radii)
    {
        var points = new Point[count];
        for (int i = 0; i < count; i++)
        {
            float radius = radii[i % radii.Length];
            points[i] = Around(0, 0, radius, radius, (float)i / count - 0.25f);
        }
        return points;
    }

    /// <summary>Sine and cosine of an angle given as a share of a full turn; a polynomial of our own, so that no machine's
    /// mathematical library can shift a pixel.</summary>
    public static (float Sine, float Cosine) Direction(float turns) => (Sine(turns), Sine(turns + 0.25f));

    private static Point Around(float x, float y, float radiusX, float radiusY, float turns)
    {
        var (sine, cosine) = Direction(turns);
        return new Point(x + radiusX * cosine, y + radiusY * sine);
    }

    private static float Sine(double turns)
    {
        turns -= Math.Floor(turns + 0.5); // within half a turn either way and then, mirrored, within a quarter
        if (Math.Abs(turns) > 0.25) turns = Math.CopySign(0.5, turns) - turns;
        double angle = turns * 2 * Math.PI, square = angle * angle;
        // the Taylor series up to the eleventh power: within 6e-8
        return (float)(angle * (1 - square / 6 * (1 - square / 20 * (1 - square / 42 * (1 - square / 72 * (1 - square / 110))))));
    }
}
