using System.Diagnostics;
using System.Globalization;
using Graft.Tensors;
using Graft.Transfer;

namespace Graft.Tasks;

/// <summary>Trains arm by arm and seed by seed, and looks at each before the next begins.</summary>
internal sealed class ComparisonRun(
    ComparisonSubject subject, TransferComparisonOptions options, IProgress<TransferProgress>? progress, CancellationToken cancellation)
{
    private const int FewestOfClass = 2;

    private readonly int[] labels = subject.TestLabels;
    private readonly List<string> notes = [];
    private readonly Findings findings = new();
    private readonly IReadOnlyList<TransferArm> arms = ArmsOf(subject, options.Arms);
    private int run, runs;

    public TransferReport Run(Stopwatch clock)
    {
        ulong[] seeds = [.. Enumerable.Range(0, options.Seeds).Select(number => subject.Seed + (ulong)number)];
        var judged = options.Arms.Contains(TransferArm.Chosen) ? TransferArm.Chosen : options.Arms.FirstOrDefault(static arm => !arm.IsFromScratch) ?? options.Arms[0];
        double[] shares = [.. options.Shares.Order().Where(share => subject.FewestOfClass(share, seeds[0]) >= FewestOfClass)];
        if (shares.Length < options.Shares.Count) notes.Add("Smaller shares of the examples were left out: a class would have had less than two.");
        runs = (arms.Count + shares.Length) * seeds.Length;

        var told = new List<ArmReport>();
        foreach (var arm in arms)
        {
            var own = seeds.Select((seed, number) => Train(arm, seed, null, number == 0 ? arm == judged ? Look.Everything : Look.Arm : arm == judged ? Look.Answers : Look.Score)).ToList();
            var fewer = arm == judged ? shares.SelectMany(share => seeds.Select(seed => Train(arm, seed, share, Look.Score))).ToList() : [];
            told.Add(new ArmReport
            {
                Name = arm.Name,
                Description = arm.Description,
                Runs = own,
                Fewer = fewer,
                Movement = findings.Movement,
                Alignment = findings.Alignment,
                Forgetting = findings.Forgetting,
                CalibrationError = findings.CalibrationError,
            });
        }
        if (told.Exists(static arm => arm.Runs.Concat(arm.Fewer).Any(static one => one.IsTimeUp))) notes.Add("The time limit ended runs before their last epoch.");
        if (seeds.Length == 1) notes.Add("One seed: how far another would be off is not known, so nothing is said to be better or worse.");
        return new TransferReport
        {
            Model = subject.Model,
            Weights = subject.Weights,
            Task = subject.Task,
            Data = subject.Data,
            Test = subject.Test,
            Classes = subject.Classes,
            TrainingExamples = subject.TrainingExamples,
            TestExamples = labels.Length,
            Epochs = subject.Epochs,
            Seeds = seeds,
            Device = subject.Device.Name,
            Verdict = Judge(judged, told),
            VerdictArm = judged.Name,
            Adaptation = JudgeAdaptation(told),
            Arms = told,
            Alignment = findings.Table,
            Confusion = ConfusionMatrix.Of([.. Enumerable.Range(0, findings.Answers.Count).Select(at => labels[at % labels.Length])], [.. findings.Answers], subject.Classes.Count),
            Calibration = findings.Calibration!,
            Scaled = findings.Scaled,
            Worst = findings.Worst,
            Notes = notes,
            Seconds = clock.Elapsed.TotalSeconds,
        };
    }

    /// <summary>The arms, with the recipe's own without the target where it adapts to one.</summary>
    /// <exception cref="ArgumentException">That is asked for, and there is no target.</exception>
    private static IReadOnlyList<TransferArm> ArmsOf(ComparisonSubject subject, IReadOnlyList<TransferArm> asked)
    {
        bool isThere = asked.Contains(TransferArm.SourceOnly);
        if (subject.Adaptation is null)
        {
            return !isThere ? asked : throw new ArgumentException(
                $"the arm '{TransferArm.SourceOnly.Name}' is the recipe without the domain that it adapts to, and it adapts to none: leave the arm out");
        }
        return isThere || !asked.Contains(TransferArm.Chosen) ? asked : [.. asked, TransferArm.SourceOnly];
    }

    /// <summary>What adapting did to the recipe, and nothing else; null where it adapts to no domain.</summary>
    private AdaptationVerdict? JudgeAdaptation(List<ArmReport> told) =>
        subject.Adaptation is { } kind && told.Find(static arm => arm.Name == TransferArm.Chosen.Name) is { } with
        && told.Find(static arm => arm.Name == TransferArm.SourceOnly.Name) is { } without
            ? new AdaptationVerdict(kind.Name, TransferVerdict.Of([.. with.Runs.Select(static one => one.Score)], [.. without.Runs.Select(static one => one.Score)], options.Level))
            : null;

    private TransferVerdict? Judge(TransferArm judged, List<ArmReport> told)
    {
        if (judged.IsFromScratch || options.Arms.FirstOrDefault(static arm => arm.IsFromScratch) is not { } baseline) return null;
        ArmReport with = told.Find(arm => arm.Name == judged.Name)!, without = told.Find(arm => arm.Name == baseline.Name)!;
        return TransferVerdict.Of([.. with.Runs.Concat(with.Fewer).Select(static one => one.Score)], [.. without.Runs.Select(static one => one.Score)], options.Level);
    }

    private ArmRun Train(TransferArm arm, ulong seed, double? share, Look look)
    {
        run++;
        var memory = new MemoryWatch(subject.Device);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        if (options.TimeLimit is { } longest) limit.CancelAfter(longest);
        int examples = (int)Math.Round((share ?? 1) * subject.TrainingExamples);
        using var trained = subject.Train(arm, seed, share, new Relay(fit =>
        {
            memory.Look();
            progress?.Report(new TransferProgress(arm.Name, run, runs, examples, seed, fit));
        }), limit.Token);
        cancellation.ThrowIfCancellationRequested();
        if (trained.Report.Steps == 0)
        {
            throw new ArgumentException(
                string.Create(CultureInfo.InvariantCulture, $"the time limit of {options.TimeLimit?.TotalSeconds:0.###} s ends before the first step of {arm.Name}: give more"));
        }
        float[] logits = subject.Logits(trained, cancellation);
        int classes = subject.Classes.Count;
        int[] answers = [.. Enumerable.Range(0, labels.Length).Select(row => ImageInference.IndexOfLargest(logits.AsSpan(row * classes, classes)))];
        var calibration = Calibration.Of(logits, labels);
        if (look >= Look.Answers) findings.Answers.AddRange(answers);
        if (look is Look.Arm or Look.Everything) LookAt(trained, calibration, seed, look);
        if (look == Look.Everything)
        {
            (findings.Calibration, findings.Scaled) = (calibration, ScaledHalves.Of(logits, labels, seed));
            findings.Worst = [.. WorstOf(trained, logits, answers)];
        }
        return new ArmRun(
            seed, trained.Examples, ArmScore.Of(trained.Examples, seed, [.. answers.Zip(labels, static (answer, label) => answer == label)]), calibration.Loss,
            trained.Report.Epochs, trained.Report.Steps, trained.Report.Seconds, memory.Peak, trained.Report.TrainableParameters, trained.Report.Interrupted);
    }

    private void LookAt(TrainedArm trained, Calibration calibration, ulong seed, Look look)
    {
        int examples = Math.Min(options.AlignmentExamples, labels.Length);
        using var start = trained.Start();
        findings.Movement = StageMovement.Between(start, trained.Model);
        findings.CalibrationError = calibration.ExpectedError;
        findings.Forgetting = subject.Forgotten(trained, cancellation);
        findings.Alignment = [];
        if (examples < 4) return;
        var (before, after) = (subject.Representations(start, examples), subject.Representations(trained.Model, examples));
        cancellation.ThrowIfCancellationRequested();
        findings.Alignment = [.. before.Zip(after, (from, to) => new StageAlignment(from.Stage, CentredKernelAlignment.Linear(from.Rows, to.Rows, examples)))];
        if (look == Look.Everything && before.Count > 0)
        {
            findings.Table = new AlignmentTable(
                [.. before.Select(static stage => stage.Stage)],
                [.. before.Select(from => (IReadOnlyList<double>)[.. after.Select(to => CentredKernelAlignment.Linear(from.Rows, to.Rows, examples))])], examples);
        }
    }

    private IEnumerable<WorstExample> WorstOf(TrainedArm trained, float[] logits, int[] answers)
    {
        int classes = subject.Classes.Count;
        double[][] logarithms = [.. Enumerable.Range(0, labels.Length).Select(row => ImageInference.LogSoftmax(logits.AsSpan(row * classes, classes)))];
        foreach (int row in Enumerable.Range(0, labels.Length).OrderBy(row => logarithms[row][labels[row]]).Take(options.WorstExamples))
        {
            double loss = -logarithms[row][labels[row]];
            yield return subject.Explain(trained, row, answers[row], new WorstExample(
                subject.Name(row), subject.Classes[labels[row]], subject.Classes[answers[row]], Math.Exp(logarithms[row][answers[row]]), Math.Exp(-loss), loss));
        }
    }

    /// <summary>How much of a run is looked at.</summary>
    private enum Look
    {
        Score,
        Arm,
        Answers,
        Everything,
    }

    /// <summary>What the runs have shown so far.</summary>
    private sealed class Findings
    {
        public IReadOnlyList<StageMovement> Movement { get; set; } = [];

        public IReadOnlyList<StageAlignment> Alignment { get; set; } = [];

        public Forgetting? Forgetting { get; set; }

        public double CalibrationError { get; set; }

        public AlignmentTable? Table { get; set; }

        public Calibration? Calibration { get; set; }

        public ScaledCalibration? Scaled { get; set; }

        public IReadOnlyList<WorstExample> Worst { get; set; } = [];

        public List<int> Answers { get; } = [];
    }

    private sealed class Relay(Action<FitProgress> report) : IProgress<FitProgress>
    {
        public void Report(FitProgress value) => report(value);
    }

    /// <summary>The most memory that a device held.</summary>
    private sealed class MemoryWatch
    {
        private readonly CpuDevice? device;

        public MemoryWatch(Device device)
        {
            this.device = device as CpuDevice;
            this.device?.TrimMemory();
        }

        public long? Peak { get; private set; }

        public void Look()
        {
            if (device is not null) Peak = Math.Max(Peak ?? 0, device.BytesTaken);
        }
    }
}
