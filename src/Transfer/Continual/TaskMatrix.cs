namespace Graft.Transfer;

/// <summary>What became of tasks that were learnt one after the other: how well a model does each of them after each of them.</summary>
public sealed class TaskMatrix
{
    private readonly double[][] accuracies;

    /// <summary>Takes the figures over.</summary>
    /// <param name="accuracies">Row i: how well each task is done, in the order of learning, after task i was learnt; higher is better.</param>
    /// <exception cref="ArgumentException">There are not as many figures as tasks in each row, or none.</exception>
    public TaskMatrix(IReadOnlyList<IReadOnlyList<double>> accuracies)
    {
        ArgumentNullException.ThrowIfNull(accuracies);
        if (accuracies.Count == 0 || accuracies.Any(row => row.Count != accuracies.Count))
            throw new ArgumentException($"after each of {accuracies.Count} tasks a figure for each of them is wanted", nameof(accuracies));
        this.accuracies = [.. accuracies.Select(static row => row.ToArray())];
    }

    private int Tasks => accuracies.Length;

    /// <summary>How well the tasks are done in the end, on average (Lopez-Paz and Ranzato 2017, ACC).</summary>
    public double Average => accuracies[^1].Average();

    /// <summary>What later tasks have done to earlier ones on average: the last figure of each but the last task less the one right after it was learnt; negative where tasks are
    /// forgotten (BWT). 0 with one task.</summary>
    public double BackwardTransfer => Tasks == 1 ? 0 : Enumerable.Range(0, Tasks - 1).Average(task => accuracies[^1][task] - accuracies[task][task]);

    /// <summary>How much was forgotten on average: the best figure that each task but the last ever had before the last was learnt, less its last one (Chaudhry et al. 2018). 0
    /// with one task.</summary>
    public double Forgetting => Tasks == 1 ? 0
        : Enumerable.Range(0, Tasks - 1).Average(task => Enumerable.Range(task, Tasks - 1 - task).Max(after => accuracies[after][task]) - accuracies[^1][task]);
}
