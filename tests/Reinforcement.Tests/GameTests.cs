using Graft.Tensors;

namespace Graft.Reinforcement.Tests;

/// <summary>The games by their rules.</summary>
public sealed class GameTests
{
    /// <summary>Numbers of Golden/policies.py, with Gymnasium's constants.</summary>
    [Fact]
    public void The_pole_moves_as_Gymnasiums()
    {
        var pole = new CartPole();
        pole.Set(0.01, -0.02, 0.03, 0.04);
        foreach (int action in new[] { 1, 1, 0, 1, 0, 0 }) Assert.Equal(new GameStep(1, false), pole.Step(action));
        float[] seen = new float[4];
        pole.Observe(seen);
        float[] expected = [0.0348032397f, -0.0216363867f, -0.00367629957f, 0.0760781647f];
        for (int i = 0; i < seen.Length; i++) Assert.Equal(expected[i], seen[i], 1e-7);
    }

    [Theory]
    [InlineData(2.41, 0)]
    [InlineData(0, 0.22)]
    public void The_pole_ends_outside_its_bounds(double position, double angle)
    {
        var pole = new CartPole();
        pole.Set(position, 0, angle, 0);
        Assert.True(pole.Step(0).IsOver);
    }

    [Fact]
    public void Every_game_is_the_same_from_the_same_stream_and_draws_itself()
    {
        Assert.All(GameKind.All, static kind =>
        {
            float[][] seen = [.. Enumerable.Range(0, 2).Select(_ => Played(kind.Create(), 3))];
            Assert.Equal(seen[0], seen[1]);
            Assert.NotEqual(seen[0], Played(kind.Create(), 4));
            var game = kind.Create();
            game.Reset(new RandomStream(0, "episode"));
            Assert.Throws<ArgumentOutOfRangeException>(() => game.Step(kind.Actions.Count));
            Assert.Throws<ArgumentOutOfRangeException>(() => game.Step(-1));
            Assert.Contains(game.Draw().Pixels, static level => level > 100);
        });

        static float[] Played(IGame game, ulong seed)
        {
            game.Reset(new RandomStream(seed, "episode"));
            for (int step = 0; step < 5; step++) game.Step(step % game.Actions.Count);
            float[] seen = new float[game.Observation.ElementCount];
            game.Observe(seen);
            return seen;
        }
    }

    /// <summary>Who follows the ball catches every one; who stands still does not.</summary>
    [Theory]
    [InlineData("catch")]
    [InlineData("catch-speckled")]
    public void A_ball_that_is_followed_is_caught(string name)
    {
        var kind = GameKind.Named(name);
        foreach (bool isFollowing in new[] { true, false })
        {
            double sum = 0;
            var game = kind.Create();
            float[] seen = new float[game.Observation.ElementCount];
            for (ulong episode = 0; episode < 10; episode++)
            {
                game.Reset(new RandomStream(episode, "episode"));
                int steps = 0;
                for (bool isOver = false; !isOver; steps++)
                {
                    game.Observe(seen);
                    (float reward, isOver) = game.Step(isFollowing ? Towards(seen) : 1);
                    sum += reward;
                }
                Assert.InRange(steps, 1, game.StepLimit);
            }
            if (isFollowing) Assert.True(sum >= 98, $"{sum} of 100");
            else Assert.True(sum < 0, $"{sum} of 100");
        }
    }

    [Fact]
    public void Games_side_by_side_begin_anew_and_count_their_episodes()
    {
        var row = new GameRow(static () => new Counting(limit: 3), 2, seed: 5);
        (float[] rewards, EpisodeEnd[] ends, float[] seen) = (new float[2], new EpisodeEnd[2], new float[2]);
        // the first game is over by its own rule at its second step, the second is cut off at its third
        row.Step([1, 0], rewards, ends);
        Assert.Equal([EpisodeEnd.None, EpisodeEnd.None], ends);
        row.Step([1, 0], rewards, ends);
        Assert.Equal([EpisodeEnd.Over, EpisodeEnd.None], ends);
        Assert.Equal(2, row.LastSeen(0)[0]);
        row.Step([0, 0], rewards, ends);
        Assert.Equal([EpisodeEnd.None, EpisodeEnd.CutOff], ends);
        Assert.Equal(3, row.LastSeen(1)[0]);
        row.Observe(seen);
        Assert.Equal([1, 0], seen);
        Assert.Throws<ArgumentException>(() => row.Step([0], rewards, ends));
        Assert.Equal(6, row.Frames);
        Assert.Equal([new Episode(3, 20, 2), new Episode(6, 3, 3)], row.Episodes);
    }

    [Fact]
    public void Names_that_there_are_not_are_said_with_the_nearest()
    {
        Assert.Contains("nearest: cart-pole", Assert.Throws<ArgumentException>(static () => GameKind.Named("cartpole")).Message, StringComparison.Ordinal);
        Assert.Contains("nearest: dqn", Assert.Throws<ArgumentException>(static () => PolicyMethodKind.Named("dqm")).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(static () => new Catch(new CatchLook { Ball = 12 }));
        Assert.Throws<ArgumentOutOfRangeException>(static () => new Catch(new CatchLook { Paddle = 24 }));
    }

    /// <summary>Which way the paddle has to go to be below the lowest thing above it.</summary>
    private static int Towards(float[] seen)
    {
        const int Side = Catch.Side;
        // brighter than any ground
        var ball = new List<int>();
        var paddle = new List<int>();
        for (int i = 0; i < Side * Side; i++)
            if (seen[i] > 0.7f) (i < Side * (Side - 1) ? ball : paddle).Add(i % Side);
        if (ball.Count == 0) return 1;
        double difference = ball.Average() - paddle.Average();
        return Math.Abs(difference) < 1 ? 1 : difference < 0 ? 0 : 2;
    }

    /// <summary>Counts its steps; the first action is worth 1, the second 10, and two of those end it.</summary>
    private sealed class Counting(int limit) : IGame
    {
        private int steps, seconds;

        public Shape Observation { get; } = [1];

        public IReadOnlyList<string> Actions { get; } = ["one", "ten"];

        public int StepLimit => limit;

        public void Reset(RandomStream random) => (steps, seconds) = (0, 0);

        public GameStep Step(int action)
        {
            steps++;
            seconds += action;
            return new GameStep(action == 1 ? 10 : 1, seconds == 2);
        }

        public void Observe(Span<float> destination) => destination[0] = steps;

        public GameFrame Draw() => new(1, 1);
    }
}
