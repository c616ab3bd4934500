using Graft.Models;
using Graft.Tensors;

namespace Graft.Reinforcement;

/// <summary>A network that plays.</summary>
/// <remarks>Used by one thread at a time. It plays by the weights that the network has at the time.</remarks>
public sealed class Player : IPlayer, IDisposable
{
    private readonly NetworkRun network;
    private readonly int actions;
    private readonly double[] logarithms;

    /// <summary>Makes a player.</summary>
    /// <param name="model">The network: an output for each action, and maybe one more for the value.</param>
    /// <param name="game">What is played.</param>
    /// <param name="device">Where to compute.</param>
    /// <exception cref="ArgumentException">The network does not fit the game.</exception>
    public Player(ImageModel model, IGame game, Device device)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(game);
        ArgumentNullException.ThrowIfNull(device);
        actions = game.Actions.Count;
        network = new NetworkRun(model, device, GameRow.Batch(game.Observation, 1));
        logarithms = new double[actions];
        if (network.Width == actions || network.Width == actions + 1) return;
        network.Dispose();
        throw new ArgumentException($"{model.Name} gives {network.Width} numbers, and the game has {actions} actions: it is a network for another game", nameof(model));
    }

    /// <summary>What the shares of actions are sharpened or flattened by: their scores are divided by it. What is worth how much is no share, so that of Q-learning the best
    /// action is what counts (<see cref="Best"/>), or a low temperature (0.01 in Rusu et al. 2016).</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>The action of the highest score.</summary>
    /// <param name="observation">What is seen.</param>
    public int Best(ReadOnlySpan<float> observation) => ActionScores.Best(network.Of(observation)[..actions]);

    /// <inheritdoc/>
    public void Shares(ReadOnlySpan<float> observation, Span<float> shares)
    {
        network.Of(observation)[..actions].CopyTo(shares);
        for (int action = 0; action < actions; action++) shares[action] = (float)(shares[action] / Temperature);
        ActionScores.LogShares(shares[..actions], logarithms);
        for (int action = 0; action < actions; action++) shares[action] = (float)Math.Exp(logarithms[action]);
    }

    /// <summary>Plays some episodes, always by the best action.</summary>
    /// <param name="game">The game.</param>
    /// <param name="episodes">How many.</param>
    /// <param name="seed">The seed of whatever the game draws.</param>
    /// <param name="watch">Is shown each picture; null for nobody.</param>
    /// <param name="cancellation">Ends it between two steps.</param>
    /// <returns>The return of each episode.</returns>
    public IReadOnlyList<double> Play(IGame game, int episodes, ulong seed = 0, Action<GameFrame>? watch = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(game);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(episodes);
        float[] seen = new float[game.Observation.ElementCount];
        double[] returns = new double[episodes];
        for (int episode = 0; episode < episodes; episode++)
        {
            game.Reset(new RandomStream(seed, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"test {episode}")));
            for (int step = 0; step < game.StepLimit; step++)
            {
                cancellation.ThrowIfCancellationRequested();
                watch?.Invoke(game.Draw());
                game.Observe(seen);
                var came = game.Step(Best(seen));
                returns[episode] += came.Reward;
                if (came.IsOver) break;
            }
        }
        return returns;
    }

    /// <summary>Releases what it keeps; the network stays.</summary>
    public void Dispose() => network.Dispose();
}
