using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Transfer;

/// <summary>Moves a copy of a network after it: copy = m copy + (1 - m) weight after each step, m rising to 1 along half a cosine (Grill et al. 2020).</summary>
/// <param name="pairs">Weights that learn, and those of the copy.</param>
/// <param name="momentum">m at the start.</param>
internal sealed class SlowCopy((Parameter Weight, Parameter Copy)[] pairs, double momentum) : TrainingObserver, IResumable
{
    private bool hasBegun;

    /// <summary>m at a share of the training.</summary>
    public double MomentumAt(double position) => 1 - (1 - momentum) * (Math.Cos(Math.PI * position) + 1) / 2;

    /// <inheritdoc/>
    public override void FitStarted(TrainingContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (!hasBegun) Blend(context.Device, 1);
        hasBegun = true;
    }

    /// <inheritdoc/>
    public override void StepDone(TrainingContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (context.HasMoved) Blend(context.Device, (float)(1 - MomentumAt(context.Position)));
    }

    /// <inheritdoc/>
    public void WriteState(StateWriter state)
    {
        ArgumentNullException.ThrowIfNull(state);
        for (int i = 0; i < pairs.Length; i++) state.Tensor(NameOf(i), pairs[i].Copy.Value);
    }

    /// <inheritdoc/>
    public void ReadState(StateReader state, TrainingContext context)
    {
        ArgumentNullException.ThrowIfNull(state);
        for (int i = 0; i < pairs.Length; i++)
        {
            using var alone = pairs[i].Copy.Lock.Change();
            state.CopyTo(NameOf(i), pairs[i].Copy.Value);
        }
    }

    private string NameOf(int index) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{index}.{pairs[index].Copy.Name}");

    private void Blend(Device device, float share)
    {
        var home = device.Home;
        foreach (var (weight, copy) in pairs)
        {
            using var alone = copy.Lock.Change();
            Tensor<float> from = weight.ValueOn(home), to = copy.ValueOn(home);
            if (share == 1) home.Copy(from, to);
            else home.Zip(new Lerp(share), to, from, to);
        }
    }
}
