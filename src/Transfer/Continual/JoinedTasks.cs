using Graft.Autograd;

namespace Graft.Transfer;

/// <summary>Several tasks learnt in the same steps (Caruana 1997): a batch of each, and the weighted sum of their losses. With the first task the new one and the others kept
/// examples of earlier ones it is replay (Robins 1995), by which those are not forgotten.</summary>
/// <remarks>An epoch is one of the first task; a shorter one begins again, in the order of its next epoch, and of a longer one the rest is left for later. How far the others
/// are follows from the number of batches that were made, so that a training that is resumed goes on as it would have.</remarks>
/// <example><code>
/// var heads = new TaskHeads(features: 64) { { "birds", 12 }, { "trees", 5 } };
/// var both = new JoinedTasks((birds, 1), (trees, 0.5));
/// new Trainer(optimiser, Device.Cpu).Fit(both, epochs: 10);
/// </code></example>
public sealed class JoinedTasks : ITrainingSet
{
    private readonly (ITrainingSet Task, float Weight)[] tasks;

    /// <summary>Joins tasks.</summary>
    /// <param name="tasks">Each with what its loss is multiplied by, 0 or more.</param>
    /// <exception cref="ArgumentException">There are fewer than two.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A weight is negative or not finite.</exception>
    public JoinedTasks(params IReadOnlyList<(ITrainingSet Task, double Weight)> tasks)
    {
        ArgumentNullException.ThrowIfNull(tasks);
        if (tasks.Count < 2) throw new ArgumentException("one task alone has nothing to be joined with: give it to a trainer as it is, or name a second", nameof(tasks));
        foreach (var (task, weight) in tasks)
        {
            ArgumentNullException.ThrowIfNull(task, nameof(tasks));
            if (!(weight >= 0 && double.IsFinite(weight))) throw new ArgumentOutOfRangeException(nameof(tasks), weight, "what a task's loss is multiplied by is 0 or more and finite");
        }
        this.tasks = [.. tasks.Select(static one => (one.Task, (float)one.Weight))];
    }

    /// <inheritdoc/>
    public int BatchesPerEpoch => tasks[0].Task.BatchesPerEpoch;

    /// <inheritdoc/>
    public IEnumerable<ITrainingBatch> Epoch(int epoch, CancellationToken cancellation) => EpochFrom(epoch, 0, cancellation);

    /// <inheritdoc/>
    public IEnumerable<ITrainingBatch> EpochFrom(int epoch, int batchesDone, CancellationToken cancellation)
    {
        long made = (long)epoch * BatchesPerEpoch + batchesDone;
        var others = new List<IEnumerator<ITrainingBatch>>();
        try
        {
            foreach (var (task, _) in tasks[1..]) others.Add(Endless(task, made, cancellation).GetEnumerator());
            foreach (var first in tasks[0].Task.EpochFrom(epoch, batchesDone, cancellation))
            {
                others.ForEach(static other => other.MoveNext());
                yield return new Batch([first, .. others.Select(static other => other.Current)], [.. tasks.Select(static one => one.Weight)]);
            }
        }
        finally
        {
            others.ForEach(static other => other.Dispose());
        }
    }

    /// <summary>A task's batches one epoch after the other, from one on.</summary>
    private static IEnumerable<ITrainingBatch> Endless(ITrainingSet task, long made, CancellationToken cancellation)
    {
        var (epoch, done) = Math.DivRem(made, task.BatchesPerEpoch);
        for (; ; epoch++, done = 0)
            foreach (var batch in task.EpochFrom((int)epoch, (int)done, cancellation)) yield return batch;
    }

    private sealed class Batch(ITrainingBatch[] parts, float[] weights) : ITrainingBatch
    {
        public int Count => parts[0].Count;

        public IReadOnlyList<string> ExampleNames => parts[0].ExampleNames;

        public Variable Loss(Pass pass)
        {
            var loss = parts[0].Loss(pass) * weights[0];
            for (int task = 1; task < parts.Length; task++) loss += parts[task].Loss(pass) * weights[task];
            return loss;
        }
    }
}
