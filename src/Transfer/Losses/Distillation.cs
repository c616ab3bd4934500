using Graft.Autograd;
using Graft.Models;
using Graft.Tensors;

namespace Graft.Transfer;

/// <summary>What a student learns from a teacher's answers beside its labels (Hinton, Vinyals and Dean 2015).</summary>
public static class Distillation
{
    /// <summary>T^2 times the Kullback-Leibler divergence of the student's softened answers from the teacher's, a mean over rows: softmax(logits / T) of each.</summary>
    /// <param name="student">[rows, classes].</param>
    /// <param name="teacher">[rows, classes]; nothing is learnt by it.</param>
    /// <param name="temperature">T: how much is made of what the teacher holds unlikely; above 0.</param>
    /// <exception cref="ShapeException">The shapes differ.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The temperature is not above 0.</exception>
    public static Variable Loss(Variable student, Variable teacher, float temperature)
    {
        ArgumentNullException.ThrowIfNull(student);
        ArgumentNullException.ThrowIfNull(teacher);
        if (!(temperature > 0 && float.IsFinite(temperature))) throw new ArgumentOutOfRangeException(nameof(temperature), temperature, "a temperature is above 0");
        if (student.Shape != teacher.Shape) ShapeException.Throw("distillation", $"teacher {teacher.Shape} does not fit {student.Shape}", "both answer with the same classes");
        Variable target = (teacher.Detach() * (1f / temperature)).LogSoftmax(), answer = (student * (1f / temperature)).LogSoftmax();
        return (target.Exp() * (target - answer)).Sum() * (temperature * temperature / student.Shape[0]);
    }
}

/// <summary>Feature distillation (FitNets; Romero et al. 2015): a student's feature maps through a learnt projection are to be those of a teacher's stage. Its weights
/// learn with the student's.</summary>
/// <example><code>
/// var matching = new FeatureDistillation(studentChannels: 16, teacherChannels: 64);
/// var groups = new ParameterGroups([.. new ParameterGroups(student), new("projection", matching)]);
/// var loss = logits.CrossEntropy(labels) + matching.Loss(maps["layer1"], teachersMaps["layer1"]) * 0.5f;
/// </code></example>
public sealed class FeatureDistillation : Module
{
    private readonly Conv2d projection;

    /// <summary>Makes a projection from as many channels to as many others.</summary>
    /// <param name="studentChannels">C of the student's maps.</param>
    /// <param name="teacherChannels">D of the teacher's.</param>
    public FeatureDistillation(int studentChannels, int teacherChannels) =>
        projection = Add("projection", new Conv2d(studentChannels, teacherChannels, 1, hasBias: false));

    /// <summary>The mean squared difference of the projected maps and the teacher's; the larger of two sizes is averaged down to the other.</summary>
    /// <param name="student">[N, C, H, W].</param>
    /// <param name="teacher">[N, D, H', W']; nothing is learnt by it.</param>
    /// <exception cref="ShapeException">The channels are others.</exception>
    public Variable Loss(Variable student, Variable teacher)
    {
        ArgumentNullException.ThrowIfNull(student);
        ArgumentNullException.ThrowIfNull(teacher);
        teacher = teacher.Detach();
        int height = Math.Min(student.Shape[2], teacher.Shape[2]), width = Math.Min(student.Shape[3], teacher.Shape[3]);
        if (student.Shape[2] != height || student.Shape[3] != width) student = student.AdaptiveAveragePool2d(height, width);
        if (teacher.Shape[2] != height || teacher.Shape[3] != width) teacher = teacher.AdaptiveAveragePool2d(height, width);
        return projection.Forward(student).MeanSquaredError(teacher);
    }
}
