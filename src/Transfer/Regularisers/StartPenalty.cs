using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Transfer;

/// <summary>L2-SP (Li, Grandvalet and Davoine 2018): alpha / 2 times the squared distance of the weights from where they started, and beta / 2 times the squared size
/// of a new head, in place of weight decay, so that what was learnt before is not forgotten. Their gradients are added; the loss that is told is without them.</summary>
/// <remarks>Vectors (biases, the weights of norms) are left alone, as by weight decay, unless their group says otherwise (<see cref="ParameterGroup.DecaysVectors"/>). The
/// start is that of the first fit, and is kept over the fits of a trainer.</remarks>
public sealed class StartPenalty : TrainingObserver, IResumable, IDisposable
{
    private readonly double alpha, beta;
    private readonly List<(Parameter Weight, Tensor<float>? Start, ParameterGroup Group)> weights = [];

    /// <summary>Chooses how strong the pull is.</summary>
    /// <param name="alpha">That of weights towards their start; 0 or more.</param>
    /// <param name="beta">That of a new head towards 0; 0 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">A strength is below 0 or not finite.</exception>
    public StartPenalty(double alpha, double beta = 0.01)
    {
        Require(alpha, nameof(alpha));
        Require(beta, nameof(beta));
        (this.alpha, this.beta) = (alpha, beta);
    }

    /// <inheritdoc/>
    public override void FitStarted(TrainingContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (weights.Count > 0) return;
        var heads = context.Models.Where(static model => model.IsHeadNew).SelectMany(static model => model.Stages[^1].Modules)
            .SelectMany(static module => module.Parameters()).ToHashSet();
        foreach (var group in context.Groups)
        {
            foreach (var weight in group.Parameters)
            {
                if (group.DecayOf(weight, 1) == 0) continue;
                weights.Add((weight, heads.Contains(weight) ? null : Copy(weight, context.Device.Home), group));
            }
        }
    }

    /// <inheritdoc/>
    public override void GradientsReady(TrainingContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var gradients = context.Gradients;
        foreach (var (weight, start, _) in weights)
        {
            if (gradients.Of(weight) is not { } gradient) continue;
            var value = weight.ValueOn(gradient.Device);
            if (start is null) gradients.Change(weight, new Pull((float)beta), value);
            else gradients.Change(weight, new PullToStart((float)alpha), value, start);
        }
    }

    /// <inheritdoc/>
    public void WriteState(StateWriter state)
    {
        ArgumentNullException.ThrowIfNull(state);
        foreach (var (weight, start, group) in weights)
            if (start is not null) state.Tensor($"{group.Name}/{weight.Name}", start);
    }

    /// <inheritdoc/>
    public void ReadState(StateReader state, TrainingContext context)
    {
        ArgumentNullException.ThrowIfNull(state);
        foreach (var (weight, start, group) in weights)
            if (start is not null) state.CopyTo($"{group.Name}/{weight.Name}", start);
    }

    /// <summary>Releases the copy of the start.</summary>
    public void Dispose()
    {
        foreach (var (_, start, _) in weights) start?.Dispose();
        weights.Clear();
    }

    private static void Require(double strength, string name)
    {
        if (!(strength >= 0 && double.IsFinite(strength))) throw new ArgumentOutOfRangeException(name, strength, "the strength of a penalty is 0 or more and finite");
    }

    private static Tensor<float> Copy(Parameter weight, Device device)
    {
        var copy = device.Rent<float>(weight.Shape);
        device.Copy(weight.ValueOn(device), copy);
        return copy;
    }
}

/// <summary>g += strength * (w - start), over a gradient: the rule's weight is g, its gradient w, what it remembers the start.</summary>
internal readonly struct PullToStart(float strength) : IUpdateRule
{
    public static int StateCount => 1;

    public void Step<S>(ref S weight, S gradient, ref S first, ref S second) where S : unmanaged, ILane<S> =>
        weight = S.FusedMultiplyAdd(S.Splat(strength), gradient - first, weight);
}

/// <summary>g += strength * w, over a gradient: the rule's weight is g, its gradient w.</summary>
internal readonly struct Pull(float strength) : IUpdateRule
{
    public static int StateCount => 0;

    public void Step<S>(ref S weight, S gradient, ref S first, ref S second) where S : unmanaged, ILane<S> =>
        weight = S.FusedMultiplyAdd(S.Splat(strength), gradient, weight);
}
