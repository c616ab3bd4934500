using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Models;

/// <summary>A part of a model (PyTorch's <c>nn.Module</c>): its parameters, its buffers and the modules within it, each under the key
/// that PyTorch's and Hugging Face's checkpoints give it. The key is spelled once, where the part is added.</summary>
/// <remarks>To write one of your own derive from <see cref="Layer"/> or <see cref="Layer{TInputs}"/> and add parameters and layers in
/// the constructor. Parts are added by one thread; afterwards any number of threads may run forwards.</remarks>
public abstract class Module
{
    private readonly List<(string Key, Module Child)> children = [];
    private readonly List<ModuleParameter> parameters = [];
    private readonly List<Counter> counters = [];
    private readonly List<(string Key, string Rule)> ignored = [];
    private Module? parent;
    private WeightLock? weights;
    private string key = "";

    /// <summary>Makes a module without parts.</summary>
    protected Module()
    {
    }

    /// <summary>The seed of the initial values of parameters without a checkpoint, each drawn from a stream of its name. The root's
    /// counts.</summary>
    public ulong Seed { get; init; }

    /// <summary>Its key from the model's root; empty at the root.</summary>
    public string Key => parent is null ? key : parent.KeyOf(key);

    /// <summary>Whether it has parameters and each of them is frozen, together or one by one: a frozen batch norm uses its stored statistics
    /// and does not move them.</summary>
    public bool IsFrozen => Parameters().Any() && Parameters().All(parameter => parameter.IsFrozen);

    /// <summary>Whether it is an adapter with a file of its own, which no file of the model has.</summary>
    internal bool IsSavedApart { get; set; }

    /// <summary>The module that it is part of; null at the root.</summary>
    internal Module? Parent => parent;

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

    /// <summary>Freezes the parameters of names or patterns, until they are let go by hand.</summary>
    /// <param name="pattern">A key below this module, of a parameter or of a module: <c>layer1.0.conv1.weight</c>, <c>layer1</c>; a
    /// <c>*</c> stands for any characters: <c>layer1.*</c>, <c>*.bias</c>. Of a model also a stage or a range of stages: <c>stem</c>,
    /// <c>layer1..layer3</c>, <c>..layer2</c>. Several have commas between them.</param>
    /// <param name="norm">What norms do that are frozen whole; null for what the model's policies say
    /// (<see cref="Model.ApplyFrozenPolicies"/>, <see cref="BatchNorm2d.Policy"/>).</param>
    /// <param name="dropout">What dropout does in what is frozen; null for what the model's policies say.</param>
    /// <returns>How many parameters it names.</returns>
    /// <exception cref="ArgumentException">It names none; nothing was changed.</exception>
    public int Freeze(string pattern, FrozenNormPolicy? norm = null, FrozenDropoutPolicy? dropout = null)
    {
        var chosen = PartPattern.Select(this, pattern);
        SetFrozen(chosen, true);
        var set = chosen.ToHashSet();
        if (norm is { } statistics)
        {
            foreach (var module in FrozenParts.Norms(this, set))
            {
                if (module is BatchNorm2d batchNorm) batchNorm.FrozenByName = statistics;
                if (statistics == FrozenNormPolicy.TrainAffine) SetFrozen(module.Parameters(), false);
            }
        }
        if (dropout is { } draws)
            foreach (var layer in FrozenParts.Stochastic(this, set)) layer.IsSilenced = draws == FrozenDropoutPolicy.Off;
        return chosen.Count;
    }

    /// <summary>Lets every parameter of this part and of the parts within it learn again, and its norms and dropout do what they do in a part that learns.</summary>
    public void Unfreeze() => Release(Parameters());

    /// <summary>Lets the parameters of names or patterns learn again, with the norms and the dropout among them.</summary>
    /// <param name="pattern">As for <see cref="Freeze(string, FrozenNormPolicy?, FrozenDropoutPolicy?)"/>.</param>
    /// <returns>How many parameters it names.</returns>
    /// <exception cref="ArgumentException">It names none.</exception>
    public int Unfreeze(string pattern) => Release(PartPattern.Select(this, pattern));

    /// <summary>The parameters of names or patterns, each once.</summary>
    /// <param name="pattern">As for <see cref="Freeze(string, FrozenNormPolicy?, FrozenDropoutPolicy?)"/>.</param>
    /// <exception cref="ArgumentException">It names none.</exception>
    public IReadOnlyList<Parameter> ParametersOf(string pattern) => PartPattern.Select(this, pattern);

    /// <summary>Changes weights of the model while other threads may be using it: what they compute is of the weights before or after the
    /// change. Forwards and backwards that are running are waited for, those that come after it wait for it.</summary>
    /// <param name="change">Writes to values of <see cref="Parameters"/>; it may read the model too.</param>
    /// <exception cref="InvalidOperationException">The thread is in the middle of a forward or backward of the model.</exception>
    public void ChangeWeights(Action change)
    {
        ArgumentNullException.ThrowIfNull(change);
        using var alone = Weights.Change();
        change();
    }

    /// <summary>The parameters in the order of the checkpoint, without buffers.</summary>
    public IEnumerable<Parameter> Parameters() => Tensors().Where(tensor => !tensor.IsBuffer);

    /// <summary>What is kept and saved beside the parameters and never has a gradient: the running statistics of batch norms.</summary>
    public IEnumerable<Parameter> Buffers() => Tensors().Where(tensor => tensor.IsBuffer);

    /// <summary>Every module within this one, at any depth, each before those within it (PyTorch's <c>modules()</c> without the module
    /// itself).</summary>
    public IEnumerable<Module> Descendants() => children.SelectMany(child => child.Child.Descendants().Prepend(child.Child));

    /// <summary>The parameters and buffers, in the order in which they were added.</summary>
    internal IEnumerable<ModuleParameter> Tensors() => parameters.Concat(children.SelectMany(child => child.Child.Tensors()));

    internal IEnumerable<Counter> Counters() => counters.Concat(children.SelectMany(child => child.Child.Counters()));

    /// <summary>Keys that a file may have and that say nothing to the model.</summary>
    internal IEnumerable<(string Key, string Rule)> Ignored() => ignored.Select(one => (KeyOf(one.Key), one.Rule)).Concat(children.SelectMany(child => child.Child.Ignored()));

    internal string KeyOf(string inner)
    {
        string outer = Key;
        return outer.Length == 0 ? inner : inner.Length == 0 ? outer : $"{outer}.{inner}";
    }

    /// <summary>Puts a module under a key; an empty key puts the module's own parts among this one's.</summary>
    /// <returns>The module itself.</returns>
    /// <exception cref="ArgumentException">The key is taken, or the module is a part of another already (or of itself).</exception>
    protected T Add<T>(string key, T child) where T : Module
    {
        ArgumentNullException.ThrowIfNull(child);
        RequireFree(key);
        if (child.parent is not null)
            throw new ArgumentException(
                $"the module for '{KeyOf(key)}' is '{child.Key}' of {child.Root.GetType().Name} already: a module has one place; make another, or tie parameters with AddAlias");
        if (child == Root) throw new ArgumentException($"'{KeyOf(key)}' of {GetType().Name} would be the model itself");
        child.parent = this;
        child.key = key;
        children.Add((key, child));
        return child;
    }

    /// <summary>Takes a module away again that <see cref="Add{T}(string, T)"/> has put here; it may then be added elsewhere.</summary>
    /// <exception cref="ArgumentException">It is no part of this module.</exception>
    private protected void Remove(Module child)
    {
        if (children.RemoveAll(item => item.Child == child) == 0) throw new ArgumentException($"the module is no part of '{Key}'");
        (child.parent, child.key) = (null, "");
    }

    /// <summary>Makes a parameter under a key. Its values come from the initialiser on first use, unless a checkpoint was loaded.</summary>
    /// <exception cref="ArgumentException">The key is taken.</exception>
    protected Parameter AddParameter(string key, Shape shape, Initialiser initialiser) => Add(key, shape, initialiser);

    /// <summary>Makes a buffer under a key: kept, moved and saved like a parameter, but never with a gradient (PyTorch's
    /// <c>register_buffer</c>).</summary>
    /// <exception cref="ArgumentException">The key is taken.</exception>
    protected Parameter AddBuffer(string key, Shape shape, Initialiser initialiser) => Add(key, shape, initialiser, isBuffer: true);

    /// <summary>Says that a file may have the values of <paramref name="parameter"/> under another key too, or instead: tied weights, a
    /// name of earlier years. Saved they are once, under the parameter's own key.</summary>
    /// <param name="key">The other key, within this module.</param>
    /// <param name="parameter">The parameter.</param>
    /// <param name="rule">What a receipt calls it.</param>
    /// <exception cref="ArgumentException">The parameter was not made by a module.</exception>
    protected void AddAlias(string key, Parameter parameter, string rule = "a name of tied weights")
    {
        if (parameter is not ModuleParameter own) throw new ArgumentException("only a parameter that a module made has a key, and so other keys");
        own.AddAlias(this, key, rule);
    }

    /// <summary>Says that a file may have a tensor under a key for which the model has no use: a buffer that can be computed, a part that
    /// this head does without.</summary>
    /// <param name="key">The key, within this module.</param>
    /// <param name="rule">What a receipt says of it.</param>
    protected void IgnoreKey(string key, string rule = "a buffer that no computation reads") => ignored.Add((key, rule));

    private protected ModuleParameter Add(string key, Shape shape, Initialiser initialiser, bool isBuffer = false, StoredShapeRule? otherShapes = null)
    {
        ArgumentNullException.ThrowIfNull(initialiser);
        ArgumentException.ThrowIfNullOrEmpty(key);
        RequireFree(key);
        var parameter = new ModuleParameter(this, key, shape, initialiser, isBuffer) { OtherShapes = otherShapes };
        parameters.Add(parameter);
        return parameter;
    }

    private protected Counter AddCounter(string key)
    {
        RequireFree(key);
        var counter = new Counter(this, key);
        counters.Add(counter);
        return counter;
    }

    /// <summary>Names this module in a shape's error that comes from within it, unless a module within it has done so.</summary>
    internal bool Names(ShapeException exception) => exception.NameModule(Key);

    private void RequireFree(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        if (key.Length == 0) return;
        if (children.Exists(child => child.Key == key) || parameters.Exists(parameter => parameter.Key == key) || counters.Exists(counter => counter.Key == key))
            throw new ArgumentException($"the key '{KeyOf(key)}' of {GetType().Name} is taken: each part of a module has a key of its own");
    }

    private int Release(IEnumerable<Parameter> chosen)
    {
        var set = chosen.ToHashSet();
        foreach (var norm in FrozenParts.Norms(this, set).OfType<BatchNorm2d>()) norm.FrozenByName = null;
        foreach (var layer in FrozenParts.Stochastic(this, set)) layer.IsSilenced = false;
        return SetFrozen(set, false);
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
