using System.Security.Cryptography;
using Graft.CommandLine.Demo;
using Graft.Tasks;

namespace Graft.Tools.Tests.Demo;

public class DrawingTests
{
    private static readonly DrawnTask Source = new SourceTask();
    private static readonly DrawnTask Target = new TargetTask();

    [Theory]
    [InlineData(true, "3e8f75c9dcd00a4361e47f230f3590d4")]
    [InlineData(false, "01f9523adb2a23aac3a4f9145d00b6e7")]
    public void Drawings_have_the_same_bytes_everywhere(bool isSource, string expected)
    {
        // the embedded weights were trained on exactly these pictures: whoever changes a drawing trains them anew
        var task = isSource ? Source : Target;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (int label = 0; label < task.Classes.Count; label++)
            for (int drawing = 0; drawing < 5; drawing++) hash.AppendData(task.Draw(label, drawing, "training", seed: 1).Pixels);
        Assert.Equal(expected, Convert.ToHexStringLower(hash.GetHashAndReset())[..32]);
    }

    [Fact]
    public void A_set_is_balanced_and_holds_the_pictures_of_its_classes()
    {
        var set = Target.DrawSet("training", perClass: 3, seed: 5);
        Assert.Equal(3 * Target.Classes.Count, set.Count);
        for (int label = 0; label < Target.Classes.Count; label++)
        {
            Assert.Equal(3, Enumerable.Range(0, set.Count).Count(index => set.Label(index) == label));
            Assert.Equal(Target.Draw(label, 2, "training", 5).Pixels, set.Load(label * 3 + 2).Pixels);
        }
    }

    [Fact]
    public void No_two_pictures_are_alike_across_seeds_sets_classes_and_numbers()
    {
        List<RgbImage> pictures = [];
        foreach (ulong seed in new ulong[] { 1, 2 })
        {
            foreach (string set in new[] { "training", "test" })
            {
                var drawn = Target.DrawSet(set, perClass: 10, seed);
                pictures.AddRange(Enumerable.Range(0, drawn.Count).Select(drawn.Load));
            }
        }
        Assert.Equal(400, pictures.Count);
        Assert.Equal(pictures.Count, pictures.DistinctBy(picture => Convert.ToHexString(picture.Pixels)).Count());
    }

    [Fact]
    public void The_tasks_share_no_class()
    {
        Assert.Empty(Source.Classes.Intersect(Target.Classes, StringComparer.OrdinalIgnoreCase));
        Assert.Equal(20, Source.Classes.Distinct().Count());
        Assert.Equal(10, Target.Classes.Distinct().Count());
    }

    [Fact]
    public void Every_figure_stands_out_from_its_ground()
    {
        foreach (var task in new[] { Source, Target })
        {
            for (int label = 0; label < task.Classes.Count; label++)
            {
                var pixels = task.Draw(label, 0, "training", 1).Pixels;
                double mean = pixels.Average(value => (double)value), variance = pixels.Average(value => (value - mean) * (value - mean));
                Assert.True(variance > 100, $"{task.Name}: {task.Classes[label]} is blank");
            }
        }
    }

    [Fact]
    public void A_fill_covers_the_area_of_its_outline_and_leaves_holes()
    {
        var canvas = new Canvas(32);
        canvas.Paint(_ => new Colour(0, 0, 0));
        canvas.Fill([Square(10.25f), Square(4f)], new Colour(1, 1, 1));
        var image = canvas.ToImage(new Draws(1, "none", 0), noise: 0);
        double covered = image.Pixels.Sum(value => value / 255.0) / RgbValues.Channels;
        Assert.Equal(20.5 * 20.5 - 8 * 8, covered, tolerance: 3);
        Assert.Equal(0, image.Row(16)[16 * RgbValues.Channels]);
        Assert.Equal(255, image.Row(16)[8 * RgbValues.Channels]);

        static Point[] Square(float half) => Pen.Line(16 - half, 16 - half, 16 + half, 16 - half, 16 + half, 16 + half, 16 - half, 16 + half);
    }

    [Fact]
    public void The_polynomial_is_a_sine()
    {
        for (float turns = -2; turns <= 2; turns += 1 / 256f)
        {
            var (sine, cosine) = Pen.Direction(turns);
            Assert.Equal(Math.Sin(2 * Math.PI * turns), sine, tolerance: 2e-7);
            Assert.Equal(Math.Cos(2 * Math.PI * turns), cosine, tolerance: 2e-7);
        }
    }
}
