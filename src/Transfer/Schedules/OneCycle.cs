namespace Graft.Transfer;

/// <summary>The one-cycle schedule (Smith and Topin 2018) with PyTorch's <c>OneCycleLR</c> cosine form: from a part of the highest rate up
/// to it, then down to almost nothing. A cycle of one step, which PyTorch runs at the lowest rate, runs at the highest.</summary>
/// <param name="Steps">How many steps the cycle has (PyTorch's <c>total_steps</c>); at least 1.</param>
/// <param name="RisingShare">The share of the steps that rise (<c>pct_start</c>), from 0 to 1.</param>
/// <param name="StartDivisor">The first rate is the highest divided by this (<c>div_factor</c>).</param>
/// <param name="EndDivisor">The last rate is the first divided by this (<c>final_div_factor</c>).</param>
public sealed record OneCycle(int Steps, double RisingShare = 0.3, double StartDivisor = 25, double EndDivisor = 1e4) : ISchedule
{
    // what s / n * n may be beside s
    private const double Rounding = 1e-12;

    /// <summary>The factor at a position: at s / <see cref="Steps"/> that of step s, between two steps on the curve through them, after the
    /// last step that of the last.</summary>
    /// <param name="position">The share of the steps that are done, from 0 to 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The position is outside [0, 1], or the cycle has an impossible setting.</exception>
    public double FactorAt(double position)
    {
        Validate();
        if (!(position is >= 0 and <= 1)) throw new ArgumentOutOfRangeException(nameof(position), position, "a position lies in [0, 1]");
        double step = position * Steps, nearest = Math.Round(step);
        if (Math.Abs(step - nearest) <= Rounding * Steps) step = nearest;
        return At(Math.Min(step, Steps - 1));
    }

    /// <summary>What the highest rate is multiplied by at a step.</summary>
    /// <param name="step">The step, from 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">The step is outside the cycle, or the cycle has an impossible setting.</exception>
    public double FactorAtStep(int step)
    {
        Validate();
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(step, Steps);
        return At(step);
    }

    private double At(double step)
    {
        if (Steps == 1) return 1;
        double start = 1 / StartDivisor, end = start / EndDivisor;
        // PyTorch's positions: the peak may fall between two steps, or before the first of a very short cycle
        double peak = RisingShare * Steps - 1, last = Steps - 1;
        if (step <= peak) return peak <= 0 ? 1 : Cosine(start, 1, step / peak);
        return last <= peak ? end : Cosine(1, end, (step - peak) / (last - peak));
    }

    private void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(Steps);
        ArgumentOutOfRangeException.ThrowIfNegative(RisingShare);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(RisingShare, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(StartDivisor, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(EndDivisor, 1);
    }

    private static double Cosine(double from, double to, double share) => to + (from - to) / 2 * (1 + Math.Cos(Math.PI * share));
}
