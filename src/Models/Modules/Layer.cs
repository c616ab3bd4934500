using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Models;

/// <summary>A module that turns one variable into another.</summary>
/// <example><code>
/// sealed class Scale : Layer
/// {
///     private readonly Parameter factor;
///
///     public Scale(int channels) =&gt; factor = AddParameter("factor", [channels, 1, 1], Initialiser.Ones);
///
///     protected override Variable Compute(Variable x) =&gt; x * x.Pass.Of(factor);
/// }
/// </code></example>
public abstract class Layer : Module
{
    private readonly Func<Variable, object?, Variable> compute;

    /// <summary>Makes a layer without parts.</summary>
    protected Layer() => compute = (x, _) => Compute(x);

    /// <summary>The layer's output. Intermediates return to the pool, unless backward will read them.</summary>
    /// <exception cref="ShapeException">The input does not fit; the message names the module.</exception>
    public Variable Forward(Variable x) => LayerScope.Run<object?>(this, x, null, compute);

    /// <summary>What the layer makes of its input; called by <see cref="Forward"/>. It has to follow from the input and the parameters
    /// alone, so that several threads may run it.</summary>
    protected abstract Variable Compute(Variable x);
}

/// <summary>A layer that takes something beside its input: a residual, a mask, another sequence.</summary>
/// <typeparam name="TInputs">What it takes.</typeparam>
public abstract class Layer<TInputs> : Module
{
    private readonly Func<Variable, TInputs, Variable> compute;

    /// <summary>Makes a layer without parts.</summary>
    protected Layer() => compute = Compute;

    /// <summary>The layer's output. Intermediates return to the pool, unless backward will read them.</summary>
    /// <param name="x">Its input.</param>
    /// <param name="inputs">What it takes beside it.</param>
    /// <exception cref="ShapeException">The inputs do not fit; the message names the module.</exception>
    public Variable Forward(Variable x, TInputs inputs) => LayerScope.Run(this, x, inputs, compute);

    /// <summary>What the layer makes of its inputs; called by <see cref="Forward"/>. It has to follow from the inputs and the parameters
    /// alone, so that several threads may run it.</summary>
    protected abstract Variable Compute(Variable x, TInputs inputs);
}

/// <summary>Releases memory between layers, here and nowhere else: everything that a layer computed but its output.</summary>
internal static class LayerScope
{
    /// <summary>Runs a layer: under its weights' lock, naming it in shape errors, and releasing its intermediates.</summary>
    public static Variable Run<TInputs>(Module layer, Variable x, TInputs inputs, Func<Variable, TInputs, Variable> compute)
    {
        ArgumentNullException.ThrowIfNull(x);
        return Run(layer, x.Pass, (x, inputs, compute), static given => given.compute(given.x, given.inputs));
    }

    /// <summary>Runs a layer whose inputs are no variable: token ids.</summary>
    public static Variable Run<TInputs>(Module layer, Pass pass, TInputs inputs, Func<TInputs, Variable> compute)
    {
        using var reading = pass.ReadWeights(layer.Weights);
        var scope = pass.OpenScope();
        try
        {
            var output = scope.KeepOnly(compute(inputs));
            pass.LayerWatch?.Invoke(layer, output);
            return output;
        }
        catch (ShapeException exception) when (layer.Names(exception))
        {
            throw;
        }
    }

    /// <summary>Runs the stages of a model in sequence: as <see cref="Chain"/>, but where the pass checkpoints activations it keeps the input of each
    /// stage alone, and backward runs it again.</summary>
    /// <param name="steps">The stages, in order.</param>
    /// <param name="x">The first one's input.</param>
    /// <param name="inputs">What every stage takes beside it.</param>
    /// <param name="forward">Runs one stage; made once, as a pass may call it again.</param>
    /// <param name="taps">Feature taps, which keep outputs of stages; null for none.</param>
    /// <param name="isNextBackward">Whether backward comes to the last of them at once, so that it would be run again for nothing.</param>
    public static Variable Stages<TStep, TInputs>(
        ReadOnlySpan<TStep> steps, Variable x, TInputs inputs, Func<Variable, (TStep Step, TInputs Inputs), Variable> forward, Action<TStep, Variable>? taps = null,
        bool isNextBackward = false)
    {
        var scope = x.Pass.OpenScope();
        for (int i = 0; i < steps.Length; i++)
        {
            var given = (steps[i], inputs);
            bool isKept = !x.Pass.ActivationCheckpointing || (isNextBackward && i == steps.Length - 1);
            x = scope.KeepOnly(isKept ? forward(x, given) : x.Pass.Checkpoint(x, given, forward));
            if (taps is null) continue;
            taps(steps[i], x);
            scope = x.Pass.OpenScope();
        }
        return x;
    }

    /// <summary>Runs steps in sequence. Intermediates before the last output are released after each step; the tape holds what it
    /// saved.</summary>
    /// <param name="steps">The steps, in order.</param>
    /// <param name="x">The first step's input.</param>
    /// <param name="inputs">What every step takes beside it.</param>
    /// <param name="forward">Runs one step.</param>
    /// <param name="taps">Feature taps, which keep outputs of steps (forward hooks); null for none.</param>
    public static Variable Chain<TStep, TInputs>(
        ReadOnlySpan<TStep> steps, Variable x, TInputs inputs, Func<TStep, Variable, TInputs, Variable> forward, Action<TStep, Variable>? taps = null)
    {
        var scope = x.Pass.OpenScope();
        foreach (var step in steps)
        {
            x = scope.KeepOnly(forward(step, x, inputs));
            if (taps is null) continue;
            // what a tap may have kept stays until the pass ends
            taps(step, x);
            scope = x.Pass.OpenScope();
        }
        return x;
    }
}
