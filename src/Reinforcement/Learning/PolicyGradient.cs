using Graft.Autograd;
using Graft.Models;
using Graft.Tensors;
using Graft.Transfer;

namespace Graft.Reinforcement;

/// <summary>The policy gradient with a learnt baseline (REINFORCE; Williams 1992): an action is made likelier by the return that followed it, less what the state was thought to
/// be worth.</summary>
public sealed class PolicyGradient : PolicyLearning
{
    private readonly PolicyGradientOptions options;
    private readonly Rollout rollout;
    private readonly RandomStream actions;

    /// <summary>Begins.</summary>
    /// <param name="model">The network: an output for each action, and one more for the value.</param>
    /// <param name="games">The games.</param>
    /// <param name="device">Where to compute.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <exception cref="ArgumentException">An option is impossible, or the network does not fit the games.</exception>
    public PolicyGradient(ImageModel model, GameRow games, Device device, PolicyGradientOptions? options = null) : base(model, games, device, hasValue: true)
    {
        this.options = options ?? new PolicyGradientOptions();
        this.options.Validate();
        rollout = new Rollout(games, this.options.Steps, this.options.Discount);
        actions = new RandomStream(this.options.Seed, "actions");
    }

    /// <inheritdoc/>
    public override int FramesPerEpoch => options.Steps * Games.Count;

    /// <inheritdoc/>
    public override int BatchesPerEpoch => 1;

    /// <inheritdoc/>
    public override IEnumerable<ITrainingBatch> Epoch(int epoch, CancellationToken cancellation)
    {
        rollout.Play(Network, actions, cancellation);
        // to the end of each episode: the sum of what follows, less the value
        float[] advantages = GeneralisedAdvantage.Of(rollout.Rewards, rollout.Values, rollout.Ends, rollout.Next, options.Discount, lambda: 1);
        yield return new Batch(this, advantages, [.. advantages.Zip(rollout.Values, static (advantage, value) => advantage + value)]);
    }

    /// <summary>The loss: minus the mean of each action's log share times its advantage, the value's error and the entropy, weighted.</summary>
    /// <param name="outputs">[N, actions + 1]: scores, and values in the last column.</param>
    /// <param name="actions">What was done.</param>
    /// <param name="advantages">How much better it was than thought.</param>
    /// <param name="returns">What the values should have been.</param>
    /// <param name="options">The weights.</param>
    /// <returns>One element.</returns>
    /// <exception cref="ShapeException">The outputs are no matrix of one column for each action and one more.</exception>
    public static Variable Loss(
        Variable outputs, ReadOnlySpan<int> actions, ReadOnlySpan<float> advantages, ReadOnlySpan<float> returns, PolicyGradientOptions options)
    {
        ArgumentNullException.ThrowIfNull(outputs);
        ArgumentNullException.ThrowIfNull(options);
        var (scores, value) = ActionScores.Split(outputs, actions.Length);
        var logs = scores.LogSoftmax();
        var gained = (ActionScores.At(logs, actions) * outputs.Pass.Constant(outputs.Pass.Upload([actions.Length], advantages))).Mean();
        var error = value.MeanSquaredError(returns);
        var entropy = -(logs.Exp() * logs).Sum(1).Mean();
        return error * (float)(options.Value / 2) - gained - entropy * (float)options.Entropy;
    }

    private sealed class Batch(PolicyGradient method, float[] advantages, float[] returns) : ITrainingBatch
    {
        public int Count => advantages.Length;

        public Variable Loss(Pass pass) => PolicyGradient.Loss(
            method.Model.Forward(ObservationBatch.Of(pass, method.Games, method.rollout.Observations)), method.rollout.Actions, advantages, returns, method.options);
    }
}
