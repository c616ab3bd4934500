using System.Diagnostics;
using Graft.Tensors;
using Graft.Text;

namespace Graft.Tasks;

/// <summary>Runs a task by several arms within one budget, on the same head, order and seeds, and says whether the transfer was worth it.</summary>
/// <example><code>
/// var report = TransferComparison.Run(ImageModelSource.Pretrained("resnet18", "resnet18.pth"), training, test, new ImageFineTuneOptions());
/// Console.WriteLine(report.Verdict);      // helped by 12.4 ± 2.1 points; needs 1/4 of the examples
/// TransferReportFiles.Write(report, "report");
/// </code></example>
public static class TransferComparison
{
    /// <summary>Compares arms on pictures.</summary>
    /// <param name="source">The published weights.</param>
    /// <param name="training">What is learnt from.</param>
    /// <param name="test">What is tested on: other pictures of the same classes.</param>
    /// <param name="options">The chosen recipe.</param>
    /// <param name="comparison">What is run; null for what is usual.</param>
    /// <param name="sourceTest">Pictures of the task that the weights were trained for, to say how much of it is forgotten; null for none.</param>
    /// <param name="device">Where to compute; null for the CPU.</param>
    /// <param name="progress">Reports each step.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <exception cref="ImageException">A picture cannot be used, or a class of the test is not learnt.</exception>
    /// <exception cref="ArgumentException">An option is impossible.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static TransferReport Run(
        ImageModelSource source, LabelledImages training, LabelledImages test, ImageFineTuneOptions options, TransferComparisonOptions? comparison = null,
        LabelledImages? sourceTest = null, Device? device = null, IProgress<TransferProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(training);
        ArgumentNullException.ThrowIfNull(test);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        var old = sourceTest is null ? null : ClassNumbers.Match(sourceTest, source.State.Labels, out _);
        test = ClassNumbers.Match(test, training.ClassNames, out _);
        return Run(new ImageSubject(source, training, test, options, old, device ?? Device.Cpu), comparison ?? new TransferComparisonOptions(), progress, cancellation);
    }

    /// <summary>Compares arms on texts of one class each.</summary>
    /// <param name="source">The published weights.</param>
    /// <param name="training">What is learnt from.</param>
    /// <param name="test">What is tested on: other texts of the same classes.</param>
    /// <param name="options">The chosen recipe.</param>
    /// <param name="comparison">What is run; null for what is usual.</param>
    /// <param name="sourceTest">Texts of the task that the weights were trained for, to say how much of it is forgotten; null for none.</param>
    /// <param name="device">Where to compute; null for the CPU.</param>
    /// <param name="progress">Reports each step.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <exception cref="TextFileException">A class of the test is not learnt.</exception>
    /// <exception cref="ArgumentException">An option is impossible, or the texts have not one class each.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static TransferReport Run(
        TextModelSource source, LabelledTexts training, LabelledTexts test, TextFineTuneOptions options, TransferComparisonOptions? comparison = null,
        LabelledTexts? sourceTest = null, Device? device = null, IProgress<TransferProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(training);
        ArgumentNullException.ThrowIfNull(test);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        if (training.Kind != TextLabelKind.SingleLabel || test.Kind != TextLabelKind.SingleLabel)
            throw new ArgumentException("arms are compared on texts of one class each", nameof(training));
        var old = sourceTest?.Match(source.State.Labels, out _);
        test = test.Match(training.ClassNames, out _);
        return Run(new TextSubject(source, training, test, options, old, device ?? Device.Cpu), comparison ?? new TransferComparisonOptions(), progress, cancellation);
    }

    private static TransferReport Run(ComparisonSubject subject, TransferComparisonOptions options, IProgress<TransferProgress>? progress, CancellationToken cancellation)
    {
        options.Validate();
        if (subject.TestLabels.Length == 0) throw new ArgumentException("the test has no examples");
        if (subject.Classes.Count < 2) throw new ArgumentException($"there is the class '{subject.Classes[0]}' alone: there is nothing to tell apart");
        return new ComparisonRun(subject, options, progress, cancellation).Run(Stopwatch.StartNew());
    }
}
