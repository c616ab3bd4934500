using Graft.Autograd;
using Graft.Models;
using Graft.Tensors;
using Graft.Transfer;

namespace Graft.Reinforcement;

/// <summary>A network that does what another policy does: learnt from shares of actions by the Kullback-Leibler divergence (policy distillation; Rusu et al. 2016), or from the
/// actions alone (imitation, behaviour cloning).</summary>
/// <remarks>The games are played by the policy that is learnt from, so that what is seen is what it sees.</remarks>
public sealed class PolicyDistillation : PolicyLearning
{
    private readonly IPlayer teacher;
    private readonly int batches;
    private readonly float[] seen;
    private readonly RandomStream random;

    /// <summary>Begins.</summary>
    /// <param name="model">The network: an output for each action, or one more for a value that is not learnt here.</param>
    /// <param name="games">The games.</param>
    /// <param name="device">Where to compute.</param>
    /// <param name="teacher">Who is learnt from.</param>
    /// <param name="batchesPerEpoch">How many batches an epoch has; each is one step of all games.</param>
    /// <param name="exploration">The share of steps at random, so that more is seen than what a good player comes to.</param>
    /// <param name="seed">The seed of what is drawn.</param>
    /// <exception cref="ArgumentException">An option is impossible, or the network does not fit the games.</exception>
    public PolicyDistillation(ImageModel model, GameRow games, Device device, IPlayer teacher, int batchesPerEpoch = 100, double exploration = 0.2, ulong seed = 0)
        : base(model, games, device, hasValue: model?.Classes == games?.Actions + 1)
    {
        ArgumentNullException.ThrowIfNull(teacher);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(batchesPerEpoch);
        Numbers.RequireShare(exploration, nameof(exploration));
        (this.teacher, batches, RandomShare) = (teacher, batchesPerEpoch, exploration);
        seen = new float[Games.Count * Games.Width];
        random = new RandomStream(seed, "actions");
    }

    /// <summary>The share of steps at random.</summary>
    public double RandomShare { get; }

    /// <inheritdoc/>
    public override int FramesPerEpoch => batches * Games.Count;

    /// <inheritdoc/>
    public override int BatchesPerEpoch => batches;

    /// <inheritdoc/>
    public override IEnumerable<ITrainingBatch> Epoch(int epoch, CancellationToken cancellation)
    {
        float[] shares = new float[Games.Count * Games.Actions];
        for (int number = 0; number < batches; number++)
        {
            cancellation.ThrowIfCancellationRequested();
            Games.Observe(seen);
            for (int game = 0; game < Games.Count; game++)
                teacher.Shares(seen.AsSpan(game * Games.Width, Games.Width), shares.AsSpan(game * Games.Actions, Games.Actions));
            yield return new Batch(this, [.. seen], [.. shares]);
            Go(shares);
        }
    }

    private void Go(float[] shares)
    {
        int[] actions = new int[Games.Count];
        for (int game = 0; game < actions.Length; game++)
        {
            ulong at = 2 * (ulong)(Games.Frames + game);
            actions[game] = random.Uniform(at) < RandomShare
                ? random.Below(Games.Actions, at + 1) : ActionScores.Best(shares.AsSpan(game * Games.Actions, Games.Actions));
        }
        Games.Step(actions, new float[actions.Length], new EpisodeEnd[actions.Length]);
    }

    private sealed class Batch(PolicyDistillation method, float[] observations, float[] shares) : ITrainingBatch
    {
        public int Count => method.Games.Count;

        // the cross-entropy is the divergence but for what does not depend on the network
        public Variable Loss(Pass pass)
        {
            var outputs = method.Model.Forward(ObservationBatch.Of(pass, method.Games, observations));
            return (outputs.Shape[1] == method.Games.Actions ? outputs : outputs.Slice(1, 0, method.Games.Actions)).SoftCrossEntropy(shares);
        }
    }
}
