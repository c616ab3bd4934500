using System.Globalization;
using Graft.Transfer;
using SkiaSharp;

namespace Graft.CommandLine;

/// <summary>A plot of the losses by the learning rate, with the rates that the curve suggests: as PNG and as SVG, drawn by the same strokes.</summary>
internal sealed class RatePlot(RateCurve curve)
{
    private const int Width = 900, Height = 560, Left = 80, Right = 30, Top = 50, Bottom = 70, Ticks = 6, Size = 15, Gap = 18;

    private static readonly SKColor Ink = new(0x22, 0x26, 0x2b), Faint = new(0xdd, 0xe1, 0xe6), Line = new(0x1f, 0x6f, 0xb4);

    private static readonly SKColor[] Marks = [new(0xc0, 0x39, 0x2b), new(0x2e, 0x8b, 0x57), new(0x8e, 0x44, 0xad), new(0xb8, 0x6e, 0x00)];

    private readonly double lowest = Math.Log10(curve.Rates[0]), highest = Math.Log10(curve.Rates[^1]);

    /// <summary>The suggestions by their names in fastai.</summary>
    public static IReadOnlyList<(string Name, double Rate)> Suggestions(RateCurve curve) =>
        [("valley", curve.Valley), ("slide", curve.Slide), ("steepest", curve.Steepest), ("minimum", curve.Minimum)];

    /// <summary>The files that a path stands for: itself, or one of each kind where it has no ending.</summary>
    /// <exception cref="WrongInputException">Its ending is another.</exception>
    public static IReadOnlyList<string> Files(string path) => Path.GetExtension(path).ToUpperInvariant() switch
    {
        ".PNG" or ".SVG" => [path],
        "" => [path + ".png", path + ".svg"],
        _ => throw new WrongInputException($"--plot {Printable.Whole(path)}: its name has to end in .png or .svg, or in neither for both"),
    };

    /// <summary>Writes a file of the kind that its name says.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Write(string path) => AtomicFile.Write(path, stream =>
    {
        if (path.EndsWith(".svg", StringComparison.OrdinalIgnoreCase))
        {
            using var canvas = SKSvgCanvas.Create(new SKRect(0, 0, Width, Height), stream);
            Draw(canvas);
            return;
        }
        using var surface = SKSurface.Create(new SKImageInfo(Width, Height));
        Draw(surface.Canvas);
        using var picture = surface.Snapshot();
        using var encoded = picture.Encode(SKEncodedImageFormat.Png, quality: 100);
        encoded.SaveTo(stream);
    });

    private void Draw(SKCanvas canvas)
    {
        using var face = SKTypeface.FromFamilyName("sans-serif");
        using var font = new SKFont(face, Size);
        using var ink = new SKPaint { Color = Ink, IsAntialias = true };
        using var grid = new SKPaint { Color = Faint, StrokeWidth = 1, IsStroke = true };
        using var line = new SKPaint { Color = Line, StrokeWidth = 2.5f, IsStroke = true, IsAntialias = true };
        using (var paper = new SKPaint { Color = SKColors.White }) canvas.DrawRect(0, 0, Width, Height, paper);

        double least = curve.Losses.Min(), most = Math.Max(Math.Min(curve.Losses.Max(), Math.Max(curve.Losses[0] * 1.5, least * 2)), least + 1e-6);
        for (int tick = 0; tick < Ticks; tick++)
        {
            double loss = least + (most - least) * tick / (Ticks - 1);
            float y = Y(loss, least, most);
            canvas.DrawLine(Left, y, Width - Right, y, grid);
            canvas.DrawText(loss.ToString("0.000", CultureInfo.InvariantCulture), Left - 8, y + 5, SKTextAlign.Right, font, ink);
        }
        for (int decade = (int)Math.Ceiling(lowest - 1e-9); decade <= highest + 1e-9; decade++)
        {
            float x = X(Math.Pow(10, decade));
            canvas.DrawLine(x, Top, x, Height - Bottom, grid);
            canvas.DrawText(string.Create(CultureInfo.InvariantCulture, $"1e{decade}"), x, Height - Bottom + 22, SKTextAlign.Center, font, ink);
        }
        canvas.DrawText("the head's learning rate", (Left + Width - Right) / 2f, Height - 18, SKTextAlign.Center, font, ink);
        canvas.DrawText("smoothed loss", Left, Top - 22, SKTextAlign.Left, font, ink);

        canvas.Save();
        canvas.ClipRect(new SKRect(Left, Top, Width - Right, Height - Bottom));
        for (int i = 1; i < curve.Losses.Count; i++)
            canvas.DrawLine(X(curve.Rates[i - 1]), Y(curve.Losses[i - 1], least, most), X(curve.Rates[i]), Y(curve.Losses[i], least, most), line);
        canvas.Restore();
        if (!curve.HasSuggestions) return;
        // their names above the curve, from the right to the left
        float end = Width - Right;
        foreach (var (number, (name, rate)) in Suggestions(curve).Index().Reverse())
        {
            using var mark = new SKPaint { Color = Marks[number], StrokeWidth = 1.5f, IsAntialias = true };
            float x = X(rate);
            canvas.DrawLine(x, Top, x, Height - Bottom, mark);
            string label = $"{name} {Tables.Rate(rate)}";
            canvas.DrawText(label, end, Top - 22, SKTextAlign.Right, font, mark);
            end -= font.MeasureText(label) + Gap;
        }
    }

    private float X(double rate) => (float)(Left + (Math.Log10(rate) - lowest) / Math.Max(1e-9, highest - lowest) * (Width - Left - Right));

    private static float Y(double loss, double least, double most) =>
        (float)(Height - Bottom - (Math.Min(loss, most * 1.2) - least) / (most - least) * (Height - Top - Bottom));
}
