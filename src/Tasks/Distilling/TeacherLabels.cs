using Graft.Autograd;
using Graft.Transfer;

namespace Graft.Tasks;

/// <summary>A teacher's part of a loss, whatever it reads: its answers in the order of the student's classes.</summary>
internal sealed class TeacherLabels
{
    private readonly int[]? places;
    private readonly int classes;
    private readonly float temperature, weight;

    /// <param name="teacher">What messages call it.</param>
    /// <param name="labels">Its classes.</param>
    /// <param name="wanted">The student's.</param>
    /// <param name="options">How it is learnt from.</param>
    /// <exception cref="ArgumentException">Its classes are others.</exception>
    public TeacherLabels(string teacher, IReadOnlyList<string> labels, IReadOnlyList<string> wanted, DistillationOptions options)
    {
        (temperature, weight) = (options.TemperatureOrUsual, options.WeightOrUsual);
        classes = wanted.Count;
        var byName = labels.Index().GroupBy(static label => label.Item, StringComparer.Ordinal)
            .ToDictionary(static group => group.Key, static group => group.First().Index, StringComparer.Ordinal);
        if (ClassNumbers.AreUnnamed(labels) && labels.Count == wanted.Count) return;
        string? missing = wanted.FirstOrDefault(name => !byName.ContainsKey(name));
        if (missing is not null || labels.Count != wanted.Count)
        {
            string what = missing is not null ? $"it does not know the class '{Printable.Text(missing)}'" : $"it has {labels.Count} classes and the data {wanted.Count}";
            throw new ArgumentException($"{Printable.Whole(teacher)} cannot teach this: {what}; a teacher answers with the same classes");
        }
        places = [.. wanted.Select(name => byName[name])];
        if (places.SequenceEqual(Enumerable.Range(0, classes))) places = null;
    }

    /// <summary>The loss with the teacher's part.</summary>
    /// <param name="hard">That of the labels.</param>
    /// <param name="student">The student's answers [rows, classes].</param>
    /// <param name="teacher">The teacher's, row by row in its own order.</param>
    public Variable Of(Variable hard, Variable student, float[] teacher)
    {
        if (places is not null)
        {
            var ordered = new float[teacher.Length];
            for (int i = 0; i < teacher.Length; i++) ordered[i] = teacher[i - i % classes + places[i % classes]];
            teacher = ordered;
        }
        var target = student.Pass.Constant(student.Pass.Upload<float>(student.Shape, teacher));
        return hard * (1f - weight) + Distillation.Loss(student, target, temperature) * weight;
    }
}
