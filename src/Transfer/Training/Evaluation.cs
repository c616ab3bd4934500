namespace Graft.Transfer;

/// <summary>The metrics of a model on held-out examples.</summary>
public sealed record Evaluation
{
    /// <summary>Of a classifier: its metrics are the loss and the accuracy.</summary>
    /// <param name="examples">How many there were.</param>
    /// <param name="correct">How many it got right.</param>
    /// <param name="loss">The mean loss.</param>
    public Evaluation(int examples, int correct, double loss)
        : this(examples, new Metrics((Metrics.Loss, loss), (Metrics.Accuracy, examples == 0 ? 0 : (double)correct / examples))) => Correct = correct;

    /// <summary>Of any task, by whatever metrics it has.</summary>
    /// <param name="examples">How many there were.</param>
    /// <param name="metrics">The figures; the loss is called <see cref="Metrics.Loss"/>.</param>
    public Evaluation(int examples, Metrics metrics)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(examples);
        ArgumentNullException.ThrowIfNull(metrics);
        (Examples, Metrics) = (examples, metrics);
    }

    /// <summary>Of a classifier with further metrics.</summary>
    /// <param name="examples">How many there were.</param>
    /// <param name="correct">How many it got right.</param>
    /// <param name="metrics">The figures.</param>
    public Evaluation(int examples, int correct, Metrics metrics) : this(examples, metrics) => Correct = correct;

    /// <summary>How many examples there were.</summary>
    public int Examples { get; }

    /// <summary>How many it got right; 0 of a task where that means nothing.</summary>
    public int Correct { get; }

    /// <summary>The figures by name.</summary>
    public Metrics Metrics { get; }

    /// <summary>The mean loss; NaN where it was not measured.</summary>
    public double Loss => Metrics.Find(Metrics.Loss) ?? double.NaN;

    /// <summary>The share that it got right, from 0 to 1; 0 of a task where that means nothing.</summary>
    public double Accuracy => Metrics.Find(Metrics.Accuracy) ?? (Examples == 0 ? 0 : (double)Correct / Examples);
}
