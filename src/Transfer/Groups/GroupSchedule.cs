namespace Graft.Transfer;

/// <summary>A schedule that one group of parameters has for itself.</summary>
public sealed class GroupSchedule
{
    private readonly ISchedule schedule;

    private GroupSchedule(ISchedule schedule, bool replacesFit)
    {
        ArgumentNullException.ThrowIfNull(schedule);
        (this.schedule, ReplacesFit) = (schedule, replacesFit);
    }

    /// <summary>Whether it stands in place of the fit's schedule; otherwise it multiplies what that gives.</summary>
    public bool ReplacesFit { get; }

    /// <summary>A factor beside the fit's schedule: the group's rate is its own times both.</summary>
    /// <param name="schedule">The factor at a position of the fit.</param>
    public static GroupSchedule Beside(ISchedule schedule) => new(schedule, replacesFit: false);

    /// <summary>A factor in place of the fit's schedule. What an observer does to the fit's factor (<see cref="ReduceOnPlateau"/>) holds for it too.</summary>
    /// <param name="schedule">The factor at a position of the fit.</param>
    public static GroupSchedule InPlace(ISchedule schedule) => new(schedule, replacesFit: true);

    internal double FactorAt(double position) => schedule.FactorAt(position);
}
