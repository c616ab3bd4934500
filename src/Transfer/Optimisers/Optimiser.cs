using System.Runtime.InteropServices;
using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Transfer;

/// <summary>Moves a model's parameters against their gradients, each stage at its own rate. Vectors (biases, the weights of
/// norms) are not decayed; what is frozen has no part in the step, the decay or the clipping, and nothing is remembered of it.</summary>
public abstract class Optimiser : IDisposable
{
    private readonly ParameterGroups groups;
    private readonly double weightDecay;
    private readonly double? clipNorm;
    private readonly Dictionary<Parameter, State> states = [];
    private readonly List<(Parameter Parameter, Tensor<float> Gradient, double Rate)> moves = [];
    private readonly List<WeightLock> locks = [];

    private protected Optimiser(ParameterGroups groups, double weightDecay, double? clipNorm)
    {
        ArgumentNullException.ThrowIfNull(groups);
        Require(weightDecay >= 0 && double.IsFinite(weightDecay), nameof(weightDecay), weightDecay, "the weight decay is 0 or more");
        Require(clipNorm is null or > 0, nameof(clipNorm), clipNorm, "the norm that gradients are clipped to is above 0; null for no clipping");
        this.groups = groups;
        this.weightDecay = weightDecay;
        this.clipNorm = clipNorm;
    }

    private protected abstract int StateCount { get; }

    /// <summary>Stochastic gradient descent with momentum (PyTorch's <c>SGD</c>).</summary>
    /// <param name="groups">The parameters and their rates.</param>
    /// <param name="momentum">How much of the last step is kept, in [0, 1).</param>
    /// <param name="weightDecay">The share of a weight that is added to its gradient.</param>
    /// <param name="clipNorm">The largest norm of all gradients together (PyTorch's <c>clip_grad_norm_</c>); null for no clipping.</param>
    /// <exception cref="ArgumentOutOfRangeException">A setting is impossible.</exception>
    public static Optimiser Sgd(ParameterGroups groups, double momentum = 0.9, double weightDecay = 0, double? clipNorm = null) =>
        new SgdOptimiser(groups, momentum, weightDecay, clipNorm);

    /// <summary>Adam with decoupled weight decay (PyTorch's <c>AdamW</c>).</summary>
    /// <param name="groups">The parameters and their rates.</param>
    /// <param name="beta1">How much of the mean gradient is kept, in [0, 1).</param>
    /// <param name="beta2">How much of the mean squared gradient is kept, in [0, 1).</param>
    /// <param name="epsilon">What is added to the root of the mean square.</param>
    /// <param name="weightDecay">The share of a weight that a step of rate 1 takes off.</param>
    /// <param name="clipNorm">The largest norm of all gradients together; null for no clipping.</param>
    /// <exception cref="ArgumentOutOfRangeException">A setting is impossible.</exception>
    public static Optimiser AdamW(
        ParameterGroups groups, double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-8, double weightDecay = 0.01, double? clipNorm = null) =>
        new AdamWOptimiser(groups, beta1, beta2, epsilon, weightDecay, clipNorm);

    /// <summary>One step, as a whole: who infers with the model at the same time sees its weights before it or after it. Parameters
    /// without a gradient stay as they are.</summary>
    /// <param name="gradients">The gradients of the loss.</param>
    /// <param name="rateFactor">What a schedule multiplies every stage's rate by.</param>
    /// <exception cref="InvalidOperationException">A stage that learns was given no rate, or the thread is in the middle of a forward of the
    /// model; nothing was moved.</exception>
    /// <exception cref="NonFiniteException">Gradients are to be clipped and their norm is not finite; nothing was moved.</exception>
    public void Step(Gradients gradients, double rateFactor = 1)
    {
        ArgumentNullException.ThrowIfNull(gradients);
        Gather(gradients);
        float scale = clipNorm is { } largest ? GradientNorm.ClipFactor(moves, largest) : 1f;
        using var alone = new WeightChange(CollectionsMarshal.AsSpan(locks));
        gradients.Pass?.ApplyUpdates();
        foreach (var (parameter, gradient, rate) in moves)
        {
            var weight = parameter.On(gradient.Device);
            var state = StateOf(parameter, weight.Device);
            state.Steps++;
            // the kernel runs through memory: a gradient in another order than its weight is put into the weight's first
            var aligned = gradient.IsContiguous ? null : gradient.Device.Rent<float>(gradient.Shape);
            if (aligned is not null) gradient.Device.Copy(gradient, aligned);
            double decay = parameter.Shape.Rank > 1 ? weightDecay : 0;
            Move(weight, aligned ?? gradient, state, (float)(rate * rateFactor), (float)decay, scale);
            aligned?.Dispose();
        }
        moves.Clear();
    }

    /// <summary>Gives back what was remembered.</summary>
    public void Dispose()
    {
        foreach (var state in states.Values) state.Dispose();
        states.Clear();
        GC.SuppressFinalize(this);
    }

    private protected abstract void Move(Tensor<float> weight, Tensor<float> gradient, State state, float rate, float decay, float gradientScale);

    private protected static void Require<T>(bool holds, string name, T value, string rule)
    {
        if (!holds) throw new ArgumentOutOfRangeException(name, value, rule);
    }

    /// <summary>Lists what has a gradient and is not frozen; what was frozen since the last step is forgotten.</summary>
    private void Gather(Gradients gradients)
    {
        moves.Clear();
        locks.Clear();
        if (gradients.Pass is { } pass)
            foreach (var used in pass.Locks) WeightLock.Insert(locks, used);
        foreach (var group in groups.All)
        {
            foreach (var parameter in group.All)
            {
                if (parameter.IsFrozen)
                {
                    if (states.Remove(parameter, out var state)) state.Dispose();
                }
                else if (gradients.Of(parameter) is { } gradient)
                {
                    if (!group.HasRate)
                        throw new InvalidOperationException(
                            $"the stage '{group.Name}' has gradients and no learning rate: give the groups their rates (ParameterGroups.Rates), or freeze it");
                    WeightLock.Insert(locks, parameter.Lock);
                    moves.Add((parameter, gradient, group.Rate));
                }
            }
        }
    }

    private State StateOf(Parameter parameter, Device device)
    {
        if (!states.TryGetValue(parameter, out var state))
        {
            state = new State(
                StateCount > 0 ? Zeros(parameter.Shape, device) : null,
                StateCount > 1 ? Zeros(parameter.Shape, device) : null);
            states.Add(parameter, state);
        }
        return state;
    }

    private static Tensor<float> Zeros(Shape shape, Device device)
    {
        var zeros = device.Rent<float>(shape);
        device.Fill(zeros, 0f);
        return zeros;
    }

    /// <summary>What is remembered of one parameter.</summary>
    private protected sealed class State(Tensor<float>? first, Tensor<float>? second) : IDisposable
    {
        public Tensor<float>? First => first;

        public Tensor<float>? Second => second;

        public int Steps { get; set; }

        public void Dispose()
        {
            first?.Dispose();
            second?.Dispose();
        }
    }

    private sealed class SgdOptimiser : Optimiser
    {
        private readonly float momentum;

        public SgdOptimiser(ParameterGroups groups, double momentum, double weightDecay, double? clipNorm) : base(groups, weightDecay, clipNorm)
        {
            Require(momentum is >= 0 and < 1, nameof(momentum), momentum, "the momentum lies in [0, 1)");
            this.momentum = (float)momentum;
        }

        private protected override int StateCount => 1;

        private protected override void Move(Tensor<float> weight, Tensor<float> gradient, State state, float rate, float decay, float gradientScale) =>
            weight.Device.Update(new Sgd(rate, momentum, decay, gradientScale), weight, gradient, state.First, null);
    }

    private sealed class AdamWOptimiser : Optimiser
    {
        private readonly float beta1;
        private readonly float beta2;
        private readonly float epsilon;

        public AdamWOptimiser(ParameterGroups groups, double beta1, double beta2, double epsilon, double weightDecay, double? clipNorm)
            : base(groups, weightDecay, clipNorm)
        {
            Require(beta1 is >= 0 and < 1, nameof(beta1), beta1, "beta1 lies in [0, 1)");
            Require(beta2 is >= 0 and < 1, nameof(beta2), beta2, "beta2 lies in [0, 1)");
            Require(epsilon > 0, nameof(epsilon), epsilon, "epsilon is above 0");
            (this.beta1, this.beta2, this.epsilon) = ((float)beta1, (float)beta2, (float)epsilon);
        }

        private protected override int StateCount => 2;

        private protected override void Move(Tensor<float> weight, Tensor<float> gradient, State state, float rate, float decay, float gradientScale) =>
            weight.Device.Update(new AdamW(rate, beta1, beta2, epsilon, decay, state.Steps, gradientScale), weight, gradient, state.First, state.Second);
    }
}
