using System.Diagnostics;
using Graft.Models;
using Graft.Tensors;
using Graft.Transfer;

namespace Graft.Reinforcement;

/// <summary>Learns a game from the beginning to the end.</summary>
/// <example><code>
/// using var model = GameKind.CartPole.Network(hasValue: true);
/// var report = PolicyTraining.Run(model, GameKind.CartPole, new PolicyTrainingOptions { Frames = 100_000 }, Device.Cpu);
/// using var player = new Player(model, GameKind.CartPole.Create(), Device.Cpu);
/// Console.WriteLine(player.Play(GameKind.CartPole.Create(), episodes: 100).Average());
/// </code></example>
public static class PolicyTraining
{
    private const double PupilsRate = 1e-3;

    /// <summary>Learns. What is frozen of the network stays as it is.</summary>
    /// <param name="model">The network, with outputs as the method wants them (<see cref="PolicyMethodKind.HasValue"/>).</param>
    /// <param name="game">The game.</param>
    /// <param name="options">How.</param>
    /// <param name="device">Where to compute.</param>
    /// <param name="progress">Is told after each epoch how far it is.</param>
    /// <param name="cancellation">Stops soon; the network keeps what it learnt.</param>
    /// <exception cref="ArgumentException">An option is impossible, or the network does not fit the game.</exception>
    /// <exception cref="NonFiniteException">The loss is not finite; the network is as it was before that step.</exception>
    public static PolicyReport Run(
        ImageModel model, GameKind game, PolicyTrainingOptions options, Device device, IProgress<PolicyProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(game);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        var kind = options.Method;
        var clock = Stopwatch.StartNew();
        var games = new GameRow(game.Create, options.Games, options.Seed);
        using var learning = kind.Create(new PolicySetting(model, games, device, options.Frames, options.Seed));
        var groups = new ParameterGroups(model);
        groups.Rates(options.LearningRate ?? kind.Rate, options.RateDecayPerStage);
        using var optimiser = Optimiser.Adam(groups, epsilon: 1e-5, clipNorm: kind.ClipNorm);
        int epochs = (int)Math.Max(1, options.Frames / learning.FramesPerEpoch);
        using var watch = new Watch(model, game, games, options, device, epochs, progress, clock);
        var trainer = new Trainer(optimiser, device) { Seed = options.Seed, Observers = [watch] };
        var report = trainer.Fit(learning, epochs, Schedule.Linear(), cancellation: cancellation);
        return new PolicyReport(games.Episodes, games.Frames, clock.Elapsed.TotalSeconds, watch.GoodAt, report.Interrupted);
    }

    /// <summary>Learns to do what another player does (<see cref="PolicyDistillation"/>), by Adam at 0.001 falling to 0 unless the options say otherwise; their method and
    /// <see cref="PolicyTrainingOptions.StopAt"/> are of no matter.</summary>
    /// <param name="model">The network, with an output for each action and maybe one more for a value.</param>
    /// <param name="game">The game.</param>
    /// <param name="teacher">Who is learnt from.</param>
    /// <param name="options">How.</param>
    /// <param name="device">Where to compute.</param>
    /// <param name="cancellation">Stops soon; the network keeps what it learnt.</param>
    /// <exception cref="ArgumentException">An option is impossible, or the network does not fit the game.</exception>
    public static PolicyReport Imitate(
        ImageModel model, GameKind game, IPlayer teacher, PolicyTrainingOptions options, Device device, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(game);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        var games = new GameRow(game.Create, options.Games, options.Seed);
        using var learning = new PolicyDistillation(model, games, device, teacher, seed: options.Seed);
        var groups = new ParameterGroups(model);
        groups.Rates(options.LearningRate ?? PupilsRate, options.RateDecayPerStage);
        using var optimiser = Optimiser.Adam(groups);
        int epochs = (int)Math.Max(1, options.Frames / learning.FramesPerEpoch);
        var report = new Trainer(optimiser, device) { Seed = options.Seed }.Fit(learning, epochs, Schedule.Cosine(), cancellation: cancellation);
        return new PolicyReport(games.Episodes, games.Frames, report.Seconds, GoodAt: null, report.Interrupted);
    }

    /// <summary>Tells how far it is, and tests now and then whether it is good enough.</summary>
    private sealed class Watch(
        ImageModel model, GameKind kind, GameRow games, PolicyTrainingOptions options, Device device, int epochs, IProgress<PolicyProgress>? progress, Stopwatch clock)
        : TrainingObserver, IDisposable
    {
        private const int Tests = 20;
        private const ulong Seed = 0x7E57;

        private readonly IGame test = kind.Create();
        private Player? player;

        public long? GoodAt { get; private set; }

        public override void EpochDone(TrainingContext context)
        {
            progress?.Report(new PolicyProgress(games.Frames, options.Frames, games.Episodes.Count, PolicyReport.Recent(games.Episodes), clock.Elapsed));
            if (options.StopAt is not { } enough || context.Epoch * Tests / epochs == (context.Epoch - 1) * Tests / epochs) return;
            player ??= new Player(model, test, device);
            if (player.Play(test, PolicyReport.Window, Seed).Average() < enough) return;
            GoodAt = games.Frames;
            context.Stop();
        }

        public void Dispose() => player?.Dispose();
    }
}

/// <summary>How a game is learnt.</summary>
public sealed record PolicyTrainingOptions
{
    /// <summary>By which method.</summary>
    public PolicyMethodKind Method { get; init; } = PolicyMethodKind.Ppo;

    /// <summary>How many steps of all games together are played.</summary>
    public long Frames { get; init; } = 100_000;

    /// <summary>How many games are played side by side.</summary>
    public int Games { get; init; } = 8;

    /// <summary>The learning rate of the head; null for the method's.</summary>
    public double? LearningRate { get; init; }

    /// <summary>What the rate is multiplied by from each stage to the one before it: below 1 for a trunk that learnt something before.</summary>
    public double RateDecayPerStage { get; init; } = 1;

    /// <summary>The mean return of 100 test episodes, by the best action, at which it stops; tested twenty times along the way. Null to play on to the end.</summary>
    public double? StopAt { get; init; }

    /// <summary>The seed of games, actions and batches.</summary>
    public ulong Seed { get; init; }

    /// <exception cref="ArgumentException">An option is impossible.</exception>
    internal void Validate()
    {
        ArgumentNullException.ThrowIfNull(Method);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(Frames);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(Games);
        if (LearningRate is { } rate && !(rate > 0 && double.IsFinite(rate))) throw new ArgumentException($"the learning rate is {rate}, and is above 0");
        if (RateDecayPerStage is not (> 0 and <= 1)) throw new ArgumentException($"{nameof(RateDecayPerStage)} is {RateDecayPerStage}, and lies above 0 and up to 1");
    }
}

/// <summary>How far a game is learnt.</summary>
/// <param name="Frames">How many steps of all games were made.</param>
/// <param name="Of">How many there will be.</param>
/// <param name="Episodes">How many episodes have ended.</param>
/// <param name="Return">The mean return of the last 100; NaN where none has ended.</param>
/// <param name="Elapsed">The time since the beginning.</param>
public sealed record PolicyProgress(long Frames, long Of, int Episodes, double Return, TimeSpan Elapsed);

/// <summary>What came of learning a game.</summary>
/// <param name="Episodes">The episodes that were played, in the order of their ends.</param>
/// <param name="Frames">How many steps of all games were made.</param>
/// <param name="Seconds">How long it took.</param>
/// <param name="GoodAt">After how many steps of all games a test came to <see cref="PolicyTrainingOptions.StopAt"/>; null where none did.</param>
/// <param name="Interrupted">Whether it was cancelled.</param>
public sealed record PolicyReport(IReadOnlyList<Episode> Episodes, long Frames, double Seconds, long? GoodAt, bool Interrupted)
{
    internal const int Window = 100;

    /// <summary>The mean return of the last 100 episodes; NaN where there is none.</summary>
    public double Return => Recent(Episodes);

    /// <summary>How many steps had been made when the mean return of so many episodes first came to a level; null where it never did.</summary>
    /// <param name="level">The level.</param>
    /// <param name="episodes">How many episodes the mean is of.</param>
    public long? FramesTo(double level, int episodes = Window)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(episodes);
        double sum = 0;
        for (int number = 0; number < Episodes.Count; number++)
        {
            sum += Episodes[number].Return;
            if (number >= episodes) sum -= Episodes[number - episodes].Return;
            if (number >= episodes - 1 && sum >= level * episodes) return Episodes[number].Frame;
        }
        return null;
    }

    internal static double Recent(IReadOnlyList<Episode> episodes) =>
        episodes.Count == 0 ? double.NaN : episodes.Skip(Math.Max(0, episodes.Count - Window)).Average(static episode => episode.Return);
}
