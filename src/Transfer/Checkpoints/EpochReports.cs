using System.Globalization;
using Graft.Models;

namespace Graft.Transfer;

/// <summary>The reports of the epochs that are done, in a checkpoint.</summary>
internal static class EpochReports
{
    public static void Write(StateWriter state, IReadOnlyList<EpochReport> reports)
    {
        state.WholeNumber("count", reports.Count);
        for (int i = 0; i < reports.Count; i++)
        {
            var (report, part) = (reports[i], state.Within(i.ToString(CultureInfo.InvariantCulture)));
            part.Text("from", report.LearningFrom);
            if (report.LearningTo is not null) part.Text("to", report.LearningTo);
            part.WholeNumber("phase", report.Phase);
            part.Number("loss", report.Loss);
            part.Number("rate", report.Rate);
            part.Number("seconds", report.Seconds);
            part.WholeNumber("epoch", report.Epoch);
            part.WholeNumber("steps", report.Steps);
            part.WholeNumber("examples", report.Examples);
            part.WholeNumber("is_interrupted", report.Interrupted ? 1 : 0);
            if (report.Validation is not { } validation) continue;
            part.WholeNumber("validation_examples", validation.Examples);
            part.WholeNumber("validation_correct", validation.Correct);
            part.WholeNumber("metrics", validation.Metrics.All.Count);
            foreach (var ((name, value), at) in validation.Metrics.All.Select(static (metric, at) => (metric, at)))
            {
                part.Text($"metric{at}", name);
                part.Number($"value{at}", value);
            }
        }
    }

    /// <exception cref="CheckpointException">They are malformed.</exception>
    public static IEnumerable<EpochReport> Read(StateReader state)
    {
        int count = state.Count("count");
        for (int i = 0; i < count; i++)
        {
            var part = state.Within(i.ToString(CultureInfo.InvariantCulture));
            yield return new EpochReport(part.Count("epoch"), part.Text("from"), part.Number("loss"), part.Number("rate"), part.Number("seconds"), Validation(part))
            {
                LearningTo = part.Has("to") ? part.Text("to") : null,
                Phase = part.Count("phase"),
                Steps = part.Count("steps"),
                Examples = part.Count("examples"),
                Interrupted = part.Count("is_interrupted") != 0,
            };
        }
    }

    private static Evaluation? Validation(StateReader part)
    {
        if (!part.Has("metrics")) return null;
        var figures = new List<(string Name, double Value)>();
        int count = part.Count("metrics");
        for (int at = 0; at < count; at++) figures.Add((part.Text($"metric{at}"), part.Number($"value{at}")));
        if (figures.DistinctBy(static figure => figure.Name).Count() < figures.Count) throw part.Wrong("metrics", "a list of metrics of which each has its own name");
        return new Evaluation(part.Count("validation_examples"), part.Count("validation_correct"), new Metrics(figures));
    }
}
