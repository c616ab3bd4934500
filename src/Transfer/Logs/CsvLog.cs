using System.Globalization;

namespace Graft.Transfer;

/// <summary>Writes how a training goes as a table (Keras's <c>CSVLogger</c>): a row for each step and each epoch, with the columns <c>kind</c>, <c>epoch</c>,
/// <c>step</c>, <c>loss</c>, <c>rate</c>, <c>seconds</c> and <c>metrics</c>.</summary>
/// <remarks>A training that goes on adds to its file, from which the rows of later steps are taken away first.</remarks>
public sealed class CsvLog : TrainingObserver, IDisposable
{
    private const string Header = "kind,epoch,step,loss,rate,seconds,metrics";
    private const int StepColumn = 2;

    private readonly string path;
    private StreamWriter? rows;

    /// <summary>Chooses a file.</summary>
    /// <param name="path">The file, made with the first fit.</param>
    public CsvLog(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        this.path = path;
    }

    /// <inheritdoc/>
    public override void FitStarted(TrainingContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (rows is not null) return;
        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder) Directory.CreateDirectory(folder);
        string[] before = context.Step > 0 && File.Exists(path) ? [.. File.ReadLines(path).Skip(1).Where(row => IsOf(row, context.Step))] : [];
        rows = new StreamWriter(path, append: false) { NewLine = "\n" };
        rows.WriteLine(Header);
        foreach (string row in before) rows.WriteLine(row);
    }

    /// <inheritdoc/>
    public override void StepDone(TrainingContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        Row("step", context, context.Loss, context.Rate, context.Elapsed.TotalSeconds, "");
    }

    /// <inheritdoc/>
    public override void EpochDone(TrainingContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var report = context.LastEpoch!;
        string metrics = string.Join(' ', (report.Validation?.Metrics.All ?? []).Select(static metric => FormattableString.Invariant($"{metric.Name}={metric.Value:R}")));
        Row("epoch", context, report.Loss, report.Rate, report.Seconds, metrics.Contains(',', StringComparison.Ordinal) ? $"\"{metrics}\"" : metrics);
        rows!.Flush();
    }

    /// <inheritdoc/>
    public override void FitEnded(TrainingContext context) => rows?.Flush();

    /// <summary>Closes the file.</summary>
    public void Dispose()
    {
        rows?.Dispose();
        rows = null;
    }

    private void Row(string kind, TrainingContext context, double loss, double rate, double seconds, string metrics) =>
        rows!.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{kind},{context.Epoch},{context.Step},{loss:R},{rate:R},{seconds:0.###},{metrics}"));

    private static bool IsOf(string row, int last) =>
        row.Split(',') is { Length: > StepColumn } cells && int.TryParse(cells[StepColumn], NumberStyles.None, CultureInfo.InvariantCulture, out int step) && step <= last;
}
