namespace Graft.CommandLine.Demo;

/// <summary>What the demo learns from few examples: ten letters written by hand, in ink on ruled or stained paper. None of its
/// figures, colours or backgrounds is one of the source task's.</summary>
internal sealed class TargetTask : DrawnTask
{
    private static readonly (string Name, Point[][] Strokes)[] Letters =
    [
        ("A", [Pen.Line(-0.7f, 1, 0, -1, 0.7f, 1), Pen.Line(-0.4f, 0.3f, 0.4f, 0.3f)]),
        ("B", [Stem, Bowl(-1, 0, 0.55f), Bowl(0, 1, 0.65f)]),
        ("E", [Pen.Line(0.6f, -1, -0.6f, -1, -0.6f, 1, 0.6f, 1), Pen.Line(-0.6f, 0, 0.4f, 0)]),
        ("F", [Pen.Line(0.6f, -1, -0.6f, -1, -0.6f, 1), Pen.Line(-0.6f, 0, 0.4f, 0)]),
        ("G", [[.. Pen.Arc(0, 0, 0.75f, 1, 0.9f, 0.05f), new(0.1f, 0.1f)]]),
        ("H", [Stem, Pen.Line(0.6f, -1, 0.6f, 1), Pen.Line(-0.6f, 0, 0.6f, 0)]),
        ("K", [Stem, Pen.Line(0.6f, -1, -0.6f, 0.1f, 0.7f, 1)]),
        ("P", [Stem, Bowl(-1, 0.1f, 0.6f)]),
        ("R", [Stem, Bowl(-1, 0, 0.6f), Pen.Line(-0.1f, 0, 0.7f, 1)]),
        ("S", [[.. Pen.Arc(0, -0.5f, 0.65f, 0.5f, 0.95f, 0.25f), .. Pen.Arc(0, 0.5f, 0.65f, 0.5f, -0.25f, 0.45f)]]),
    ];

    private static Point[] Stem => Pen.Line(-0.6f, -1, -0.6f, 1);

    public override string Name => "target";

    public override IReadOnlyList<string> Classes { get; } = [.. Letters.Select(letter => letter.Name)];

    protected override void Draw(Canvas canvas, int label, Draws draws)
    {
        Paper(canvas, draws);
        float size = draws.Between(5.5f, 10.5f);
        var middle = new Point(draws.Between(size + 1, Side - size - 1), draws.Between(size + 1, Side - size - 1));
        float turns = draws.Between(-0.12f, 0.12f), slant = draws.Between(-0.25f, 0.25f), stretch = draws.Between(0.85f, 1.15f);
        var placement = new Placement(middle, size, turns, slant, stretch);
        var ink = new Colour(draws.Between(0, 0.3f), draws.Between(0, 0.25f), draws.Between(0.05f, 0.5f));
        var strokes = placement.Place(Letters[label].Strokes, draws, wobble: 0.07f);
        canvas.Stroke(strokes, draws.Between(1.1f, 2.6f), ink, draws.Between(0.7f, 1f));
    }

    /// <summary>The round part of B, P and R between two heights, from the stem and back to it.</summary>
    private static Point[] Bowl(float top, float bottom, float reach) =>
    [
        new(-0.6f, top),
        .. Pen.Arc(0, (top + bottom) / 2, reach, (bottom - top) / 2, -0.25f, 0.25f),
        new(-0.6f, bottom),
    ];

    /// <summary>Light paper with rules across or squares, and stains.</summary>
    private static void Paper(Canvas canvas, Draws draws)
    {
        float light = draws.Between(0.75f, 0.95f);
        var paper = new Colour(light, light - draws.Between(0, 0.08f), light - draws.Between(0, 0.2f));
        canvas.Paint(_ => paper);
        var print = new Colour(draws.Between(0.2f, 0.7f), 0.4f, draws.Between(0.4f, 0.8f));
        var rule = paper.Towards(print, draws.Between(0.3f, 0.8f));
        float gap = draws.Between(5f, 9f), start = draws.Between(0f, gap), turn = draws.Between(-0.02f, 0.02f);
        bool squares = draws.Chance(0.4f);
        var rules = new Placement(new Point(Side / 2f, Side / 2f), 1f, turn);
        for (float at = start - Side; at < Side; at += gap)
        {
            canvas.Stroke(rules.Place([Pen.Line(-Side, at, Side, at)], draws), 0.8f, rule);
            if (squares) canvas.Stroke(rules.Place([Pen.Line(at, -Side, at, Side)], draws), 0.8f, rule);
        }
        for (int i = draws.Below(3); i > 0; i--)
        {
            float radius = draws.Between(2f, 7f);
            var stain = new Placement(Anywhere(draws), radius, Stretch: draws.Between(0.7f, 1.4f));
            var brown = new Colour(0.45f, 0.3f, 0.15f);
            canvas.Fill(stain.Place([Pen.Arc(0, 0, 1, 1)], draws, wobble: 0.1f), brown, draws.Between(0.15f, 0.5f));
        }
    }
}
