namespace Graft.Transfer.Tests;

public class ScheduleTests
{
    private const int Steps = 40;
    private const int Rising = 8;

    /// <summary>Hugging Face's <c>get_linear_schedule_with_warmup</c> and <c>get_cosine_schedule_with_warmup</c>, step by step.</summary>
    [Fact]
    public void A_rise_and_a_fall_are_those_of_Hugging_Face()
    {
        ISchedule linear = Schedule.Linear().WithWarmUp((double)Rising / Steps), cosine = Schedule.Cosine().WithWarmUp((double)Rising / Steps);
        for (int step = 0; step < Steps; step++)
        {
            double rise = (double)step / Rising, fall = (double)(step - Rising) / (Steps - Rising);
            Assert.Equal(step < Rising ? rise : 1 - fall, linear.FactorAt((double)step / Steps), 1e-12);
            Assert.Equal(step < Rising ? rise : 0.5 * (1 + Math.Cos(Math.PI * fall)), cosine.FactorAt((double)step / Steps), 1e-12);
        }
    }

    [Fact]
    public void Each_line_is_its_formula()
    {
        Assert.Equal([1, 1, 1], At(Schedule.Constant, 0, 0.3, 1));
        Assert.Equal([1, 0.75, 0], At(Schedule.Linear(), 0, 0.25, 1));
        Assert.Equal([0.5, 1.25, 2], At(Schedule.Linear(0.5, 2), 0, 0.5, 1));
        Assert.Equal([1, 0.55, 0.1], At(Schedule.Cosine(1, 0.1), 0, 0.5, 1), (expected, actual) => Math.Abs(expected - actual) < 1e-12);
        Assert.Equal([1, 0.5, 0.5, 0.25], At(Schedule.Step(0.5, 0.3, 0.6), 0.29, 0.3, 0.59, 0.6));
        Assert.Equal([0, 0.04, 1], At(Schedule.Of(position => position * position), 0, 0.2, 1), (expected, actual) => Math.Abs(expected - actual) < 1e-12);
    }

    /// <summary>Hugging Face's <c>get_inverse_sqrt_schedule</c> of 8 steps of 40 that rise, ULMFiT's equation 3 with its own numbers, fastai's <c>SchedExp</c>,
    /// PyTorch's <c>CosineAnnealingWarmRestarts</c> of 10 steps.</summary>
    [Fact]
    public void Each_curve_is_its_papers()
    {
        ISchedule inverse = Schedule.InverseSquareRoot((double)Rising / Steps), slanted = Schedule.SlantedTriangular(), exponential = Schedule.Exponential(1e-7, 10);
        ISchedule restarts = Schedule.Cosine().Repeated(4);
        int cut = Steps / 10;
        for (int step = 0; step < Steps; step++)
        {
            double position = (double)step / Steps;
            Assert.Equal(step < Rising ? (double)step / Rising : 1 / Math.Sqrt((double)step / Rising), inverse.FactorAt(position), 1e-12);
            double height = step < cut ? (double)step / cut : 1 - (step - cut) / (cut * (1 / 0.1 - 1));
            Assert.Equal((1 + height * 31) / 32, slanted.FactorAt(position), 1e-12);
            Assert.Equal(Math.Pow(10, -7 + 8 * position), exponential.FactorAt(position), 1e-9);
            Assert.Equal(0.5 * (1 + Math.Cos(Math.PI * (step % 10) / 10)), restarts.FactorAt(position), 1e-12);
        }
        Assert.Equal(0, restarts.FactorAt(1), 1e-12);
        Assert.Throws<ArgumentOutOfRangeException>(() => Schedule.InverseSquareRoot(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Schedule.SlantedTriangular(1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Schedule.SlantedTriangular(0.1, 0.5));
        Assert.Throws<ArgumentOutOfRangeException>(() => Schedule.Exponential(0, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Schedule.Constant.Repeated(0));
    }

    [Fact]
    public void Joined_schedules_run_through_in_their_shares()
    {
        var joined = Schedule.Join((0.25, Schedule.Linear(0, 1)), (0, Schedule.Linear(7, 7)), (0.25, Schedule.Constant), (0.5, Schedule.Linear(1, 0)));
        Assert.Equal([0, 0.5, 1, 1, 1, 0.5, 0], At(joined, 0, 0.125, 0.25, 0.4, 0.5, 0.75, 1));
        Assert.Equal([0, 0.5], At(Schedule.Constant.WithWarmUp(1), 0, 0.5));
        Assert.Throws<ArgumentException>(() => Schedule.Join((0.5, Schedule.Constant)));
        Assert.Throws<ArgumentException>(() => Schedule.Constant.WithWarmUp(-0.5));
        Assert.Throws<ArgumentException>(() => Schedule.Constant.WithWarmUp(double.NaN));
    }

    private static double[] At(ISchedule schedule, params double[] positions) => [.. positions.Select(schedule.FactorAt)];
}
