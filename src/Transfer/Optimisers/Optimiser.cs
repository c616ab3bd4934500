using System.Runtime.InteropServices;
using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Transfer;

/// <summary>Updates parameters from their gradients, each group at its own rate. Vectors (biases, the weights of norms) are not decayed
/// unless their group says so; what is frozen has no part in the step, the decay or the clipping, and has no state.</summary>
/// <remarks>A custom update rule becomes an optimiser on every device by <see cref="Of{TRule}"/>. Used by one thread at a time.</remarks>
public abstract partial class Optimiser : IDisposable
{
    private readonly double weightDecay;
    private readonly double? clipNorm;
    private double? momentumNow;
    private readonly Dictionary<Parameter, State> states = [];
    private readonly List<Movement> movements = [];

    /// <summary>Gradients in the order of their weights, until the step is made.</summary>
    private readonly List<Tensor<float>> copies = [];
    private readonly WeightLockSet locks = new();

    private Optimiser(ParameterGroups groups, double weightDecay, double? clipNorm)
    {
        ArgumentNullException.ThrowIfNull(groups);
        Require(weightDecay >= 0 && double.IsFinite(weightDecay), nameof(weightDecay), weightDecay, "the weight decay is 0 or more");
        Require(clipNorm is null or > 0, nameof(clipNorm), clipNorm, "the norm that gradients are clipped to is above 0; null for no clipping");
        Groups = groups;
        this.weightDecay = weightDecay;
        this.clipNorm = clipNorm;
    }

    /// <summary>The parameters that it updates, and their rates.</summary>
    public ParameterGroups Groups { get; }

    /// <summary>The momentum, or Adam's and Lion's beta1, of the steps from here on, in [0, 1); null for the one that it was made with. A cycle of momenta
    /// sets it (<see cref="Trainer.MomentumSchedule"/>).</summary>
    /// <exception cref="ArgumentOutOfRangeException">The momentum is outside [0, 1).</exception>
    public double? Momentum
    {
        get => momentumNow;
        set
        {
            Require(value is null or (>= 0 and < 1), nameof(value), value, "the momentum lies in [0, 1)");
            momentumNow = value;
        }
    }

    /// <summary>The weight decay of groups without their own.</summary>
    public double WeightDecay => weightDecay;

    /// <summary>How many numbers it keeps of each one that learns: 1 of a momentum, 2 of Adam's moments.</summary>
    public int StatePerParameter => StateCount;

    private protected abstract int StateCount { get; }

    /// <summary>An optimiser of an update rule.</summary>
    /// <typeparam name="TRule">One step on one weight, over lanes; it runs on every device.</typeparam>
    /// <param name="groups">The parameters and their rates.</param>
    /// <param name="rule">Makes the rule of a step; the hyper-parameters of the step are its fields.</param>
    /// <param name="weightDecay">The weight decay of groups without their own.</param>
    /// <param name="clipNorm">The largest norm of all gradients together (PyTorch's <c>clip_grad_norm_</c>); null for no clipping.</param>
    /// <exception cref="ArgumentOutOfRangeException">A setting is impossible.</exception>
    public static Optimiser Of<TRule>(ParameterGroups groups, Func<UpdateStep, TRule> rule, double weightDecay = 0, double? clipNorm = null)
        where TRule : unmanaged, IUpdateRule
    {
        ArgumentNullException.ThrowIfNull(rule);
        return new RuleOptimiser<TRule>(groups, rule, weightDecay, clipNorm);
    }

    /// <summary>One atomic step: concurrent inference sees the weights before it or after it. Parameters without a gradient stay as they
    /// are.</summary>
    /// <param name="gradients">The gradients of the loss.</param>
    /// <param name="rateFactor">What a schedule multiplies every group's rate by.</param>
    /// <exception cref="InvalidOperationException">A group that learns was given no rate, or the thread is in the middle of a forward of the
    /// model; nothing was updated.</exception>
    /// <exception cref="NonFiniteException">Gradients are to be clipped and their norm is not finite; nothing was updated.</exception>
    public void Step(Gradients gradients, double rateFactor = 1)
    {
        ArgumentNullException.ThrowIfNull(gradients);
        Gather(gradients);
        float scale = clipNorm is { } largest ? GradientNorm.ClipFactor(movements, largest) : 1f;
        using var alone = gradients.BeginStep(locks);
        BeginMoves();
        DropCopies();
        foreach (var (parameter, gradient, group) in movements)
        {
            var weight = parameter.ValueOn(gradient.Device);
            var state = StateOf(parameter, weight.Device);
            state.Steps++;
            // the kernel runs through memory: a gradient in another order than its weight is copied into the weight's first
            var aligned = gradient.IsContiguous ? null : gradient.Device.Rent<float>(gradient.Shape);
            if (aligned is not null) gradient.Device.Copy(gradient, aligned);
            float rate = (float)group.RateAt(rateFactor), decay = (float)group.DecayOf(parameter, weightDecay);
            if (aligned is not null) copies.Add(aligned);
            Move(weight, aligned ?? gradient, state, new UpdateStep(rate, decay, state.Steps, scale) { Momentum = (float?)momentumNow });
        }
        EndMoves();
        DropCopies();
        movements.Clear();
    }

    /// <summary>Releases the state.</summary>
    public void Dispose()
    {
        foreach (var state in states.Values) state.Dispose();
        states.Clear();
        BeginMoves();
        DropCopies();
        GC.SuppressFinalize(this);
    }

    private protected abstract void Move(Tensor<float> weight, Tensor<float> gradient, State state, UpdateStep step);

    /// <summary>A step begins: what one that failed has left is dropped.</summary>
    private protected virtual void BeginMoves()
    {
    }

    /// <summary>Every parameter has been given its gradient.</summary>
    private protected virtual void EndMoves()
    {
    }

    private static void Require(bool holds, string name, object? value, string rule)
    {
        if (!holds) throw new ArgumentOutOfRangeException(name, value, rule);
    }

    /// <summary>Lists what has a gradient and is not frozen; the state of what was frozen since the last step is dropped.</summary>
    private void Gather(Gradients gradients)
    {
        movements.Clear();
        locks.Clear();
        foreach (var group in Groups.All)
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
                            $"the group '{group.Name}' has gradients and no learning rate: give the groups their rates (ParameterGroups.Rates), or freeze it");
                    locks.Add(parameter.Lock);
                    movements.Add(new Movement(parameter, gradient, group));
                }
            }
        }
    }

    private void DropCopies()
    {
        foreach (var copy in copies) copy.Dispose();
        copies.Clear();
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

    /// <summary>The optimiser's state of one parameter (momentum, moments).</summary>
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

    private sealed class RuleOptimiser<TRule>(ParameterGroups groups, Func<UpdateStep, TRule> rule, double weightDecay, double? clipNorm)
        : Optimiser(groups, weightDecay, clipNorm) where TRule : unmanaged, IUpdateRule
    {
        private readonly List<ParameterUpdate<TRule>> updates = [];

        private protected override int StateCount => TRule.StateCount;

        private protected override void Move(Tensor<float> weight, Tensor<float> gradient, State state, UpdateStep step) =>
            updates.Add(new(rule(step), weight, gradient, state.First, state.Second));

        private protected override void BeginMoves() => updates.Clear();

        private protected override void EndMoves()
        {
            if (updates.Count == 0) return;
            updates[0].Weight.Device.Update(CollectionsMarshal.AsSpan(updates));
            updates.Clear();
        }
    }
}

/// <summary>What an update rule is made of, for one parameter in one step.</summary>
/// <param name="Rate">The group's learning rate times the schedule's factor.</param>
/// <param name="WeightDecay">The parameter's weight decay; 0 for one that is not decayed.</param>
/// <param name="Number">How many steps the parameter has made, this one included: from 1, what bias corrections depend on.</param>
/// <param name="GradientScale">What the gradient is to be multiplied by first: below 1 where its norm is clipped.</param>
public readonly record struct UpdateStep(float Rate, float WeightDecay, int Number, float GradientScale)
{
    /// <summary>The momentum or beta1 where a cycle gives it (<see cref="Optimiser.Momentum"/>); null for what the rule was made with.</summary>
    public float? Momentum { get; init; }
}

/// <summary>A parameter to update.</summary>
internal readonly record struct Movement(Parameter Parameter, Tensor<float> Gradient, ParameterGroup Group);
