using Graft.Autograd;
using Graft.Models;
using Graft.Tensors;

namespace Graft.Transfer;

/// <summary>Reptile (Nichol et al. 2018): the weights move towards where steps on a task lead, task after task; there is nothing to be asked about.</summary>
/// <remarks>What it hands to the optimiser is the way back from there, so that plain gradient descent at the rate epsilon is the paper's step.</remarks>
public sealed class Reptile : BackwardRule
{
    private readonly ModelAgnostic loop;
    private readonly Model model;
    private readonly Device device;

    /// <summary>Prepares it for a model.</summary>
    /// <param name="model">The model.</param>
    /// <param name="device">Where to compute.</param>
    /// <param name="inner">The steps on a task.</param>
    public Reptile(Model model, Device device, InnerLoop inner)
    {
        loop = new ModelAgnostic(model, device, inner);
        (this.model, this.device) = (model, device);
    }

    /// <summary>As <see cref="ModelAgnostic.Over"/>.</summary>
    /// <param name="tasksPerEpoch">How many tasks an epoch has.</param>
    /// <param name="at">The task of a number; its loss of what is asked about is watched alone.</param>
    public ITrainingSet Over(int tasksPerEpoch, Func<long, MetaTask> at) => loop.Over(tasksPerEpoch, at);

    /// <inheritdoc/>
    public override void Backward(Pass pass, Variable loss, ITrainingBatch batch, Gradients gradients)
    {
        ArgumentNullException.ThrowIfNull(pass);
        ArgumentNullException.ThrowIfNull(gradients);
        var adapted = ModelAgnostic.AdaptedBy(batch);
        pass.DiscardDeferred();
        int number = 0;
        foreach (var parameter in model.Parameters().Where(static parameter => !parameter.IsFrozen))
        {
            float[] back = adapted.Movement(number++);
            for (int i = 0; i < back.Length; i++) back[i] = -back[i];
            ModelAgnostic.Add(gradients, parameter, back, device);
        }
    }
}
