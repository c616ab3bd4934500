using Graft.Tasks;
using Graft.Transfer;

namespace Graft.Samples.Unlabelled;

/// <summary>What features tell of classes.</summary>
internal static class Probing
{
    private const int Every = 5, Square = 4;

    private static readonly double[] Strengths = [1e-4, 1e-3, 1e-2, 1e-1];

    /// <summary>The shares of the test that a linear probe and nearest neighbours get right; the probe's penalty is chosen on a fifth of what is learnt from.</summary>
    public static (double Probe, double Neighbours) Of(LabelledImages train, LabelledImages test, Func<LabelledImages, float[][]> features)
    {
        float[][] known = features(train), asked = features(test);
        int[] labels = Labels(train), truth = Labels(test);
        double neighbours = NearestNeighbours.Accuracy(known, labels, asked, truth);
        Standardise(known, asked);
        int[] learnt = [.. Enumerable.Range(0, known.Length).Where(static row => row % Every != 0)], held = [.. Enumerable.Range(0, known.Length).Where(static row => row % Every == 0)];
        double best = Strengths.MaxBy(strength => Right(Chosen(known, learnt), Chosen(labels, learnt), Chosen(known, held), Chosen(labels, held), strength));
        return (Right(known, labels, asked, truth, best), neighbours);
    }

    public static float[][] Features(ImageClassifier classifier, LabelledImages pictures) => [.. classifier.Features(pictures).OrderBy(static row => row.Index).Select(static row => row.Row)];

    /// <summary>Pixels of pictures that are made smaller by means of squares: there are else more of them than a linear probe makes use of.</summary>
    public static float[][] Pixels(LabelledImages pictures) => [.. Enumerable.Range(0, pictures.Count).Select(index => Smaller(pictures.Load(index)))];

    private static float[] Smaller(RgbImage picture)
    {
        int width = picture.Width / Square;
        var means = new float[3 * width * (picture.Height / Square)];
        for (int y = 0; y < picture.Height; y++)
            for (int x = 0; x < picture.Width; x++)
                for (int channel = 0; channel < 3; channel++)
                    means[3 * (width * (y / Square) + x / Square) + channel] += picture.Pixels[3 * (picture.Width * y + x) + channel] / (255f * Square * Square);
        return means;
    }

    private static int[] Labels(LabelledImages pictures) => [.. Enumerable.Range(0, pictures.Count).Select(pictures.Label)];

    private static double Right(float[][] known, int[] labels, float[][] asked, int[] truth, double strength)
    {
        var probe = LinearProbe.Fit(new FeatureMatrix(known), labels, strength);
        var rows = new FeatureMatrix(asked);
        return Enumerable.Range(0, truth.Length).Count(row =>
        {
            double[] shares = probe.Probabilities(rows[row]);
            return probe.Classes[Array.IndexOf(shares, shares.Max())] == truth[row];
        }) / (double)truth.Length;
    }

    /// <summary>Less the mean, through the deviation of the known ones.</summary>
    private static void Standardise(float[][] known, float[][] asked)
    {
        for (int column = 0; column < known[0].Length; column++)
        {
            double mean = known.Average(row => (double)row[column]);
            double deviation = Math.Sqrt(known.Average(row => (row[column] - mean) * (row[column] - mean)));
            foreach (float[] row in known.Concat(asked)) row[column] = (float)((row[column] - mean) / (deviation > 0 ? deviation : 1));
        }
    }

    private static T[] Chosen<T>(T[] all, int[] rows) => [.. rows.Select(row => all[row])];
}
