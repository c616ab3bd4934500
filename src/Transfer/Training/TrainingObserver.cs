namespace Graft.Transfer;

/// <summary>A callback of the training loop (fastai's <c>Callback</c>, Hugging Face's <c>TrainerCallback</c>): it is called at each of
/// these points, after the observers before it in <see cref="Trainer.Observers"/>, and overrides those that it needs.</summary>
/// <remarks>All calls come on the thread that runs <see cref="Trainer.Fit"/>; an exception ends the training. The context is the same object
/// throughout a fit. An observer that keeps something of a fit resets it in <see cref="FitStarted"/>.</remarks>
public abstract class TrainingObserver
{
    /// <summary>A fit begins; nothing has been computed.</summary>
    public virtual void FitStarted(TrainingContext context)
    {
    }

    /// <summary>An epoch begins.</summary>
    public virtual void EpochStarting(TrainingContext context)
    {
    }

    /// <summary>A batch is there; <see cref="TrainingContext.RateFactor"/> may be changed for its step.</summary>
    public virtual void StepStarting(TrainingContext context)
    {
    }

    /// <summary>Backward has run and the loss is finite; nothing has been updated. The point to read, clip, scale or exchange
    /// <see cref="TrainingContext.Gradients"/>, to add them up (<see cref="TrainingContext.Accumulate"/>) or to leave the step out
    /// (<see cref="TrainingContext.SkipStep"/>).</summary>
    public virtual void GradientsReady(TrainingContext context)
    {
    }

    /// <summary>The step has been made, or left out (<see cref="TrainingContext.HasMoved"/>).</summary>
    public virtual void StepDone(TrainingContext context)
    {
    }

    /// <summary>The models are about to be evaluated, where a fit has a validation: an average takes the place of the weights here.</summary>
    public virtual void EvaluationStarting(TrainingContext context)
    {
    }

    /// <summary>They have been evaluated, or that has failed: what <see cref="EvaluationStarting"/> put in place is taken back. The last observer is called
    /// first.</summary>
    public virtual void EvaluationDone(TrainingContext context)
    {
    }

    /// <summary>An epoch has ended and been evaluated; <see cref="TrainingContext.LastEpoch"/> is its report.</summary>
    public virtual void EpochDone(TrainingContext context)
    {
    }

    /// <summary>The fit has ended, in whatever way: through its epochs, stopped, cancelled or by an exception
    /// (<see cref="TrainingContext.HasFailed"/>).</summary>
    public virtual void FitEnded(TrainingContext context)
    {
    }
}
