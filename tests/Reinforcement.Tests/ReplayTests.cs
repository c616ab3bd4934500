namespace Graft.Reinforcement.Tests;

/// <summary>What is drawn from memories, how often and with which weight.</summary>
public sealed class ReplayTests
{
    [Fact]
    public void The_oldest_is_forgotten_first()
    {
        var memory = new ReplayMemory(3, 1);
        for (int step = 0; step < 5; step++) memory.Add([step], step, step, [step + 0.5f], over: step == 4);
        Assert.Equal(3, memory.Count);
        var batch = memory.Draw(300);
        Assert.Equal([2, 3, 4], batch.Actions.Distinct().Order());
        for (int row = 0; row < batch.Actions.Length; row++)
        {
            Assert.Equal(batch.Actions[row], batch.Seen[row]);
            Assert.Equal(batch.Actions[row] + 0.5f, batch.After[row]);
            Assert.Equal(batch.Actions[row], batch.Rewards[row]);
            Assert.Equal(batch.Actions[row] == 4, batch.IsOver[row]);
            Assert.Equal(1, batch.Weights[row]);
        }
    }

    /// <summary>Shares are the errors' powers, and weights make up for them.</summary>
    [Fact]
    public void What_surprised_is_drawn_in_proportion()
    {
        const double Alpha = 0.5, Beta = 0.4;
        float[] errors = [1, -4, 9, 0];
        var memory = new ReplayMemory(4, 1, Alpha, seed: 3);
        for (int step = 0; step < 4; step++) memory.Add([step], step, 0, [0], over: false);
        var first = memory.Draw(4);
        memory.Surprise(first, [.. first.Actions.Select(action => errors[action])]);
        double[] priorities = [.. errors.Select(static error => Math.Pow(Math.Abs(error) + 1e-3, Alpha))];
        const int Drawn = 100_000;
        var batch = memory.Draw(Drawn, Beta);
        for (int action = 0; action < 4; action++)
        {
            double share = priorities[action] / priorities.Sum();
            Assert.Equal(share, batch.Actions.Count(other => other == action) / (double)Drawn, 1e-3);
            int row = Array.IndexOf(batch.Actions, action);
            Assert.Equal(Math.Pow(share / (priorities[3] / priorities.Sum()), -Beta), batch.Weights[row], 1e-5);
        }
    }

    [Fact]
    public void Nothing_can_be_drawn_from_nothing()
    {
        var memory = new ReplayMemory(2, 1);
        Assert.Throws<InvalidOperationException>(() => memory.Draw(1));
        Assert.Throws<ArgumentException>(() => memory.Add([1, 2], 0, 0, [1], over: false));
        memory.Add([1], 0, 0, [1], over: false);
        Assert.Throws<ArgumentException>(() => memory.Surprise(memory.Draw(2), [1]));
        Assert.Throws<ArgumentOutOfRangeException>(static () => new ReplayMemory(0, 1));
        Assert.Throws<ArgumentOutOfRangeException>(static () => new ReplayMemory(1, 1, exponent: 2));
    }
}
