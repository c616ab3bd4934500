using Graft.Tensors;

namespace Graft.Transfer.Tests;

/// <summary>What can be told of a target without its labels.</summary>
public sealed class DomainFigureTests
{
    [Fact]
    public void Domains_that_are_one_are_not_apart_and_others_are()
    {
        Assert.InRange(ProxyDistance.Of(Draw("a", 300, 0), Draw("b", 300, 0)), 0, 0.35);
        double near = ProxyDistance.Of(Draw("a", 300, 0), Draw("b", 400, 1)), far = ProxyDistance.Of(Draw("a", 300, 0), Draw("b", 300, 6));
        Assert.InRange(near, 0.4, 1.2);
        Assert.InRange(far, 1.95, 2);
        Assert.Throws<ArgumentException>(static () => ProxyDistance.Of(Draw("a", 1, 0), Draw("b", 30, 0)));
    }

    /// <summary>Number of Golden/domains.py, by the paper's equations.</summary>
    [Fact]
    public void The_estimate_of_known_weights_is_the_papers()
    {
        double[] weights = [.. Enumerable.Range(0, 9).Select(static i => Math.Exp(Math.Sin(i)))], losses = [.. Enumerable.Range(0, 9).Select(static i => Math.Cos(i) * Math.Cos(i))];
        var risk = TargetRisk.Of(weights, losses);
        Assert.Equal(0.587157482756, risk.Risk, 1e-11);
        Assert.Equal(0.590838226648, risk.Weighted, 1e-11);
        Assert.Equal(6.74357616325, risk.EffectiveExamples, 1e-10);
        var even = TargetRisk.Of([1, 1, 1, 1], [0, 1, 0, 0]);
        Assert.Equal((0.25, 0.25, 4.0), (even.Risk, even.Weighted, even.EffectiveExamples));
        Assert.Throws<ArgumentException>(static () => TargetRisk.Of([1], []));
    }

    /// <summary>A model that is wrong where its first feature is large, and a target where it often is: the source's mean error says too little.</summary>
    [Fact]
    public void Errors_on_a_shifted_target_are_foreseen()
    {
        float[][] source = Draw("source", 2000, 0), target = Draw("target", 2000, 1), held = Draw("held", 2000, 0);
        double truth = target.Average(Error), known = held.Average(Error);
        var risk = TargetRisk.Estimate(source, target, held, [.. held.Select(Error)]);
        Assert.True(known < 0.2 && truth > 0.4, $"{known}, {truth}");
        Assert.True(Math.Abs(risk.Risk - truth) < 0.1, $"{risk.Risk} and not {truth}");
        Assert.InRange(risk.EffectiveExamples, 100, 1999);

        static double Error(float[] row) => row[0] > 1 ? 1 : 0;
    }

    private static float[][] Draw(string name, int count, float shift)
    {
        var rows = new float[count][];
        for (int row = 0; row < count; row++)
        {
            rows[row] = new float[4];
            new RandomStream(7, name).FillNormal(rows[row], 0f, 1f, (ulong)row);
            rows[row][0] += shift;
        }
        return rows;
    }
}
