using Graft.Autograd;
using Graft.Models;

namespace Graft.Transfer;

/// <summary>Learning without forgetting (LwF; Li and Hoiem 2016): while a model learns a new task from its pictures alone, its answers to the earlier one are to stay what they
/// were for those pictures. A copy of the model as it was is kept, of which nothing is learnt.</summary>
/// <remarks>It hurts where the new pictures are nothing like those of the earlier task: then the answers that are kept say little of it. Used by the training thread
/// alone.</remarks>
/// <example><code>
/// using var before = new KeptAnswers(model);
/// var features = model.Features(pictures);
/// var loss = heads.Forward("new", features).CrossEntropy(labels) + before.Loss(pictures, heads.Forward("old", features));
/// </code></example>
public sealed class KeptAnswers : IDisposable
{
    private readonly ImageModel before;
    private readonly Func<Variable, Variable> answer;

    /// <summary>Keeps a model as it is.</summary>
    /// <param name="model">A model that has learnt the earlier task; its own head gives the answers that are kept.</param>
    public KeptAnswers(ImageModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        before = Copy(model);
        answer = before.Forward;
    }

    /// <summary>Keeps a trunk as it is, and a head that stands beside it.</summary>
    /// <param name="trunk">A model whose trunk has learnt the earlier task.</param>
    /// <param name="heads">The heads over its features.</param>
    /// <param name="task">The earlier task.</param>
    /// <exception cref="ArgumentException">It has no head there.</exception>
    public KeptAnswers(ImageModel trunk, TaskHeads heads, string task)
    {
        ArgumentNullException.ThrowIfNull(trunk);
        ArgumentNullException.ThrowIfNull(heads);
        before = Copy(trunk);
        var head = heads.Copy(task);
        answer = pictures => head.Forward(before.Features(pictures));
    }

    /// <summary>T: how much is made of what the earlier answers hold unlikely; 2 in the paper.</summary>
    public float Temperature { get; init; } = 2;

    /// <summary>What the loss is multiplied by; 1 in the paper.</summary>
    public double Strength { get; init; } = 1;

    /// <summary>How far answers have gone from those of the kept model: <see cref="Distillation.Loss"/> of them.</summary>
    /// <param name="pictures">Of the new task [n, C, H, W].</param>
    /// <param name="answers">What the model answers to them now as to the earlier task [n, classes].</param>
    /// <returns>One element.</returns>
    /// <exception cref="Graft.Tensors.ShapeException">The answers are of other classes.</exception>
    public Variable Loss(Variable pictures, Variable answers)
    {
        ArgumentNullException.ThrowIfNull(pictures);
        ArgumentNullException.ThrowIfNull(answers);
        return Distillation.Loss(answers, answer(pictures.Detach()), Temperature) * (float)Strength;
    }

    /// <summary>Gives the copy's memory back.</summary>
    public void Dispose() => before.Dispose();

    private static ImageModel Copy(ImageModel model)
    {
        var copy = model.Remake(model.Classes, model.Seed);
        copy.CopyWeightsFrom(model);
        // frozen norms go by the statistics that were learnt
        copy.Freeze();
        copy.ApplyFrozenPolicies(FrozenNormPolicy.RunningStatistics, FrozenDropoutPolicy.Off);
        return copy;
    }
}
