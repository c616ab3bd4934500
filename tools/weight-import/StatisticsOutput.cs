using System.Globalization;
using Graft.CommandLine;
using Graft.Tasks;
using Graft.Tensors;

namespace Graft.WeightImport;

/// <summary><c>verify --data</c>: compares a model's batch norms with pictures and prints each layer.</summary>
internal static class StatisticsOutput
{
    private const int MostPictures = 600;

    public static int Write(TextWriter output, TextWriter error, ImageClassifier classifier, string folder, bool asJson, CancellationToken interrupt)
    {
        if (!Directory.Exists(folder)) throw new WrongInputException($"--data {Printable.Text(folder)}: there is no such folder");
        var notes = new ListingNotes();
        string[] files = [.. ImageFolder.Pictures(folder, notes)];
        if (files.Length == 0) throw new WrongInputException($"--data {Printable.Text(folder)} has no pictures ({ImageFileNames.Listed})");
        // folders are sorted by class: a sample has to be of all of them
        int[] order = new RandomStream(seed: 0, "verify").Permutation(files.Length);
        var sample = new ImageFiles([.. order.Take(MostPictures).Select(index => files[index])]);
        var report = classifier.CheckStatistics(
            sample, (_, problem) => error.WriteLine($"weight-import: left out: {Shell.Line(problem.Message)}"), interrupt);
        var (bad, drifting) = (report.FirstThatDoesNotFit, report.FirstThatDrifts);
        if (asJson)
        {
            JsonOutput.Write(output, json =>
            {
                json.WriteString("architecture", classifier.Model.Name);
                json.WriteNumber("pictures", report.Pictures);
                json.WriteString("firstThatDoesNotFit", bad?.Layer);
                json.WriteString("firstThatDrifts", drifting?.Layer);
                json.WriteStartArray("layers");
                foreach (var layer in report.Layers)
                {
                    json.WriteStartObject();
                    json.WriteString("layer", layer.Layer);
                    json.WriteFigure("mean", layer.Mean);
                    json.WriteFigure("variance", layer.Variance);
                    json.WriteFigure("shift", layer.Shift);
                    json.WriteFigure("spread", layer.Spread);
                    json.WriteBoolean("fits", layer.Fits);
                    json.WriteBoolean("drifts", layer.Drifts);
                    json.WriteEndObject();
                }
                json.WriteEndArray();
            });
        }
        else
        {
            Tables.Write(output, ["batch norm", "means", "variances", "shift", "spread", "fits"], report.Layers.Select(layer => (IReadOnlyList<string>)
                [layer.Layer, Text(layer.Mean), Text(layer.Variance), Text(layer.Shift), Text(layer.Spread), layer.Fits ? "yes" : layer.Drifts ? "drifts" : "NO"]));
            output.WriteLine($"{classifier.Model.Name}: {Verdict(report, bad, drifting)}");
        }
        return bad is null ? ExitCode.Done : ExitCode.Failed;
    }

    private static string Verdict(StatisticsReport report, NormFit? bad, NormFit? drifting)
    {
        string pictures = $"{report.Pictures:N0} pictures", norms = $"is the first of {report.Layers.Count} batch norms that";
        if (bad is not null)
        {
            return $"{bad.Layer} {norms} does not fit {pictures} (correlation {Text(bad.Correlation)}): the weights before it are not those it was trained "
                + "behind, or the pictures are prepared in another way";
        }
        return drifting is null
            ? $"every batch norm fits {pictures}"
            : $"{drifting.Layer} {norms} drifts on {pictures} (correlation {Text(drifting.Correlation)}), as on pictures of another kind than those it was trained on; "
                + "none contradicts the import";
    }

    private static string Text(double value) => value.ToString("0.000", CultureInfo.InvariantCulture);
}
