namespace Graft.Transfer;

/// <summary>A learning rate schedule (PyTorch's <c>lr_scheduler</c>): the factor on the rates of all groups, as a function of the
/// training's progress.</summary>
/// <remarks>fastai's convention: step s of n is at s / n, so the first is at 0 and none is at 1. Schedules have no state and may be shared
/// by threads.</remarks>
public interface ISchedule
{
    /// <summary>The factor at a position.</summary>
    /// <param name="position">The share of the steps that are done, from 0 to 1.</param>
    double FactorAt(double position);
}
