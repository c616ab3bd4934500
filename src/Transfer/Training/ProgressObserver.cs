namespace Graft.Transfer;

/// <summary>Reports progress after each step; the last step of an epoch comes with the epoch's report.</summary>
internal sealed class ProgressObserver(IProgress<FitProgress> progress, Pace pace, bool hasValidation) : TrainingObserver
{
    private double before;
    private int fitEnd;

    public override void FitStarted(TrainingContext context)
    {
        fitEnd = context.LastStepOfFit;
        pace.BeginPhase();
    }

    public override void EpochStarting(TrainingContext context) => before = context.Elapsed.TotalSeconds;

    public override void StepDone(TrainingContext context)
    {
        double now = context.Elapsed.TotalSeconds;
        pace.Step(now - before);
        before = now;
        if (context.StepInEpoch < context.StepsPerEpoch) Tell(context, finished: null);
    }

    public override void EpochDone(TrainingContext context)
    {
        if (context.LastEpoch!.Validation is not null) pace.Validation(context.Elapsed.TotalSeconds - before);
        Tell(context, context.LastEpoch);
    }

    private void Tell(TrainingContext context, EpochReport? finished)
    {
        int validations = hasValidation ? context.Epochs - context.Epoch + (finished is null ? 1 : 0) : 0;
        progress.Report(new FitProgress(
            context.Epoch, context.Epochs, context.Step, context.Steps, context.MeanLoss, context.Rate, context.Elapsed, finished)
        {
            Remaining = pace.Of(Math.Max(0, fitEnd - context.Step), context.Steps - fitEnd, validations),
        });
    }
}
