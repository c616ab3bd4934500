using Graft.Tensors;

namespace Graft.Autograd;

/// <summary>The gradients of a backward run: of parameters, and of the leaves that asked for one.</summary>
/// <remarks>Each function writes its gradient to new memory; where a variable was used more than once they are accumulated here, in the
/// order of the tape. Several backward runs into one object add up.</remarks>
public sealed partial class Gradients : IDisposable
{
    private GradientTable? table;

    /// <summary>Gradients that the caller keeps for as long as it likes.</summary>
    public Gradients()
    {
    }

    /// <summary>Gradients in a table that is another pass's afterwards.</summary>
    internal Gradients(GradientTable table) => this.table = table;

    internal Pass Pass { get; private set; } = null!;

    private GradientTable Table => table ??= new GradientTable();

    /// <summary>The gradient of a parameter, of its shape; null where it is frozen or had no part in the loss.</summary>
    public Tensor<float>? Of(Parameter parameter) => Table.OfParameters.GetValueOrDefault(parameter);

    /// <summary>The gradient of a leaf made with <see cref="Pass.Leaf"/>, or of a variable whose gradient is retained
    /// (<see cref="Variable.RetainGradient"/>); null where it had no part in the loss.</summary>
    public Tensor<float>? Of(Variable variable)
    {
        ArgumentNullException.ThrowIfNull(variable);
        return variable.Pass == Pass && variable.Slot >= 0 && variable.Slot < Table.BySlot.Length ? Table.BySlot[variable.Slot] : null;
    }

    /// <summary>Begins an optimiser step: the weights are locked exclusively until what is returned is disposed of, and changes deferred by
    /// the pass (<see cref="Pass.Defer"/>) are applied, so that concurrent inference sees the model before all of the step or after
    /// it.</summary>
    /// <param name="locks">The locks of what the step moves (<see cref="Parameter.Lock"/>); those of the pass are added.</param>
    /// <exception cref="InvalidOperationException">The thread is in the middle of a forward of the model.</exception>
    public WeightChange BeginStep(WeightLockSet locks)
    {
        ArgumentNullException.ThrowIfNull(locks);
        if (Pass is not { } pass) return locks.Change();
        foreach (var used in pass.Locks) locks.Add(used);
        var change = locks.Change();
        try
        {
            pass.ApplyUpdates();
            return change;
        }
        catch
        {
            change.Dispose();
            throw;
        }
    }

    /// <summary>Releases the gradients' memory; the next backward into this object starts from zero (<c>zero_grad</c>).</summary>
    public void Dispose()
    {
        if (table is null) return;
        foreach (var gradient in table.OfParameters.Values) gradient.Memory.Release();
        table.OfParameters.Clear();
        ReleaseSlots();
    }

    /// <summary>Releases the memory and returns the table to its pass; there is no gradient afterwards.</summary>
    internal void Leave()
    {
        Dispose();
        table = null;
    }

    internal void Begin(Pass pass, int slots)
    {
        ReleaseSlots();
        Pass = pass;
        Table.Reserve(slots);
    }

    /// <summary>Makes the gradients of parameters those of another pass's step; those of variables are given up.</summary>
    internal void BelongTo(Pass pass)
    {
        ReleaseSlots();
        Pass = pass;
    }

    /// <summary>Adds to the gradient of a variable; a variable that needs none has slot -1.</summary>
    internal void Add(int slot, Tensor<float> gradient)
    {
        if (slot < 0) return;
        if (slot == Tape.Unrecorded)
            throw new InvalidOperationException(
                "backward: the loss depends on something within a function whose activations were not kept (activation checkpointing): use what such a function returns, or keep them");
        Table.BySlot[slot] = Sum(Table.BySlot[slot], gradient);
    }

    /// <summary>Removes and returns the gradient at a slot; the caller holds it now.</summary>
    internal Tensor<float>? Take(int slot)
    {
        ref var place = ref Table.BySlot[slot];
        var gradient = place;
        place = null;
        return gradient;
    }

    /// <summary>Holds the gradient at a slot until backward has ended: a slot is free for none other before.</summary>
    internal void Keep(int slot, Tensor<float> gradient)
    {
        gradient.Memory.Retain();
        Table.Kept.Add((slot, gradient));
    }

    /// <summary>Puts what was kept where <see cref="Of(Variable)"/> finds it.</summary>
    internal void Finish()
    {
        foreach (var (slot, gradient) in Table.Kept) Table.BySlot[slot] = gradient;
        Table.Kept.Clear();
    }

    /// <summary>Moves a leaf's finished gradient to its parameter.</summary>
    internal void File(Parameter parameter, int slot)
    {
        if (Take(slot) is not { } gradient) return;
        Table.OfParameters[parameter] = Sum(Table.OfParameters.GetValueOrDefault(parameter), gradient);
        gradient.Memory.Release();
    }

    private void ReleaseSlots()
    {
        Finish();
        for (int slot = 0; slot < Table.BySlot.Length; slot++) Take(slot)?.Memory.Release();
    }

    /// <summary>Accumulates a gradient; in place where nothing else holds the memory.</summary>
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

/// <summary>The table of gradients: of variables by slot while backward runs, of parameters afterwards.</summary>
internal sealed class GradientTable
{
    public Dictionary<Parameter, Tensor<float>> OfParameters { get; } = [];

    /// <summary>Gradients within the graph that are to stay, while backward runs.</summary>
    public List<(int Slot, Tensor<float> Gradient)> Kept { get; } = [];

    public Tensor<float>?[] BySlot { get; private set; } = [];

    /// <summary>Grows the table, which has to be empty, to so many slots.</summary>
    public void Reserve(int slots)
    {
        if (BySlot.Length < slots) BySlot = new Tensor<float>?[slots];
    }
}
