using Graft.Autograd;
using Graft.Models;
using Graft.Tensors;

namespace Graft.Transfer;

/// <summary>Model-agnostic meta-learning (MAML; Finn et al. 2017): weights are learnt from which a few steps on a task go far. Each batch of the training is a task; a
/// step's tasks are accumulated batches.</summary>
/// <remarks>With second derivatives, which are products along one direction by central differences of gradients, unless <see cref="IsFirstOrder"/>. Runs normalise by the
/// task's own batches, and no statistics are kept, as in the paper.</remarks>
/// <example><code>
/// using var maml = new ModelAgnostic(model, Device.Cpu, new InnerLoop { Rate = 0.4 });
/// var trainer = new Trainer(Optimiser.Adam(new ParameterGroups(model)), Device.Cpu) { Backward = maml, Observers = [new GradientAccumulation(32)] };
/// trainer.Fit(maml.Over(tasksPerEpoch: 3200, number => TaskOf(draw.At(number))), epochs: 10);
/// </code></example>
public sealed class ModelAgnostic : BackwardRule
{
    private readonly Model model;
    private readonly Device device;

    /// <summary>Prepares it for a model.</summary>
    /// <param name="model">The model.</param>
    /// <param name="device">Where to compute.</param>
    /// <param name="inner">How it adapts to a task.</param>
    public ModelAgnostic(Model model, Device device, InnerLoop inner)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(inner);
        (this.model, this.device, Inner) = (model, device, inner);
    }

    /// <summary>How the model adapts to a task.</summary>
    public InnerLoop Inner { get; }

    /// <summary>Whether second derivatives are left out (FOMAML): the gradient at the adapted weights is taken for the gradient.</summary>
    public bool IsFirstOrder { get; init; }

    /// <summary>Tasks as a training set: an epoch has as many as are given, in their order.</summary>
    /// <param name="tasksPerEpoch">How many tasks an epoch has.</param>
    /// <param name="at">The task of a number, which counts on from epoch to epoch.</param>
    public ITrainingSet Over(int tasksPerEpoch, Func<long, MetaTask> at)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(tasksPerEpoch);
        ArgumentNullException.ThrowIfNull(at);
        return new Tasks(this, tasksPerEpoch, at);
    }

    /// <summary>The model's weights after the steps of a task.</summary>
    /// <param name="task">The task.</param>
    public AdaptedWeights Adapt(MetaTask task)
    {
        ArgumentNullException.ThrowIfNull(task);
        return Inner.Adapt([.. model.Parameters().Where(static parameter => !parameter.IsFrozen)], task.Support, device);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The batch is none of <see cref="Over"/>.</exception>
    public override void Backward(Pass pass, Variable loss, ITrainingBatch batch, Gradients gradients)
    {
        ArgumentNullException.ThrowIfNull(pass);
        ArgumentNullException.ThrowIfNull(gradients);
        var adapted = AdaptedBy(batch);
        pass.DiscardDeferred();
        if (IsFirstOrder)
        {
            pass.Backward(loss, gradients);
            return;
        }
        Parameter[] parameters = [.. model.Parameters().Where(static parameter => !parameter.IsFrozen)];
        float[][] total;
        using (var own = new Gradients())
        {
            pass.Backward(loss, own);
            total = adapted.Through([.. parameters.Select(parameter => own.Of(parameter)?.ToArray() ?? new float[parameter.Shape.ElementCount])]);
        }
        for (int i = 0; i < parameters.Length; i++) Add(gradients, parameters[i], total[i], device);
    }

    /// <summary>A task as a batch of a training.</summary>
    internal ITrainingBatch BatchOf(MetaTask task) => new Batch(this, task);

    /// <summary>The weights that a task's batch has adapted.</summary>
    internal static AdaptedWeights AdaptedBy(ITrainingBatch batch) => batch is Batch { Adapted: { } adapted } ? adapted
        : throw new ArgumentException("meta-learning learns from tasks: make the training set with its own Over", nameof(batch));

    /// <summary>Adds to a parameter's gradient.</summary>
    internal static void Add(Gradients gradients, Parameter parameter, float[] numbers, Device device)
    {
        if (gradients.Of(parameter) is { } before)
        {
            float[] added = before.ToArray();
            for (int i = 0; i < numbers.Length; i++) numbers[i] += added[i];
        }
        var gradient = device.Rent<float>(parameter.Shape);
        gradient.CopyFrom(numbers);
        gradients.Set(parameter, gradient);
    }

    private sealed class Tasks(ModelAgnostic method, int count, Func<long, MetaTask> at) : ITrainingSet
    {
        public int BatchesPerEpoch => count;

        public IEnumerable<ITrainingBatch> Epoch(int epoch, CancellationToken cancellation)
        {
            for (int number = 0; number < count; number++) yield return method.BatchOf(at((long)epoch * count + number));
        }
    }

    /// <summary>A task: its loss is that of the adapted weights.</summary>
    private sealed class Batch(ModelAgnostic method, MetaTask task) : ITrainingBatch
    {
        public int Count => task.Count;

        public AdaptedWeights? Adapted { get; private set; }

        public Variable Loss(Pass pass)
        {
            Adapted = method.Adapt(task);
            Adapted.SubstituteIn(pass);
            return task.Query(pass);
        }
    }
}
