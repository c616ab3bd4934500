using Graft.Autograd;
using Graft.Models;
using Graft.Tensors;
using Graft.Transfer;

namespace Graft.Reinforcement;

/// <summary>Proximal policy optimisation with a clipped surrogate (PPO; Schulman et al. 2017) and generalised advantages.</summary>
/// <example><code>
/// var game = GameKind.CartPole;
/// using var model = game.Network(hasValue: true);
/// using var learning = new ProximalPolicy(model, new GameRow(game.Create, 8), Device.Cpu);
/// var groups = new ParameterGroups(model);
/// groups.Rates(1e-3);
/// new Trainer(Optimiser.Adam(groups, clipNorm: 0.5), Device.Cpu).Fit(learning, epochs: 100, Schedule.Linear());
/// </code></example>
public sealed class ProximalPolicy : PolicyLearning
{
    private const float Tiny = 1e-8f;

    private readonly ProximalPolicyOptions options;
    private readonly Rollout rollout;
    private readonly RandomStream actions;

    /// <summary>Begins.</summary>
    /// <param name="model">The network: an output for each action, and one more for the value.</param>
    /// <param name="games">The games.</param>
    /// <param name="device">Where to compute.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <exception cref="ArgumentException">An option is impossible, or the network does not fit the games.</exception>
    public ProximalPolicy(ImageModel model, GameRow games, Device device, ProximalPolicyOptions? options = null) : base(model, games, device, hasValue: true)
    {
        this.options = options ?? new ProximalPolicyOptions();
        this.options.Validate(games.Count);
        rollout = new Rollout(games, this.options.Steps, this.options.Discount);
        actions = new RandomStream(this.options.Seed, "actions");
    }

    /// <inheritdoc/>
    public override int FramesPerEpoch => options.Steps * Games.Count;

    /// <inheritdoc/>
    public override int BatchesPerEpoch => options.Epochs * (FramesPerEpoch / options.BatchSize);

    /// <inheritdoc/>
    public override IEnumerable<ITrainingBatch> Epoch(int epoch, CancellationToken cancellation)
    {
        rollout.Play(Network, actions, cancellation);
        float[] advantages = GeneralisedAdvantage.Of(rollout.Rewards, rollout.Values, rollout.Ends, rollout.Next, options.Discount, options.Lambda);
        float[] returns = [.. advantages.Zip(rollout.Values, static (advantage, value) => advantage + value)];
        for (int round = 0; round < options.Epochs; round++)
        {
            int[] order = new RandomStream(options.Seed, "batches").Permutation(FramesPerEpoch, (ulong)(epoch * options.Epochs + round));
            for (int at = 0; at < order.Length; at += options.BatchSize) yield return new Batch(this, order[at..(at + options.BatchSize)], advantages, returns);
        }
    }

    /// <summary>The loss: the clipped surrogate, the value's error and the entropy, weighted.</summary>
    /// <param name="outputs">[N, actions + 1]: scores, and values in the last column.</param>
    /// <param name="actions">What was done.</param>
    /// <param name="logShares">The logarithms of the shares that it had then.</param>
    /// <param name="advantages">How much better it was than thought; normalised here, as a batch.</param>
    /// <param name="returns">What the values should have been.</param>
    /// <param name="options">The clip and the weights.</param>
    /// <returns>One element.</returns>
    /// <exception cref="ShapeException">The outputs are no matrix of one column for each action and one more.</exception>
    public static Variable Loss(
        Variable outputs, ReadOnlySpan<int> actions, ReadOnlySpan<float> logShares, ReadOnlySpan<float> advantages, ReadOnlySpan<float> returns, ProximalPolicyOptions options)
    {
        ArgumentNullException.ThrowIfNull(outputs);
        ArgumentNullException.ThrowIfNull(options);
        var pass = outputs.Pass;
        var (scores, value) = ActionScores.Split(outputs, actions.Length);
        var logs = scores.LogSoftmax();
        var ratio = (ActionScores.At(logs, actions) - pass.Constant(pass.Upload([actions.Length], logShares))).Exp();
        var better = pass.Constant(pass.Upload<float>([actions.Length], Normalised(advantages)));
        var surrogate = (ratio * better).Minimum(ratio.Clamp((float)(1 - options.Clip), (float)(1 + options.Clip)) * better).Mean();
        var error = value.MeanSquaredError(returns);
        var entropy = -(logs.Exp() * logs).Sum(1).Mean();
        return error * (float)(options.Value / 2) - surrogate - entropy * (float)options.Entropy;
    }

    /// <summary>Less the mean, through the standard deviation of a sample.</summary>
    private static float[] Normalised(ReadOnlySpan<float> numbers)
    {
        double mean = 0, square = 0;
        foreach (float number in numbers) mean += number;
        mean /= numbers.Length;
        foreach (float number in numbers) square += (number - mean) * (number - mean);
        double deviation = Math.Sqrt(square / Math.Max(1, numbers.Length - 1));
        float[] normalised = new float[numbers.Length];
        for (int i = 0; i < normalised.Length; i++) normalised[i] = (float)((numbers[i] - mean) / (deviation + Tiny));
        return normalised;
    }

    private sealed class Batch(ProximalPolicy method, int[] rows, float[] advantages, float[] returns) : ITrainingBatch
    {
        public int Count => rows.Length;

        public Variable Loss(Pass pass)
        {
            var rollout = method.rollout;
            var observations = ObservationBatch.Of(pass, method.Games, rollout.Observations, rows);
            return ProximalPolicy.Loss(method.Model.Forward(observations), Chosen(rollout.Actions), Chosen(rollout.LogShares), Chosen(advantages), Chosen(returns), method.options);
        }

        private T[] Chosen<T>(T[] all) => [.. rows.Select(row => all[row])];
    }
}
