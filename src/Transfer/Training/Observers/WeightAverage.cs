namespace Graft.Transfer;

/// <summary>An average of all weights and statistics along a training, which evaluations are made with and which can be kept in their place.</summary>
public abstract class WeightAverage : TrainingObserver, IResumable, IDisposable
{
    private const string Part = "averages";

    private bool isSwappedIn;

    private protected WeightAverage()
    {
    }

    /// <summary>Whether evaluations during a fit are made with the averages; the weights go on from where they are.</summary>
    public bool Evaluates { get; init; }

    internal WeightCopies? Averages { get; set; }

    /// <inheritdoc/>
    public override void EvaluationStarting(TrainingContext context)
    {
        if (!Evaluates || Averages is null) return;
        Averages.Swap();
        isSwappedIn = true;
        Prepare(context.Trainer, context.Data);
    }

    /// <inheritdoc/>
    public override void EvaluationDone(TrainingContext context)
    {
        if (!isSwappedIn) return;
        isSwappedIn = false;
        Averages!.Swap();
    }

    /// <summary>Exchanges the weights of the models with their averages: once to use the averages, once more to go on training.</summary>
    /// <exception cref="InvalidOperationException">There is no average yet.</exception>
    public void Swap()
    {
        if (Averages is null) throw new InvalidOperationException("there is no average before a fit has begun: give the observer to a trainer first");
        Averages.Swap();
    }

    /// <summary>Gives the models the averages in place of their weights, ready to be used; nothing where there is none.</summary>
    /// <param name="trainer">The trainer whose fits are over.</param>
    /// <param name="data">What was learnt from, with which batch norms are estimated anew where the kind of average asks for it.</param>
    public void Adopt(Trainer trainer, ITrainingSet data)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        ArgumentNullException.ThrowIfNull(data);
        if (Averages is null) return;
        Averages.Swap();
        Prepare(trainer, data);
    }

    /// <inheritdoc/>
    public virtual void WriteState(StateWriter state)
    {
        ArgumentNullException.ThrowIfNull(state);
        Averages?.WriteState(state.Within(Part));
    }

    /// <inheritdoc/>
    public virtual void ReadState(StateReader state, TrainingContext context)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(context);
        var averages = state.Within(Part);
        if (!WeightCopies.AreIn(averages)) return;
        Averages ??= new WeightCopies(context.Groups, context.Device);
        Averages.ReadState(averages);
    }

    /// <summary>Releases the averages' memory.</summary>
    public void Dispose()
    {
        Averages?.Dispose();
        Averages = null;
        GC.SuppressFinalize(this);
    }

    /// <summary>Does what averages that were just swapped in need.</summary>
    private protected virtual void Prepare(Trainer trainer, ITrainingSet data)
    {
    }
}
