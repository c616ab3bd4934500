using Graft.Tensors;
using Graft.Transfer;

namespace Graft.Tasks;

/// <summary>A task whose arms are compared, whatever its examples are.</summary>
internal abstract class ComparisonSubject
{
    public abstract string Task { get; }

    public abstract string Data { get; }

    public abstract string Test { get; }

    public abstract string Model { get; }

    /// <summary>The file of the published weights, or the model's name.</summary>
    public abstract string Weights { get; }

    public abstract IReadOnlyList<string> Classes { get; }

    public abstract int TrainingExamples { get; }

    /// <summary>The right classes of the test.</summary>
    public abstract int[] TestLabels { get; }

    public abstract Device Device { get; }

    /// <summary>The seed of the first run.</summary>
    public abstract ulong Seed { get; }

    /// <summary>The recipe's epochs in all.</summary>
    public abstract int Epochs { get; }

    /// <summary>The method by which the chosen recipe adapts to another domain; null for none.</summary>
    public abstract DomainMethodKind? Adaptation { get; }

    /// <summary>The fewest examples of a class in a share of them.</summary>
    public abstract int FewestOfClass(double share, ulong seed);

    /// <summary>Trains an arm on all examples or a share.</summary>
    public abstract TrainedArm Train(TransferArm arm, ulong seed, double? share, IProgress<FitProgress> progress, CancellationToken cancellation);

    /// <summary>The outputs for the test's examples, row by row.</summary>
    public abstract float[] Logits(TrainedArm arm, CancellationToken cancellation);

    /// <summary>What the stages make of the test's first examples.</summary>
    public abstract IReadOnlyList<StageRows> Representations(Model model, int examples);

    /// <summary>What became of the task that the weights were trained for; null where they have no head of it.</summary>
    public abstract Forgetting? Forgotten(TrainedArm arm, CancellationToken cancellation);

    /// <summary>Adds to an example of the test what the model looked at.</summary>
    public abstract WorstExample Explain(TrainedArm arm, int example, int predicted, WorstExample plain);

    public abstract string Name(int example);

    /// <summary>Of two rows of outputs an example: how often the largest is the same, and the mean total variation of the probabilities.</summary>
    protected static Forgetting Compare(float[] before, float[] after, int classes)
    {
        int examples = before.Length / classes, same = 0;
        double drift = 0;
        for (int i = 0; i < examples; i++)
        {
            ReadOnlySpan<float> old = before.AsSpan(i * classes, classes), now = after.AsSpan(i * classes, classes);
            if (ImageInference.IndexOfLargest(old) == ImageInference.IndexOfLargest(now)) same++;
            double[] first = ImageInference.LogSoftmax(old), second = ImageInference.LogSoftmax(now);
            for (int label = 0; label < classes; label++) drift += Math.Abs(Math.Exp(first[label]) - Math.Exp(second[label])) / 2;
        }
        return new Forgetting((double)same / examples, drift / examples, classes);
    }

    protected static double Right(float[] logits, IReadOnlyList<int> labels, int classes) =>
        (double)labels.Where((label, row) => ImageInference.IndexOfLargest(logits.AsSpan(row * classes, classes)) == label).Count() / labels.Count;

    protected static int Fewest(IReadOnlyList<int> classes, int count) =>
        Enumerable.Range(0, count).Min(label => classes.Count(one => one == label));
}

/// <summary>A trained arm, until it was looked at.</summary>
/// <param name="Arm">The arm.</param>
/// <param name="Owner">What holds the model.</param>
/// <param name="Model">The model as it is now.</param>
/// <param name="Report">How its training went.</param>
/// <param name="Examples">How many examples it learnt from.</param>
/// <param name="Start">Makes the model as it was before the first step.</param>
internal sealed record TrainedArm(TransferArm Arm, IDisposable Owner, Model Model, FitReport Report, int Examples, Func<Model> Start) : IDisposable
{
    public void Dispose() => Owner.Dispose();
}

/// <summary>In the place of a task that still has the source's model, which is not the run's to dispose of.</summary>
internal sealed class NothingHeld : IDisposable
{
    public void Dispose()
    {
    }
}

/// <summary>What a stage makes of examples, a row each.</summary>
internal sealed record StageRows(string Stage, float[] Rows);
