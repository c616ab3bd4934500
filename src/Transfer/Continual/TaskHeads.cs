using System.Collections;
using Graft.Autograd;
using Graft.Models;

namespace Graft.Transfer;

/// <summary>A linear head for each of several tasks over one trunk's features. They learn beside the model, as a <see cref="ParameterGroup"/> of their own.</summary>
/// <example><code>
/// var heads = new TaskHeads(features: 64) { { "birds", 12 }, { "trees", 5 } };
/// var groups = new ParameterGroups([.. new ParameterGroups(model), new("heads", heads)]);
/// var logits = heads.Forward("birds", model.Features(pictures));
/// </code></example>
public sealed class TaskHeads(int features) : Module, IEnumerable<string>
{
    private readonly OrderedDictionary<string, Linear> heads = new(StringComparer.Ordinal);

    /// <summary>The tasks that have a head, in the order in which they were added.</summary>
    public IReadOnlyList<string> Tasks => [.. heads.Keys];

    /// <summary>Adds a head.</summary>
    /// <param name="task">What the task is called; the key of the head's weights.</param>
    /// <param name="classes">How many answers it has.</param>
    /// <exception cref="ArgumentException">The task has a head already.</exception>
    public void Add(string task, int classes)
    {
        ArgumentException.ThrowIfNullOrEmpty(task);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(classes);
        if (heads.ContainsKey(task)) throw new ArgumentException($"'{task}' has a head already: call the other task something else", nameof(task));
        heads.Add(task, Add(task, new Linear(features, classes)));
    }

    /// <summary>A task's answers.</summary>
    /// <param name="task">Its name.</param>
    /// <param name="rows">[n, features].</param>
    /// <returns>[n, classes].</returns>
    /// <exception cref="ArgumentException">There is no such task.</exception>
    public Variable Forward(string task, Variable rows) => Of(task).Forward(rows);

    /// <summary>A copy of a task's head, of which nothing is learnt.</summary>
    internal Linear Copy(string task)
    {
        var head = Of(task);
        var copy = new Linear(features, head.Outputs);
        copy.Weight.Value.CopyFrom(head.Weight.Value.ToArray());
        copy.Bias!.Value.CopyFrom(head.Bias!.Value.ToArray());
        copy.Freeze();
        return copy;
    }

    private Linear Of(string task)
    {
        ArgumentNullException.ThrowIfNull(task);
        return heads.TryGetValue(task, out var head)
            ? head
            : throw new ArgumentException($"no task is called '{task}'{NearName.Hint(task, heads.Keys)}; there are {string.Join(", ", heads.Keys)}", nameof(task));
    }

    /// <inheritdoc/>
    public IEnumerator<string> GetEnumerator() => heads.Keys.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
