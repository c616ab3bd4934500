using Graft.Autograd;

namespace Graft.Models;

/// <summary>A named part of a model's depth, with the modules whose parameters belong to it. Freezing, rates by depth, feature taps and
/// caches of a trunk's output act on stages, so that none of them knows an architecture.</summary>
public class Stage
{
    internal Stage(string name, IEnumerable<Module> modules)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        Name = name;
        Modules = [.. modules];
    }

    /// <summary>The stage's name: <c>stem</c>, <c>layer1</c>, ... <c>head</c>.</summary>
    public string Name { get; }

    /// <summary>The modules whose parameters belong to it.</summary>
    public IReadOnlyList<Module> Modules { get; }

    /// <summary>The parameters and buffers, in the order of the checkpoint.</summary>
    internal IEnumerable<ModuleParameter> Tensors() => Modules.SelectMany(module => module.Tensors());
}

/// <summary>A stage of an image model: it turns the output of the stage before it into its own.</summary>
internal sealed class ImageStage(string name, Func<Variable, Variable> forward, IEnumerable<Module> modules) : Stage(name, modules)
{
    public Variable Forward(Variable x) => forward(x);
}
