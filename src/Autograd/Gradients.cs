using Graft.Tensors;

namespace Graft.Autograd;

/// <summary>The gradients of a backward run: of parameters, and of the leaves that asked for one.</summary>
/// <remarks>Each function overwrites a gradient of its own; where a variable was used more than once they are added here, in the
/// order of the tape. Several backward runs into one object add up.</remarks>
public sealed class Gradients : IDisposable
{
    private readonly Dictionary<Parameter, Tensor<float>> ofParameters = [];
    private Tensor<float>?[] bySlot = [];

    internal Pass Pass { get; private set; } = null!;

    /// <summary>The gradient of a parameter, of its shape; null where it is frozen or had no part in the loss.</summary>
    public Tensor<float>? Of(Parameter parameter) => ofParameters.GetValueOrDefault(parameter);

    /// <summary>The gradient of a leaf made with <see cref="Pass.Leaf"/>; null where it had no part in the loss.</summary>
    public Tensor<float>? Of(Variable leaf)
    {
        ArgumentNullException.ThrowIfNull(leaf);
        return leaf.Pass == Pass && leaf.Slot >= 0 && leaf.Slot < bySlot.Length ? bySlot[leaf.Slot] : null;
    }

    /// <summary>Gives the gradients' memory back.</summary>
    public void Dispose()
    {
        foreach (var gradient in ofParameters.Values) gradient.Memory.Release();
        ofParameters.Clear();
        for (int slot = 0; slot < bySlot.Length; slot++) Take(slot)?.Memory.Release();
    }

    internal void Begin(Pass pass, int slots)
    {
        for (int slot = 0; slot < bySlot.Length; slot++) Take(slot)?.Memory.Release();
        Pass = pass;
        if (bySlot.Length < slots) bySlot = new Tensor<float>?[slots];
    }

    /// <summary>Adds to the gradient of a variable; a variable that wants none has slot -1.</summary>
    internal void Add(int slot, Tensor<float> gradient)
    {
        if (slot < 0) return;
        bySlot[slot] = Sum(bySlot[slot], gradient);
    }

    /// <summary>Removes and returns the gradient at a slot; the caller holds it now.</summary>
    internal Tensor<float>? Take(int slot)
    {
        var gradient = bySlot[slot];
        bySlot[slot] = null;
        return gradient;
    }

    /// <summary>Files a leaf's finished gradient under its parameter.</summary>
    internal void File(Parameter parameter, int slot)
    {
        if (Take(slot) is not { } gradient) return;
        ofParameters[parameter] = Sum(ofParameters.GetValueOrDefault(parameter), gradient);
        gradient.Memory.Release();
    }

    /// <summary>What is there plus one more. Memory that nobody else holds is added to in place.</summary>
    private Tensor<float> Sum(Tensor<float>? sum, Tensor<float> more)
    {
        if (sum is null)
        {
            more.Memory.Retain();
            return more;
        }
        if (!sum.Memory.IsShared && sum.IsDense)
        {
            Pass.Device.Zip(default(Add), sum, more, sum);
            return sum;
        }
        var total = Pass.RentLike(sum);
        Pass.Device.Zip(default(Add), sum, more, total);
        total.Memory.Retain();
        sum.Memory.Release();
        return total;
    }
}
