using Graft.Tensors;
using Graft.Transfer;

namespace Graft.Reinforcement.Tests;

/// <summary>Games that are learnt to an end.</summary>
public sealed class LearningTests : IDisposable
{
    private readonly CpuDevice device = new(2);

    public void Dispose() => device.Dispose();

    /// <summary>475 of 500 over 100 episodes.</summary>
    [Theory]
    [InlineData("ppo", 60_000)]
    [InlineData("reinforce", 120_000)]
    public void A_policy_keeps_the_pole_up(string method, long frames)
    {
        var (game, kind) = (GameKind.CartPole, PolicyMethodKind.Named(method));
        using var model = game.Network(kind.HasValue);
        var told = new List<PolicyProgress>();
        var report = PolicyTraining.Run(
            model, game, new PolicyTrainingOptions { Method = kind, Frames = frames, StopAt = game.Solved }, device, new Told(told));
        Assert.NotNull(report.GoodAt);
        Assert.InRange(report.GoodAt.Value, 1, frames);
        Assert.Equal(report.Frames, told[^1].Frames);
        using var player = new Player(model, game.Create(), device);
        Assert.True(player.Play(game.Create(), 100, seed: 77).Average() >= 450);
    }

    /// <summary>Long before it is solved: a few thousand steps are enough to keep the pole up five times longer than by chance.</summary>
    [Theory]
    [InlineData("dqn")]
    [InlineData("dqn-prioritised")]
    public void Values_of_actions_keep_the_pole_up_longer(string method)
    {
        var (game, kind) = (GameKind.CartPole, PolicyMethodKind.Named(method));
        using var model = game.Network(kind.HasValue);
        PolicyTraining.Run(model, game, new PolicyTrainingOptions { Method = kind, Frames = 20_000 }, device);
        using var player = new Player(model, game.Create(), device);
        double mean = player.Play(game.Create(), 20).Average();
        Assert.True(mean > 110, $"{mean}");
    }

    [Fact]
    public void The_same_seed_is_the_same_training_on_any_number_of_threads()
    {
        using var one = new CpuDevice(1);
        foreach (var kind in PolicyMethodKind.All)
        {
            float[] first = Learnt(kind, device, seed: 4);
            Assert.Equal(first, Learnt(kind, one, seed: 4));
            Assert.NotEqual(first, Learnt(kind, device, seed: 5));
        }

        static float[] Learnt(PolicyMethodKind kind, Device device, ulong seed)
        {
            using var model = GameKind.CartPole.Network(kind.HasValue, seed: 1);
            PolicyTraining.Run(model, GameKind.CartPole, new PolicyTrainingOptions { Method = kind, Frames = 2048, Seed = seed }, device);
            return model.Parameters().First().Value.ToArray();
        }
    }

    /// <summary>A pupil that sees the answers of a good player plays as well, and what is frozen of a network stays.</summary>
    [Fact]
    public void A_policy_is_distilled_into_another_network()
    {
        var game = GameKind.CartPole;
        using var teacher = game.Network(hasValue: true);
        PolicyTraining.Run(teacher, game, new PolicyTrainingOptions { Frames = 60_000, StopAt = game.Solved }, device);
        using var player = new Player(teacher, game.Create(), device);
        using var pupil = new VectorNetwork(4, game.Actions.Count, width: 16, seed: 9);
        using (var learning = new PolicyDistillation(pupil, new GameRow(game.Create, 32, seed: 2), device, player, batchesPerEpoch: 200))
        {
            var groups = new ParameterGroups(pupil);
            groups.Rates(3e-3);
            using var optimiser = Optimiser.Adam(groups);
            var report = new Trainer(optimiser, device).Fit(learning, epochs: 4, Schedule.Cosine());
            Assert.True(report.Epochs[^1].Loss < report.Epochs[0].Loss);
        }
        using var taught = new Player(pupil, game.Create(), device);
        Assert.True(taught.Play(game.Create(), 50).Average() > 400);
    }

    [Fact]
    public void A_frozen_trunk_stays_as_it_is()
    {
        var game = GameKind.Catch;
        using var model = game.Network(hasValue: true);
        model.Freeze("convolution*");
        float[][] before = [.. model.Parameters().Select(static parameter => parameter.Value.ToArray())];
        PolicyTraining.Run(model, game, new PolicyTrainingOptions { Frames = 1024 }, device);
        Assert.All(model.Parameters().Zip(before), static pair => Assert.Equal(pair.First.IsFrozen, pair.First.Value.ToArray().AsSpan().SequenceEqual(pair.Second)));
    }

    [Fact]
    public void A_training_that_is_cancelled_keeps_what_it_learnt()
    {
        using var model = GameKind.CartPole.Network(hasValue: true);
        float[] before = model.Parameters().First().Value.ToArray();
        using var cancellation = new CancellationTokenSource();
        var told = new Told([]) { Then = cancellation.Cancel };
        var report = PolicyTraining.Run(model, GameKind.CartPole, new PolicyTrainingOptions(), device, told, cancellation.Token);
        Assert.True(report.Interrupted);
        Assert.InRange(report.Frames, 1, 3000);
        Assert.NotEqual(before, model.Parameters().First().Value.ToArray());
    }

    [Fact]
    public void Networks_and_options_that_do_not_fit_are_refused()
    {
        var game = GameKind.CartPole;
        using var withValue = game.Network(hasValue: true);
        using var without = game.Network(hasValue: false);
        var row = new GameRow(game.Create, 4);
        Assert.Contains("one for the value", Assert.Throws<ArgumentException>(() => new ProximalPolicy(without, row, device)).Message, StringComparison.Ordinal);
        Assert.Contains("gives 3 numbers, and 2 are wanted", Assert.Throws<ArgumentException>(() => new DeepQ(withValue, row, device)).Message, StringComparison.Ordinal);
        Assert.Contains("divides 512", Assert.Throws<ArgumentException>(() => new ProximalPolicy(withValue, row, device, new ProximalPolicyOptions { BatchSize = 100 })).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => new ProximalPolicy(withValue, row, device, new ProximalPolicyOptions { Discount = 1.5 }));
        Assert.Contains("multiple of 4", Assert.Throws<ArgumentException>(() => new DeepQ(without, row, device, new DeepQOptions { Frames = 10 })).Message, StringComparison.Ordinal);
        using var other = new VectorNetwork(4, 7);
        Assert.Contains("another game", Assert.Throws<ArgumentException>(() => new Player(other, game.Create(), device)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => PolicyTraining.Run(withValue, game, new PolicyTrainingOptions { LearningRate = 0 }, device));
    }

    [Fact]
    public void Frames_to_a_level_are_those_of_the_first_episodes_that_reach_it()
    {
        var report = new PolicyReport([new(10, 1, 10), new(20, 3, 10), new(30, 5, 10), new(40, 5, 10)], 40, 1, null, false);
        Assert.Equal(30, report.FramesTo(4, episodes: 2));
        Assert.Equal(40, report.FramesTo(5, episodes: 2));
        Assert.Null(report.FramesTo(6, episodes: 2));
        Assert.Null(report.FramesTo(1, episodes: 5));
        Assert.Equal(3.5, report.Return);
    }

    private sealed class Told(List<PolicyProgress> all) : IProgress<PolicyProgress>
    {
        public Action? Then { get; init; }

        public void Report(PolicyProgress value)
        {
            all.Add(value);
            Then?.Invoke();
        }
    }
}
