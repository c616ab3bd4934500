using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Models;

/// <summary>A part of a model: its parameters, its buffers and the parts within it, each under the key that PyTorch's and
/// Hugging Face's checkpoints give it. The key is spelled once, where the part is added.</summary>
public abstract class Module
{
    private readonly List<(string Key, Module Child)> children = [];
    private readonly List<ModuleParameter> parameters = [];
    private readonly List<Counter> counters = [];
    private readonly List<string> passedOver = [];
    private Module? parent;
    private WeightLock? weights;
    private string key = "";

    private protected Module()
    {
    }

    /// <summary>The seed from which parameters that no checkpoint filled draw their first numbers, each from a stream of its name.</summary>
    public ulong Seed { get; init; }

    /// <summary>Its key from the model's root; empty at the root.</summary>
    public string Key => parent is null ? key : parent.KeyOf(key);

    /// <summary>Whether it has parameters and each of them is frozen, together or one by one: a frozen batch norm uses its stored statistics
    /// and does not move them.</summary>
    public bool IsFrozen => Parameters().Any() && Parameters().All(parameter => parameter.IsFrozen);

    internal Module Root => parent is null ? this : parent.Root;

    /// <summary>What keeps the weights of the whole model whole.</summary>
    internal WeightLock Weights
    {
        get
        {
            var root = Root;
            if (root.weights is null) Interlocked.CompareExchange(ref root.weights, new WeightLock(), null);
            return root.weights;
        }
    }

    /// <summary>Freezes every parameter of this part and of the parts within it, until it is let go by hand.</summary>
    public void Freeze() => SetFrozen(Parameters(), true);

    /// <summary>Freezes the parameters of a name or pattern, until they are let go by hand.</summary>
    /// <param name="pattern">A key below this module, of a parameter or of a module: <c>layer1.0.conv1.weight</c>, <c>layer1</c>; a
    /// <c>*</c> stands for any characters: <c>layer1.*</c>, <c>*.bias</c>.</param>
    /// <returns>How many parameters it names.</returns>
    /// <exception cref="ArgumentException">It names none.</exception>
    public int Freeze(string pattern) => SetFrozen(KeyPattern.Select(this, pattern), true);

    /// <summary>Lets every parameter of this part and of the parts within it learn again.</summary>
    public void Unfreeze() => SetFrozen(Parameters(), false);

    /// <summary>Lets the parameters of a name or pattern learn again.</summary>
    /// <param name="pattern">As for <see cref="Freeze(string)"/>.</param>
    /// <returns>How many parameters it names.</returns>
    /// <exception cref="ArgumentException">It names none.</exception>
    public int Unfreeze(string pattern) => SetFrozen(KeyPattern.Select(this, pattern), false);

    /// <summary>Changes weights of the model while other threads may be using it: what they compute is of the weights before or after the
    /// change. Forwards and backwards that are running are waited for, those that come after it wait for it.</summary>
    /// <param name="change">Writes to values of <see cref="Parameters"/>; it may read the model too.</param>
    /// <exception cref="InvalidOperationException">The thread is in the middle of a forward or backward of the model.</exception>
    public void ChangeWeights(Action change)
    {
        ArgumentNullException.ThrowIfNull(change);
        using var alone = new WeightChange([Weights]);
        change();
    }

    /// <summary>The parameters in the order of the checkpoint, without buffers.</summary>
    public IEnumerable<Parameter> Parameters() => Tensors().Where(tensor => !tensor.IsBuffer);

    /// <summary>What is kept and saved beside the parameters and never has a gradient: the running statistics of batch norms.</summary>
    public IEnumerable<Parameter> Buffers() => Tensors().Where(tensor => tensor.IsBuffer);

    /// <summary>The parameters and buffers, in the order in which they were added.</summary>
    internal IEnumerable<ModuleParameter> Tensors() => parameters.Concat(children.SelectMany(child => child.Child.Tensors()));

    /// <summary>Every module within this one, at any depth.</summary>
    internal IEnumerable<Module> Descendants() => children.SelectMany(child => child.Child.Descendants().Prepend(child.Child));

    internal IEnumerable<Counter> Counters() => counters.Concat(children.SelectMany(child => child.Child.Counters()));

    /// <summary>Keys that a file may have and that say nothing to the model.</summary>
    internal IEnumerable<string> PassedOver() => passedOver.Select(KeyOf).Concat(children.SelectMany(child => child.Child.PassedOver()));

    internal string KeyOf(string inner)
    {
        string outer = Key;
        return outer.Length == 0 ? inner : inner.Length == 0 ? outer : $"{outer}.{inner}";
    }

    /// <summary>Puts a part under a key.</summary>
    private protected T Add<T>(string key, T child) where T : Module
    {
        child.parent = this;
        child.key = key;
        children.Add((key, child));
        return child;
    }

    private protected ModuleParameter Add(string key, Shape shape, Initialiser initialiser, bool isBuffer = false)
    {
        var parameter = new ModuleParameter(this, key, shape, initialiser, isBuffer);
        parameters.Add(parameter);
        return parameter;
    }

    /// <summary>Says that a file may have the numbers of <paramref name="parameter"/> under another key too, or instead; saved they are
    /// once, under the parameter's own.</summary>
    private protected void AddAlias(string key, ModuleParameter parameter) => parameter.AddAlias(this, key);

    /// <summary>Says that a file may have a tensor under a key for which the model has no use: a buffer that can be computed, a part that
    /// this head does without.</summary>
    private protected void PassOver(string key) => passedOver.Add(key);

    private protected Counter AddCounter(string key)
    {
        var counter = new Counter(this, key);
        counters.Add(counter);
        return counter;
    }

    /// <summary>Runs a part of the module as a memory scope, and names the module in a shape's error.</summary>
    private protected Variable Scoped(Variable x, Func<Variable, Variable> compute) => Scoped(x, compute, static (x, compute) => compute(x));

    /// <summary>As the other, for a part that needs more than one variable: a static function and what it is given make no closure.</summary>
    private protected Variable Scoped<TGiven>(Variable x, TGiven given, Func<Variable, TGiven, Variable> compute)
    {
        ArgumentNullException.ThrowIfNull(x);
        using var reading = x.Pass.Read(Weights);
        int mark = x.Pass.Enter();
        try
        {
            var y = compute(x, given);
            x.Pass.Leave(mark, keep: y.Value);
            return y;
        }
        catch (ShapeException exception) when (exception.NameModule(Key))
        {
            throw;
        }
    }

    /// <summary>Gives back what was computed since <paramref name="mark"/> and is not <paramref name="x"/>: in a row of layers nobody
    /// but the tape, which holds what it saved, asks again for what lies before the last output.</summary>
    private protected static Variable Only(int mark, Variable x)
    {
        x.Pass.Leave(mark, keep: x.Value);
        return x;
    }

    private static int SetFrozen(IEnumerable<Parameter> chosen, bool frozen)
    {
        int count = 0;
        foreach (var parameter in chosen)
        {
            parameter.IsFrozen = frozen;
            count++;
        }
        return count;
    }
}

/// <summary>A module that turns one variable into another.</summary>
public abstract class Layer : Module
{
    private readonly Func<Variable, Variable> compute;

    private protected Layer() => compute = Compute;

    /// <summary>The layer's output. What was computed on the way goes back to the pool, unless backward will read it.</summary>
    /// <exception cref="ShapeException">The input does not fit; the message names the module.</exception>
    public Variable Forward(Variable x) => Scoped(x, compute);

    private protected abstract Variable Compute(Variable x);
}

/// <summary>Layers one after another, keyed 0, 1, 2 ... as PyTorch's <c>Sequential</c>.</summary>
internal sealed class Sequential : Layer
{
    private readonly Layer[] layers;

    public Sequential(params IEnumerable<Layer> layers)
    {
        this.layers = [.. layers];
        for (int i = 0; i < this.layers.Length; i++) Add(i.ToString(System.Globalization.CultureInfo.InvariantCulture), this.layers[i]);
    }

    private protected override Variable Compute(Variable x)
    {
        int mark = x.Pass.Enter();
        foreach (var layer in layers) x = Only(mark, layer.Forward(x));
        return x;
    }
}
