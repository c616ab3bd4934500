namespace Graft.CommandLine.Demo;

/// <summary>What the embedded weights were pretrained on: twenty plain shapes, filled or outlined, of any colour, size and turn,
/// on coloured backgrounds with gradients, stripes and stray lines. There is nothing to go by but edges, corners, curves and
/// holes, which other drawings are made of too.</summary>
internal sealed class SourceTask : DrawnTask
{
    private static readonly (string Name, Point[][] Outlines)[] Shapes =
    [
        ("disc", [Pen.Arc(0, 0, 1, 1)]),
        ("half disc", [Pen.Arc(0, -0.4f, 1, 1, 0, 0.5f)]),
        ("slice", [[.. Pen.Arc(0, 0, 1, 1, 0.12f, 0.88f), new(0, 0)]]),
        ("bullseye", [Pen.Arc(0, 0, 1, 1), Pen.Arc(0, 0, 0.6f, 0.6f)]),
        ("crescent", [[.. Pen.Arc(0, 0, 1, 1, 0.1f, 0.9f), .. Pen.Arc(0.45f, 0, 0.7f, 0.7f, 0.83f, 0.17f)]]),
        ("drop", [[.. Pen.Arc(0, 0.35f, 0.65f, 0.65f, -0.05f, 0.55f), new(0, -1)]]),
        ("heart", [[
            .. Pen.Arc(-0.45f, -0.3f, 0.5f, 0.5f, 0.42f, 1), .. Pen.Arc(0.45f, -0.3f, 0.5f, 0.5f, 0.5f, 1.08f), new(0, 0.9f)]]),
        ("flower", [Pen.Corners(30, 0.55f, 0.85f, 1, 1, 0.85f, 0.55f)]),
        ("triangle", [Pen.Corners(3, 1)]),
        ("square", [Pen.Corners(4, 1)]),
        ("pentagon", [Pen.Corners(5, 1)]),
        ("four-pointed star", [Pen.Corners(8, 1, 0.35f)]),
        ("five-pointed star", [Pen.Corners(10, 1, 0.42f)]),
        ("plus", [Pen.Line(
            -0.3f, -1, 0.3f, -1, 0.3f, -0.3f, 1, -0.3f, 1, 0.3f, 0.3f, 0.3f,
            0.3f, 1, -0.3f, 1, -0.3f, 0.3f, -1, 0.3f, -1, -0.3f, -0.3f, -0.3f)]),
        ("arrow", [Pen.Line(0, -1, 0.8f, -0.1f, 0.28f, -0.1f, 0.28f, 1, -0.28f, 1, -0.28f, -0.1f, -0.8f, -0.1f)]),
        ("chevron", [Pen.Line(-0.7f, -1, 0.2f, -1, 0.9f, 0, 0.2f, 1, -0.7f, 1, 0, 0)]),
        ("hourglass", [Pen.Line(-0.8f, -1, 0.8f, -1, 0.15f, 0, 0.8f, 1, -0.8f, 1, -0.15f, 0)]),
        ("bolt", [Pen.Line(0.3f, -1, -0.6f, 0.2f, -0.05f, 0.2f, -0.3f, 1, 0.6f, -0.2f, 0.05f, -0.2f)]),
        ("stairs", [Pen.Line(
            -0.9f, 0.9f, -0.9f, -0.9f, -0.3f, -0.9f, -0.3f, -0.3f, 0.3f, -0.3f, 0.3f, 0.3f, 0.9f, 0.3f, 0.9f, 0.9f)]),
        ("bars", [
            Pen.Line(-1, -0.9f, 1, -0.9f, 1, -0.5f, -1, -0.5f),
            Pen.Line(-1, -0.2f, 1, -0.2f, 1, 0.2f, -1, 0.2f),
            Pen.Line(-1, 0.5f, 1, 0.5f, 1, 0.9f, -1, 0.9f)]),
    ];

    public override string Name => "source";

    public override IReadOnlyList<string> Classes { get; } = [.. Shapes.Select(shape => shape.Name)];

    protected override void Draw(Canvas canvas, int label, Draws draws)
    {
        var ground = AnyColour(draws);
        Background(canvas, ground, draws);
        Clutter(canvas, draws);

        float size = draws.Between(6.5f, 12f);
        var middle = new Point(draws.Between(size, Side - size), draws.Between(size, Side - size));
        float turns = draws.Between(0, 1), slant = draws.Between(-0.2f, 0.2f), stretch = draws.Between(0.85f, 1.15f);
        var placement = new Placement(middle, size, turns, slant, stretch);
        var outlines = placement.Place(Shapes[label].Outlines, draws, wobble: 0.03f);
        var colour = AgainstColour(ground, draws);
        if (draws.Chance(0.4f)) canvas.Fill(outlines, colour);
        else canvas.Stroke([.. outlines.Select(outline => (Point[])[.. outline, outline[0]])], draws.Between(1.2f, 3f), colour);
    }

    /// <summary>The ground colour, running into a neighbouring one, with or without stripes.</summary>
    private static void Background(Canvas canvas, Colour ground, Draws draws)
    {
        var (sine, cosine) = Pen.Direction(draws.Between(0, 1));
        var other = ground.Towards(AnyColour(draws), 0.25f);
        float stripes = draws.Chance(0.4f) ? draws.Between(0.03f, 0.1f) : 0f, period = draws.Between(3f, 9f);
        canvas.Paint(point =>
        {
            float along = (point.X * cosine + point.Y * sine) / Side;
            var colour = ground.Towards(other, Math.Clamp(along, 0f, 1f));
            float lift = stripes * Pen.Direction(along * Side / period).Sine;
            return new Colour(colour.Red + lift, colour.Green + lift, colour.Blue + lift);
        });
    }

    /// <summary>Up to three stray lines of any colour.</summary>
    private static void Clutter(Canvas canvas, Draws draws)
    {
        for (int i = draws.Below(4); i > 0; i--)
        {
            Point[] line = [Anywhere(draws), Anywhere(draws)];
            canvas.Stroke([line], draws.Between(0.8f, 2f), AnyColour(draws), opacity: 0.6f);
        }
    }
}
