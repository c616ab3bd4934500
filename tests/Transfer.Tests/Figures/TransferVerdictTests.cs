using Graft.Tensors;

namespace Graft.Transfer.Tests;

public sealed class TransferVerdictTests
{
    private const int Trials = 400, TestExamples = 500;

    private static readonly int[] Sizes = [10, 20, 40, 80];

    [Theory]
    [InlineData(0.95, 1, 12.706204736432095)]
    [InlineData(0.95, 2, 4.302652729911275)]
    [InlineData(0.95, 4, 2.7764451051977987)]
    [InlineData(0.99, 2, 9.92484320091807)]
    [InlineData(0.9, 7, 1.894578605061305)]
    [InlineData(0.95, 30, 2.0422724563012373)]
    [InlineData(0.95, double.PositiveInfinity, 1.959963984540054)]
    public void Students_t_is_SciPys(double level, double degrees, double expected) => Assert.Equal(1, StudentT.Critical(level, degrees) / expected, 1e-10);

    [Fact]
    public void The_interval_is_the_paired_one()
    {
        var verdict = TransferVerdict.Of(Scores(100, 0.91, 0.93, 0.90), Scores(100, 0.80, 0.79, 0.85));
        Assert.Equal(0.1, verdict.Difference, 1e-12);
        Assert.Equal(0.1138374910121839, verdict.HalfWidth, 1e-9);
        Assert.Equal(TransferOutcome.Neutral, verdict.Outcome);
        Assert.Equal("neutral: 10.0 ± 11.4 points", verdict.ToString());
        Assert.Equal(TransferOutcome.Helped, TransferVerdict.Of(Scores(100, 0.91, 0.93, 0.90), Scores(100, 0.80, 0.79, 0.85), level: 0.9).Outcome);
        Assert.Equal("negative transfer: worse by 10.0 ± 0.0 points", TransferVerdict.Of(Scores(100, 0.6, 0.7), Scores(100, 0.7, 0.8)).ToString());
        Assert.Equal("neutral: -0.4 ± 0.0 points", TransferVerdict.Of(Scores(100, 0.696, 0.796), Scores(100, 0.7, 0.8)).ToString());
        Assert.Equal("undecided: 11.0 points by one seed, and nothing says how far another would be off", TransferVerdict.Of(Scores(100, 0.91), Scores(100, 0.8)).ToString());
    }

    [Fact]
    public void What_another_test_would_change_makes_the_interval_wider()
    {
        bool[] all = [.. Enumerable.Repeat(true, 10)], most = [.. Enumerable.Range(0, 10).Select(static one => one > 0)];
        ArmScore[] transfer = [ArmScore.Of(10, 0, all), ArmScore.Of(10, 1, all)], scratch = [ArmScore.Of(10, 0, most), ArmScore.Of(10, 1, most)];
        var verdict = TransferVerdict.Of(transfer, scratch);
        // the differences are 1, 0, 0 ...: their mean's standard error is 0.1
        Assert.Equal(0.1 * 1.959963984540054, verdict.HalfWidth, 1e-9);
        Assert.Equal(TransferOutcome.Neutral, verdict.Outcome);
    }

    [Fact]
    public void The_saving_is_read_off_the_curve_by_the_logarithm_of_the_examples()
    {
        ArmScore[] scratch = [.. Scores(200, 0.80, 0.80)];
        ArmScore[] transfer = [.. Scores(25, 0.70, 0.70), .. Scores(100, 0.90, 0.90), .. Scores(200, 0.92, 0.92)];
        var verdict = TransferVerdict.Of(transfer, scratch);
        Assert.Equal(4, verdict.Saving!.Value, 1e-9);
        Assert.Equal("helped by 12.0 ± 0.0 points; needs 1/4 of the examples", verdict.ToString());
        var least = TransferVerdict.Of([.. Scores(25, 0.85, 0.85), .. Scores(200, 0.92, 0.92)], scratch);
        Assert.Equal("helped by 12.0 ± 0.0 points; needs at most 1/8 of the examples", least.ToString());
        Assert.Null(TransferVerdict.Of(Scores(200, 0.7, 0.7), scratch).Saving);
        // a dip is evened out
        var dip = TransferVerdict.Of([.. Scores(25, 0.7, 0.7), .. Scores(50, 0.66, 0.66), .. Scores(100, 0.92, 0.92), .. Scores(200, 0.92, 0.92)], scratch);
        Assert.InRange(dip.Saving!.Value, 2, 4);
        Assert.Throws<ArgumentException>(() => TransferVerdict.Of(Scores(100, 0.7), scratch));
    }

    /// <summary>Answers are drawn by curves that are known, with a spread of the seeds, examples of unlike difficulty, and the chance of each answer.</summary>
    [Theory]
    [InlineData(TransferOutcome.Helped, 6.0)]
    [InlineData(TransferOutcome.Neutral, 1.0)]
    [InlineData(TransferOutcome.NegativeTransfer, 0.15)]
    public void Planted_cases_are_told_in_19_of_20_draws(TransferOutcome expected, double worth)
    {
        int right = 0;
        var savings = new List<double>();
        for (int trial = 0; trial < Trials; trial++)
        {
            List<ArmScore> transfer = [], scratch = [];
            var stream = new RandomStream((ulong)trial, "answers");
            var difficulties = new float[TestExamples];
            stream.FillNormal(difficulties, 0, 1, step: 1);
            foreach (int size in Sizes)
            {
                for (int seed = 0; seed < 3; seed++)
                {
                    transfer.Add(Draw(size, size * worth, seed, "transfer"));
                    scratch.Add(Draw(size, size, seed, "scratch"));
                }
            }
            var verdict = TransferVerdict.Of(transfer, scratch);
            if (verdict.Outcome == expected) right++;
            if (verdict.Saving is { } saving) savings.Add(saving);

            ArmScore Draw(int size, double effective, int seed, string arm)
            {
                var luck = new RandomStream((ulong)trial, $"{arm}/{size}/{seed}");
                var spread = new float[1];
                luck.FillNormal(spread, 0, 0.15f, step: 1);
                double level = Math.Log(effective / 40) + spread[0];
                return ArmScore.Of(size, (ulong)seed, [.. Enumerable.Range(0, TestExamples).Select(one => luck.Uniform((ulong)one) < 0.5 + 0.5 / (1 + Math.Exp(difficulties[one] - level)))]);
            }
        }
        Assert.True(right >= Trials * 19 / 20, $"{right} of {Trials}");
        if (expected != TransferOutcome.Helped) return;
        savings.Sort();
        Assert.InRange(savings[savings.Count / 2], 4.5, 8);
    }

    private static ArmScore[] Scores(int examples, params double[] accuracies) => [.. accuracies.Select((accuracy, seed) => new ArmScore(examples, (ulong)seed, accuracy))];
}
