using Graft.Autograd;
using Graft.Models;

namespace Graft.Transfer;

/// <summary>What a config chooses in a model; nothing is changed yet.</summary>
internal sealed class AdapterPlan
{
    private const int MostNear = 3;
    private const int MostNamed = 8;

    private readonly Model model;
    private readonly AdapterConfig config;
    private readonly bool isEachTargetNeeded;
    private readonly IReadOnlyList<(string Key, Module Module)> modules;

    private AdapterPlan(Model model, AdapterConfig config, bool isEachTargetNeeded)
    {
        this.model = model;
        this.config = config;
        this.isEachTargetNeeded = isEachTargetNeeded;
        // of modules under one key the one that takes an adapter
        modules = [.. model.Descendants().Select(static module => (module.Key, Module: module)).Where(static module => module.Key.Length > 0)
            .GroupBy(static module => module.Key).Select(static group => group.OrderByDescending(static module => module.Module is AdaptableLayer).First())];
        Saved = SavedModules();
        Slots = config.Slots(this);
        Parameter[] beside = [.. config.Beside(this, Slots).Where(tensor => !IsWhole(tensor.Name))];
        if (beside.Length > 0) Saved = [.. Saved, new SavedModule("", "", isNamed: true, beside)];
    }

    /// <summary>The model.</summary>
    public Model Model => model;

    /// <summary>Its modules by their keys.</summary>
    public IReadOnlyList<(string Key, Module Module)> Modules => modules;

    /// <summary>The adapters, in the model's order.</summary>
    public IReadOnlyList<AdapterSlot> Slots { get; }

    /// <summary>The modules that learn whole, and the base's own parameters that learn, as one without a name.</summary>
    public IReadOnlyList<SavedModule> Saved { get; }

    /// <summary>Whether a module or tensor is within one that learns whole.</summary>
    public bool IsWhole(string key) => Saved.Any(saved => saved.Name.Length > 0 && IsWithin(key, saved.Key));

    /// <param name="model">The model.</param>
    /// <param name="config">What is wanted.</param>
    /// <param name="isEachTargetNeeded">Whether a target without a layer is an error; of a file one with a layer is enough, as its tensors say
    /// what belongs to it.</param>
    /// <exception cref="ArgumentException">A target or module to save is not in the model, or the adapter does not fit a target.</exception>
    /// <exception cref="InvalidOperationException">A target has an adapter already.</exception>
    public static AdapterPlan Make(Model model, AdapterConfig config, bool isEachTargetNeeded)
    {
        config.Validate();
        return new AdapterPlan(model, config, isEachTargetNeeded);
    }

    private List<SavedModule> SavedModules()
    {
        Parameter[] tensors = [.. model.Parameters(), .. model.Buffers()];
        var keys = tensors.SelectMany(static tensor => Around(tensor.Name)).Distinct().ToList();
        var saved = new List<SavedModule>();
        foreach (string name in config.ModulesToSave.Concat(config.ImpliedModules).Distinct())
        {
            var found = keys.Where(key => AdapterTargets.IsNamed(key, name)).ToList();
            bool isNamed = config.ModulesToSave.Contains(name);
            if (found.Count == 0 && isNamed && isEachTargetNeeded)
                throw new ArgumentException($"no module of {model.Name} is called '{Printable.Text(name)}', which is to be saved{Near(name, keys)}");
            foreach (string key in found)
                saved.Add(new SavedModule(key, name, isNamed, [.. tensors.Where(tensor => IsWithin(tensor.Name, key))]));
        }
        saved.RemoveAll(inner => saved.Exists(outer => outer != inner && (IsWithin(inner.Key, outer.Key) || (inner.Key == outer.Key && saved.IndexOf(outer) < saved.IndexOf(inner)))));
        return saved;
    }

    /// <summary>The modules that targets choose.</summary>
    /// <exception cref="ArgumentException">A target is not in the model.</exception>
    public IReadOnlyList<(string Key, Module Module)> Targets(AdapterTargets targets)
    {
        if (targets.IsAllLinear) return Found([.. modules.Where(module => module.Module is Linear && !IsWhole(module.Key))], "any linear layer");
        if (targets.Pattern is { } pattern)
        {
            // what has no weights has no place in PEFT's names either
            var fitting = modules.Where(module => targets.Matches(module.Key) && (module.Module is AdaptableLayer || module.Module.Parameters().Any()));
            return Found([.. fitting], $"a module that '{Printable.Text(pattern)}' fits");
        }
        var candidates = modules.Where(static module => module.Module is AdaptableLayer).Select(static module => module.Key).ToList();
        foreach (string name in targets.Names)
            if (isEachTargetNeeded && !modules.Any(module => AdapterTargets.IsNamed(module.Key, name)))
                throw new ArgumentException($"no layer of {model.Name} is called '{Printable.Text(name)}'{Near(name, candidates)}");
        return Found([.. modules.Where(module => targets.Matches(module.Key))], $"a layer called {(targets.Names.Count == 0 ? "by no name at all" : Printable.Some(targets.Names))}");
    }

    private List<(string Key, Module Module)> Found(List<(string Key, Module Module)> found, string wanted)
    {
        if (found.Count > 0) return found;
        var layers = modules.Where(static module => module.Module is AdaptableLayer).Select(static module => module.Key);
        throw new ArgumentException($"{model.Name} has not {wanted}: the layers that take adapters are {Printable.Some(layers, MostNamed)}");
    }

    /// <summary>The adapter of a target.</summary>
    /// <param name="target">The target.</param>
    /// <param name="make">Makes it.</param>
    /// <param name="fitting">What it fits, for a complaint.</param>
    /// <exception cref="ArgumentException">It does not fit the target.</exception>
    /// <exception cref="InvalidOperationException">The target has an adapter already.</exception>
    public AdapterSlot Slot((string Key, Module Module) target, Func<string, AdaptableLayer, LayerAdapter?> make, string fitting)
    {
        string key = target.Key;
        if (Saved.FirstOrDefault(saved => IsWithin(key, saved.Key)) is { } whole)
            throw new ArgumentException($"the target '{key}' is in '{whole.Key}', which learns whole: take it out of the targets or of the modules to save");
        if (target.Module is not AdaptableLayer layer || make(key, layer) is not { } adapter)
            throw new ArgumentException($"the target '{key}' is {Described(target.Module)}: {fitting}, so choose other targets");
        return layer.Adapter is null ? new LayerSlot(key, layer, adapter) : throw new InvalidOperationException($"'{key}' of {model.Name} has an adapter already: detach it first");
    }

    private static string Described(Module module) => module is Conv2d { Geometry.Groups: > 1 } convolution
        ? $"a Conv2d of {convolution.Geometry.Groups} groups" : $"of the kind {module.GetType().Name}";

    /// <summary>Near names, of as many parts as the wanted one has.</summary>
    private static string Near(string wanted, IReadOnlyList<string> keys)
    {
        int parts = wanted.Count(static letter => letter == '.') + 1;
        var ends = keys.Select(key => string.Join('.', key.Split('.').TakeLast(parts))).Where(static end => !end.All(char.IsAsciiDigit)).Distinct().ToList();
        var near = NearName.FindSome(wanted, ends, MostNear);
        return near.Count > 0 ? $"; near it are {Printable.Some(near)}" : $"; there are {Printable.Some(ends, MostNamed)}";
    }

    private static bool IsWithin(string key, string outer) =>
        key.StartsWith(outer, StringComparison.Ordinal) && (key.Length == outer.Length || key[outer.Length] == '.');

    /// <summary>The keys of the modules around a tensor.</summary>
    private static IEnumerable<string> Around(string name)
    {
        for (int dot = name.IndexOf('.'); dot >= 0; dot = name.IndexOf('.', dot + 1)) yield return name[..dot];
    }
}
