using System.Diagnostics;
using System.Globalization;
using Graft.Autograd;
using Graft.Models;
using Graft.Tensors;

namespace Graft.Transfer;

/// <summary>Keeps a trainer's state in a folder while it trains, and gives it back to one that goes on.</summary>
internal sealed class CheckpointKeeper
{
    private const int EndsOfEpochs = 4;

    private readonly Trainer trainer;
    private readonly TrainingCheckpoints settings;
    private readonly CheckpointFolder folder;
    private readonly Stopwatch sinceLast = Stopwatch.StartNew();
    private string? resumed;
    private int lastStep;

    /// <summary>Looks for a training that goes on, and takes over what is not of one fit.</summary>
    /// <exception cref="CheckpointException">There is one, and it is damaged or of another training; nothing was changed.</exception>
    public CheckpointKeeper(Trainer trainer, TrainingCheckpoints settings)
    {
        settings.Validate();
        (this.trainer, this.settings) = (trainer, settings);
        folder = new CheckpointFolder(settings);
        if (!settings.Resume || folder.Newest() is not { } newest) return;
        using var checkpoint = newest.Checkpoint;
        Restore(new StateReader(checkpoint));
        (resumed, lastStep) = (checkpoint.Path, newest.Step);
        settings.Note?.Invoke(string.Create(CultureInfo.InvariantCulture, $"goes on from step {newest.Step}, kept in {checkpoint.Path}"));
    }

    /// <summary>Where the training that goes on stood; null where there is none, or it is under way again.</summary>
    public FitPosition? Position { get; private set; }

    /// <summary>The step that the training went on from; null where it began.</summary>
    public int? ResumedFrom { get; private set; }

    /// <summary>Gives the fit that the training stood in what is of it alone.</summary>
    public void Resume(TrainingContext context, Gradients gradients, TrainingObserver[] observers)
    {
        using var checkpoint = Checkpoint.Open(resumed!);
        var state = new StateReader(checkpoint);
        (resumed, Position) = (null, null);
        var rates = state.Within("rates");
        foreach (var group in trainer.Groups)
        {
            if (!rates.Has(group.Name)) continue;
            group.Rate = rates.Number(group.Name) is > 0 and < double.PositiveInfinity and var rate ? rate : throw rates.Wrong(group.Name, "a rate");
        }
        GradientState.Read(state.Within("gradients"), gradients, trainer.Groups, trainer.Device);
        string names = Names(observers);
        if (state.Text("observers") is var then && then != names)
            throw new CheckpointException(checkpoint.Path, $"is of a training with {Listed(then)}, and this one has {Listed(names)}: go on with the same observers in the same order");
        foreach (var (observer, name) in Resumables(observers)) observer.ReadState(state.Within(name), context);
    }

    /// <summary>Whether the last step is kept already.</summary>
    public bool IsKept => trainer.StepsMade == lastStep;

    /// <summary>Whether a checkpoint is to be written now.</summary>
    /// <param name="isEpochDone">Whether an epoch has just ended.</param>
    public bool IsDue(bool isEpochDone)
    {
        if (IsKept) return false;
        if (settings.EverySteps is { } steps && trainer.StepsMade - lastStep >= steps) return true;
        if (settings.EveryEpoch && isEpochDone) return true;
        return settings is { EverySteps: null, EveryEpoch: false } && sinceLast.Elapsed >= settings.Every / (isEpochDone ? EndsOfEpochs : 1);
    }

    /// <summary>Writes a checkpoint.</summary>
    /// <exception cref="IOException">It cannot be written; those before are as they were.</exception>
    /// <exception cref="NonFiniteException">A weight is not finite; nothing was written.</exception>
    public void Write(FitPosition position, Gradients gradients, TrainingObserver[] observers, Evaluation? evaluation)
    {
        RequireFinite();
        if (lastStep == 0) folder.RemovePartial();
        var state = new StateWriter();
        Save(state);
        position.Write(state.Within("position"));
        var rates = state.Within("rates");
        foreach (var group in trainer.Groups)
            if (group.HasRate) rates.Number(group.Name, group.Rate);
        GradientState.Write(state.Within("gradients"), gradients, trainer.Groups);
        state.Text("observers", Names(observers));
        foreach (var (observer, name) in Resumables(observers)) observer.WriteState(state.Within(name));
        folder.Write(trainer.StepsMade, evaluation?.Metrics.Find(settings.Metric), state, isFirst: lastStep == 0);
        lastStep = trainer.StepsMade;
        sinceLast.Restart();
    }

    private void Save(StateWriter state)
    {
        trainer.WriteState(state.Within("trainer"));
        trainer.Optimiser.WriteState(state.Within("optimiser"));
        for (int i = 0; i < trainer.Groups.Models.Count; i++) state.Add(ModelState.Entries(trainer.Groups.Models[i], ModelPart(i) + "/"));
        var free = state.Within("parameters");
        foreach (var (name, parameter) in Free()) free.Tensor(name, parameter.Value);
    }

    private void Restore(StateReader state)
    {
        var position = FitPosition.Read(state.Within("position"));
        for (int i = 0; i < trainer.Groups.Models.Count; i++) state.Within(ModelPart(i)).Restore(trainer.Groups.Models[i]);
        var free = state.Within("parameters");
        foreach (var (name, parameter) in Free())
        {
            using var alone = parameter.Lock.Change();
            free.CopyTo(name, parameter.Value);
        }
        trainer.Optimiser.ReadState(state.Within("optimiser"));
        trainer.ReadState(state.Within("trainer"));
        (Position, ResumedFrom) = (position, trainer.StepsMade);
    }

    /// <summary>Parameters that belong to no model.</summary>
    private IEnumerable<(string Name, Parameter Parameter)> Free() => trainer.Groups.Named().Where(static one => Model.Of(one.Parameter) is null);

    private void RequireFinite()
    {
        foreach (var tensor in trainer.Groups.Models.SelectMany(static model => model.Parameters().Concat(model.Buffers())).Concat(Free().Select(static one => one.Parameter)))
        {
            if (!IsFinite(tensor.Value))
                throw new NonFiniteException(string.Create(CultureInfo.InvariantCulture, $"'{tensor.Name}' is not finite after step {trainer.StepsMade}, so no checkpoint was written")
                    + (lastStep > 0 ? string.Create(CultureInfo.InvariantCulture, $"; the one of step {lastStep} is kept") : "") + ": lower the learning rate, or look for broken inputs");
        }
    }

    private static bool IsFinite(Tensor<float> values) =>
        !(values.Device is CpuDevice && values.IsContiguous ? values.Span() : values.ToArray()).ContainsAnyExceptInRange(float.MinValue, float.MaxValue);

    private static IEnumerable<(IResumable Observer, string Name)> Resumables(TrainingObserver[] observers) =>
        observers.OfType<IResumable>().Select(static (observer, index) => (observer, string.Create(CultureInfo.InvariantCulture, $"observer{index}")));

    private static string Names(TrainingObserver[] observers) => string.Join(", ", observers.OfType<IResumable>().Select(static observer => observer.GetType().Name));

    private static string Listed(string names) => names.Length == 0 ? "no observer that remembers anything" : Messages.Printable.Text(names);

    private static string ModelPart(int index) => string.Create(CultureInfo.InvariantCulture, $"model{index}");
}
