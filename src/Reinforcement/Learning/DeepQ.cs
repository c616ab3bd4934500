using Graft.Autograd;
using Graft.Models;
using Graft.Tensors;
using Graft.Transfer;

namespace Graft.Reinforcement;

/// <summary>Deep Q-learning (DQN; Mnih et al. 2015): the network says what each action is worth, learnt from steps of the past by what a former state of itself says of what
/// followed.</summary>
/// <example><code>
/// var game = GameKind.CartPole;
/// using var model = game.Network(hasValue: false);
/// using var learning = new DeepQ(model, new GameRow(game.Create, 4), Device.Cpu);
/// var groups = new ParameterGroups(model);
/// groups.Rates(1e-3);
/// new Trainer(Optimiser.Adam(groups, clipNorm: 10), Device.Cpu).Fit(learning, epochs: 200);
/// </code></example>
public sealed class DeepQ : PolicyLearning
{
    private readonly DeepQOptions options;
    private readonly ImageModel target;
    private readonly NetworkRun ownNext, targetNext;
    private readonly ReplayMemory memory;
    private readonly RandomStream random;
    private readonly float[] seen, then, rewards;
    private readonly int[] actions;
    private long batches;

    /// <summary>Begins.</summary>
    /// <param name="model">The network: an output for each action.</param>
    /// <param name="games">The games.</param>
    /// <param name="device">Where to compute.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <exception cref="ArgumentException">An option is impossible, or the network does not fit the games.</exception>
    public DeepQ(ImageModel model, GameRow games, Device device, DeepQOptions? options = null) : base(model, games, device, hasValue: false)
    {
        this.options = options ?? new DeepQOptions();
        this.options.Validate(games.Count);
        target = model.Remake(games.Actions, this.options.Seed);
        target.CopyWeightsFrom(model);
        var batch = GameRow.Batch(games.Observation, this.options.BatchSize);
        (ownNext, targetNext) = (new NetworkRun(model, device, batch), new NetworkRun(target, device, batch));
        memory = new ReplayMemory(this.options.Memory, games.Width, this.options.Priority, this.options.Seed);
        random = new RandomStream(this.options.Seed, "actions");
        (seen, then) = (new float[games.Count * games.Width], new float[games.Count * games.Width]);
        (rewards, actions) = (new float[games.Count], new int[games.Count]);
    }

    /// <inheritdoc/>
    public override int FramesPerEpoch => options.Frames;

    /// <inheritdoc/>
    public override int BatchesPerEpoch => options.Batches;

    /// <summary>The share of actions at random now.</summary>
    public double Exploration => Math.Max(options.Exploration, 1 - (1 - options.Exploration) * Games.Frames / Math.Max(1, options.ExplorationFrames));

    /// <inheritdoc/>
    public override IEnumerable<ITrainingBatch> Epoch(int epoch, CancellationToken cancellation)
    {
        int steps = options.Frames / Games.Count;
        while (memory.Count < Math.Min(options.Begin, options.Memory)) Play(isRandom: true, cancellation);
        for (int step = 0; step < steps; step++) Play(isRandom: false, cancellation);
        for (int number = 0; number < options.Batches; number++)
        {
            if (batches++ % options.TargetEvery == 0) target.CopyWeightsFrom(Model);
            var drawn = memory.Draw(options.BatchSize, options.Correction);
            yield return new Batch(this, drawn, Targets(drawn));
        }
    }

    /// <summary>The loss: the error of each action's worth, squared where it is small and absolute where it is large (PyTorch's <c>smooth_l1_loss</c>).</summary>
    /// <param name="outputs">[N, actions]: what each is said to be worth.</param>
    /// <param name="actions">What was done.</param>
    /// <param name="targets">What it should have been said to be worth.</param>
    /// <param name="weights">What each counts; empty for 1.</param>
    /// <returns>The mean, one element, and the errors [N].</returns>
    public static (Variable Loss, Variable Errors) Loss(Variable outputs, ReadOnlySpan<int> actions, ReadOnlySpan<float> targets, ReadOnlySpan<float> weights = default)
    {
        ArgumentNullException.ThrowIfNull(outputs);
        var pass = outputs.Pass;
        var errors = ActionScores.At(outputs, actions) - pass.Constant(pass.Upload([targets.Length], targets));
        var size = errors.Abs();
        var small = size.Clamp(0, 1);
        var losses = small * (size - small * 0.5f);
        if (weights.Length > 0) losses *= pass.Constant(pass.Upload([weights.Length], weights));
        return (losses.Mean(), errors);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            ownNext.Dispose();
            targetNext.Dispose();
            target.Dispose();
        }
        base.Dispose(disposing);
    }

    private void Play(bool isRandom, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        Games.Observe(seen);
        var worth = isRandom ? default : Network.Of(seen);
        for (int game = 0; game < Games.Count; game++)
        {
            ulong at = 2 * (ulong)(Games.Frames + game);
            actions[game] = isRandom || random.Uniform(at) < Exploration
                ? random.Below(Games.Actions, at + 1) : ActionScores.Best(worth.Slice(game * Games.Actions, Games.Actions));
        }
        Span<EpisodeEnd> ends = stackalloc EpisodeEnd[Games.Count];
        Games.Step(actions, rewards, ends);
        Games.Observe(then);
        for (int game = 0; game < Games.Count; game++)
        {
            var after = ends[game] == EpisodeEnd.None ? then.AsSpan(game * Games.Width, Games.Width) : Games.LastSeen(game);
            memory.Add(seen.AsSpan(game * Games.Width, Games.Width), actions[game], rewards[game], after, ends[game] == EpisodeEnd.Over);
        }
    }

    /// <summary>What each step was worth with the best of what followed.</summary>
    private float[] Targets(ReplayBatch batch)
    {
        int count = Games.Actions;
        var worth = targetNext.Of(batch.After);
        var choosing = options.IsDouble ? ownNext.Of(batch.After) : worth;
        float[] targets = new float[batch.Actions.Length];
        for (int row = 0; row < targets.Length; row++)
        {
            float best = worth[row * count + ActionScores.Best(choosing.Slice(row * count, count))];
            targets[row] = batch.Rewards[row] + (batch.IsOver[row] ? 0 : (float)options.Discount * best);
        }
        return targets;
    }

    private sealed class Batch(DeepQ method, ReplayBatch drawn, float[] targets) : ITrainingBatch
    {
        public int Count => drawn.Actions.Length;

        public Variable Loss(Pass pass)
        {
            var (loss, errors) = DeepQ.Loss(method.Model.Forward(ObservationBatch.Of(pass, method.Games, drawn.Seen)), drawn.Actions, targets, drawn.Weights);
            if (method.options.Priority > 0) method.memory.Surprise(drawn, errors.Value.ToArray());
            return loss;
        }
    }
}
