using Graft.Tensors;

namespace Graft.Autograd;

/// <summary>The parameters and buffers that a pass has used: as which variable or tensor, their memory, their locks, and changes deferred
/// to the optimiser's step.</summary>
internal sealed class PassWeights
{
    /// <summary>Each parameter's variable, and the parameter's own where it was substituted, null where that was never used.</summary>
    private readonly Dictionary<Parameter, (Variable Variable, Variable? Own)> variables = [];

    private readonly Dictionary<Parameter, Tensor<float>> values = [];
    private readonly List<DeviceMemory> held = [];
    private readonly List<DeferredUpdate> updates = [];

    /// <summary>The locks of all that was used.</summary>
    public WeightLockSet Locks { get; } = new();

    /// <summary>A parameter as a variable; it needs a gradient in training unless it is frozen.</summary>
    public Variable VariableOf(Pass pass, Parameter parameter, Tape tape)
    {
        if (variables.TryGetValue(parameter, out var known)) return known.Variable;
        bool learns = pass.IsTraining && !parameter.IsFrozen;
        var variable = !pass.IsTraining && parameter.HoldMatrix(pass.Device) is { } weight ? Held(pass, parameter, weight)
            : new Variable(pass, Hold(pass.Device, parameter, learns), learns ? tape.AddSlot() : -1);
        variables.Add(parameter, (variable, variable));
        return variable;
    }

    /// <summary>The values of a buffer, or of a parameter without a gradient.</summary>
    public Tensor<float> ValueOf(Device device, Parameter parameter)
    {
        if (values.TryGetValue(parameter, out var known)) return known;
        var value = variables.TryGetValue(parameter, out var variable) ? variable.Variable.Value : Hold(device, parameter, learns: false);
        values.Add(parameter, value);
        return value;
    }

    /// <summary>Takes the memory of weights out of a set.</summary>
    public void TakeFrom(HashSet<DeviceMemory> memories) => memories.ExceptWith(held);

    /// <summary>Substitutes a variable for a parameter or a buffer.</summary>
    public void Substitute(Parameter parameter, Variable variable)
    {
        RequireUnused(parameter);
        RequireFits(parameter, variable);
        variables.Add(parameter, (variable, null));
    }

    /// <summary>Substitutes what is computed from a parameter.</summary>
    public void Substitute(Pass pass, Parameter parameter, Tape tape, Func<Variable, Variable> compute)
    {
        RequireUnused(parameter);
        var own = VariableOf(pass, parameter, tape);
        var variable = compute(own);
        RequireFits(parameter, variable);
        variables[parameter] = (variable, own);
    }

    /// <summary>Whether a parameter has been substituted.</summary>
    public bool IsSubstituted(Parameter parameter) => variables.TryGetValue(parameter, out var known) && known.Variable != known.Own;

    /// <summary>Hands the gradients of parameters over, once backward has run. A substitute keeps its own.</summary>
    public void File(Gradients gradients)
    {
        foreach (var (parameter, (_, own)) in variables)
            if (own is { Slot: >= 0 and var slot }) gradients.File(parameter, slot);
    }

    /// <summary>Defers a change.</summary>
    public void Defer(DeferredUpdate update) => updates.Add(update);

    /// <summary>Whether changes wait.</summary>
    public bool HasUpdates => updates.Count > 0;

    /// <summary>Applies the deferred changes.</summary>
    public void ApplyUpdates(Device device)
    {
        if (updates.Count == 0) return;
        using var change = Locks.Change();
        foreach (var update in updates) update.Apply(device);
        ForgetUpdates();
    }

    /// <summary>Drops the deferred changes.</summary>
    public void ForgetUpdates()
    {
        foreach (var update in updates) update.Release();
        updates.Clear();
    }

    /// <summary>Releases everything.</summary>
    public void Clear()
    {
        ForgetUpdates();
        foreach (var memory in held) memory.Release();
        held.Clear();
        variables.Clear();
        values.Clear();
        Locks.Clear();
    }

    private Variable Held(Pass pass, Parameter parameter, MatrixWeight weight)
    {
        held.Add(weight.Matrix.Numbers.Memory);
        if (weight.Matrix.Scales is { } scales) held.Add(scales.Memory);
        Locks.Add(parameter.Lock);
        return new Variable(pass, weight);
    }

    private Tensor<float> Hold(Device device, Parameter parameter, bool learns)
    {
        var value = parameter.Hold(device, learns);
        held.Add(value.Memory);
        Locks.Add(parameter.Lock);
        return value;
    }

    private void RequireUnused(Parameter parameter)
    {
        if (values.ContainsKey(parameter) || variables.ContainsKey(parameter))
            throw new InvalidOperationException(
                $"{parameter.Name} has been used in this pass already, or has been substituted: substitute it once, before what reads it, "
                + "and compute from the parameter itself in the function that Substitute calls");
    }

    private static void RequireFits(Parameter parameter, Variable variable)
    {
        if (variable.Shape != parameter.Shape)
            ShapeException.Throw("substitute", $"{variable.Shape} does not fit {parameter.Name} {parameter.Shape}", "what takes a parameter's place has its shape");
    }
}
