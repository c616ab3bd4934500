namespace Graft.Transfer;

/// <summary>Simple schedules, and their combinations.</summary>
/// <example><code>
/// var schedule = Schedule.Cosine().WithWarmUp(0.1);      // get_cosine_schedule_with_warmup
/// </code></example>
public static class Schedule
{
    /// <summary>The same rate all the time.</summary>
    public static ISchedule Constant { get; } = Of(static _ => 1);

    /// <summary>A straight line.</summary>
    /// <param name="from">The factor at 0.</param>
    /// <param name="to">The factor at 1.</param>
    public static ISchedule Linear(double from = 1, double to = 0) => Of(position => from + (to - from) * position);

    /// <summary>Half a cosine wave (Loshchilov and Hutter 2017, without restarts).</summary>
    /// <param name="from">The factor at 0.</param>
    /// <param name="to">The factor at 1.</param>
    public static ISchedule Cosine(double from = 1, double to = 0) => Of(position => to + (from - to) / 2 * (1 + Math.Cos(Math.PI * position)));

    /// <summary>1 at first, and times <paramref name="factor"/> from each of the positions on (PyTorch's <c>MultiStepLR</c>).</summary>
    /// <param name="factor">What the rate is multiplied by (<c>gamma</c>).</param>
    /// <param name="positions">Where, each from 0 to 1.</param>
    public static ISchedule Step(double factor, params double[] positions)
    {
        ArgumentNullException.ThrowIfNull(positions);
        return Of(position => Math.Pow(factor, positions.Count(place => position >= place)));
    }

    /// <summary>A straight rise from 0, then a fall as the inverse square root of the steps (Hugging Face's <c>get_inverse_sqrt_schedule</c>; Vaswani et
    /// al. 2017).</summary>
    /// <param name="warmUpShare">The share of the steps that rise, above 0, at most 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The share is none.</exception>
    public static ISchedule InverseSquareRoot(double warmUpShare)
    {
        if (!(warmUpShare is > 0 and <= 1)) throw new ArgumentOutOfRangeException(nameof(warmUpShare), warmUpShare, "the share that rises is above 0, and 1 at most");
        return Of(position => position < warmUpShare ? position / warmUpShare : Math.Sqrt(warmUpShare / position));
    }

    /// <summary>A short straight rise and a long straight fall (Howard and Ruder 2018, ULMFiT's slanted triangular rates).</summary>
    /// <param name="risingShare">The share of the steps that rise (<c>cut_frac</c>), above 0 and below 1.</param>
    /// <param name="ratio">How many times smaller the lowest rate is than the highest; 1 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">The share or the ratio is impossible.</exception>
    public static ISchedule SlantedTriangular(double risingShare = 0.1, double ratio = 32)
    {
        if (!(risingShare is > 0 and < 1)) throw new ArgumentOutOfRangeException(nameof(risingShare), risingShare, "the share that rises is above 0 and below 1");
        ArgumentOutOfRangeException.ThrowIfLessThan(ratio, 1);
        return Of(position =>
        {
            double height = position < risingShare ? position / risingShare : (1 - position) / (1 - risingShare);
            return (1 + height * (ratio - 1)) / ratio;
        });
    }

    /// <summary>A curve from one factor to another whose logarithm is a straight line (fastai's <c>SchedExp</c>).</summary>
    /// <param name="from">The factor at 0; above 0.</param>
    /// <param name="to">The factor at 1; above 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">A factor is not above 0.</exception>
    public static ISchedule Exponential(double from, double to)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(from);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(to);
        return Of(position => from * Math.Pow(to / from, position));
    }

    /// <summary>The schedule several times over, each time from 0 to 1 (PyTorch's <c>CosineAnnealingWarmRestarts</c> of a cosine).</summary>
    /// <param name="schedule">What is repeated.</param>
    /// <param name="times">How often; at least 1.</param>
    public static ISchedule Repeated(this ISchedule schedule, int times)
    {
        ArgumentNullException.ThrowIfNull(schedule);
        ArgumentOutOfRangeException.ThrowIfLessThan(times, 1);
        return Of(position => schedule.FactorAt(position >= 1 ? 1 : position * times % 1));
    }

    /// <summary>Half a cosine wave up and one down (fastai's <c>combined_cos</c>), of rates or of momenta. <see cref="OneCycle"/> is PyTorch's form, in which the
    /// last step is the end itself.</summary>
    /// <param name="risingShare">The share of the steps before the middle (<c>pct_start</c>), from 0 to 1.</param>
    /// <param name="start">The value at 0.</param>
    /// <param name="middle">The value at <paramref name="risingShare"/>.</param>
    /// <param name="end">The value at 1.</param>
    /// <exception cref="ArgumentException">The share is outside [0, 1].</exception>
    public static ISchedule CosineCycle(double risingShare, double start, double middle, double end) =>
        Join((risingShare, Cosine(start, middle)), (1 - risingShare, Cosine(middle, end)));

    /// <summary>A custom schedule.</summary>
    /// <param name="factorAt">The factor at a position from 0 to 1.</param>
    public static ISchedule Of(Func<double, double> factorAt)
    {
        ArgumentNullException.ThrowIfNull(factorAt);
        return new Function(factorAt);
    }

    /// <summary>Schedules in sequence, each from 0 to 1 over its share of the training (fastai's <c>combine_scheds</c>).</summary>
    /// <param name="parts">Each with its share of the steps; the shares are 0 or more and their sum is 1.</param>
    /// <exception cref="ArgumentException">The shares are not those of a whole.</exception>
    public static ISchedule Join(params (double Share, ISchedule Schedule)[] parts)
    {
        ArgumentNullException.ThrowIfNull(parts);
        double sum = parts.Sum(part => part.Share);
        if (parts.Any(part => !(part.Share >= 0)) || Math.Abs(sum - 1) > 1e-9)
        {
            string shares = string.Join(", ", parts.Select(part => part.Share));
            throw new ArgumentException($"the shares {shares} add up to {sum}: give shares of 0 or more that add up to 1", nameof(parts));
        }
        return new Joined([.. parts.Where(part => part.Share > 0)]);
    }

    /// <summary>The schedule after a straight rise from 0, as Hugging Face's <c>get_..._schedule_with_warmup</c>.</summary>
    /// <param name="schedule">What comes after the rise, run through in what is left.</param>
    /// <param name="share">The share of the steps that rise, from 0 to 1.</param>
    /// <exception cref="ArgumentException">The share is outside [0, 1].</exception>
    public static ISchedule WithWarmUp(this ISchedule schedule, double share) => Join((share, Linear(0, 1)), (1 - share, schedule));

    private sealed class Function(Func<double, double> factorAt) : ISchedule
    {
        public double FactorAt(double position) => factorAt(position);
    }

    private sealed class Joined((double Share, ISchedule Schedule)[] parts) : ISchedule
    {
        public double FactorAt(double position)
        {
            double begin = 0;
            for (int i = 0; ; i++)
            {
                var (share, schedule) = parts[i];
                if (position < begin + share || i == parts.Length - 1)
                    return schedule.FactorAt(Math.Clamp((position - begin) / share, 0, 1));
                begin += share;
            }
        }
    }
}
