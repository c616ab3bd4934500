using Graft.Autograd;
using Graft.Models;

namespace Graft.Transfer;

/// <summary>Several adapters on one base by their names, one of which is in the model at a time, or none (PEFT's <c>load_adapter</c>,
/// <c>set_adapter</c>, <c>add_weighted_adapter</c>, <c>delete_adapter</c>).</summary>
/// <remarks>A switch is a change of the weights, all of it at once: forwards of other threads that are running are waited for and are of the adapter
/// before, later ones are of the one after. Used by one thread at a time. The base is as it was, bit for bit, whenever none is active.</remarks>
/// <example><code>
/// var adapters = new NamedAdapters(model);
/// adapters.Load("reviews", "adapters/reviews");
/// adapters.Load("letters", "adapters/letters");
/// adapters.Active = "letters";
/// adapters.Blend("both", [("reviews", 0.7), ("letters", 0.3)], AdapterBlend.Concatenate);
/// </code></example>
public sealed class NamedAdapters
{
    private readonly Model model;
    private readonly Dictionary<string, Adapters> all = new(StringComparer.Ordinal);
    private readonly List<(Parameter Parameter, bool IsFrozen, bool IsBelowFrontier)> freezing;
    private string? active;

    /// <summary>Begins without an adapter.</summary>
    /// <param name="model">The base, without adapters.</param>
    public NamedAdapters(Model model)
    {
        ArgumentNullException.ThrowIfNull(model);
        this.model = model;
        freezing = [.. model.Parameters().Select(static parameter => (parameter, parameter.IsFrozen, parameter.IsBelowFrontier))];
    }

    /// <summary>The names, in the order in which they came.</summary>
    public IReadOnlyCollection<string> Names => all.Keys;

    /// <summary>The adapters of a name.</summary>
    /// <exception cref="KeyNotFoundException">There are none.</exception>
    public Adapters this[string name] => all.TryGetValue(name, out var adapters) ? adapters
        : throw new KeyNotFoundException($"there are no adapters '{name}'; there are {(all.Count == 0 ? "none" : string.Join(", ", all.Keys))}");

    /// <summary>The adapters that the model computes with; null for the base alone.</summary>
    /// <exception cref="KeyNotFoundException">There are none of that name.</exception>
    /// <exception cref="InvalidOperationException">Those that were active are merged, the model is being fine-tuned, or the thread is in the middle of a
    /// forward of it.</exception>
    public string? Active
    {
        get => active;
        set
        {
            var next = value is null ? null : this[value];
            if (value == active) return;
            var before = active is null ? null : this[active];
            if (before is { IsMerged: true }) throw new InvalidOperationException($"the adapters '{active}' are merged: take them out of the weights (Unmerge) before others come");
            using var claim = model.BeginTraining();
            model.ChangeWeights(() =>
            {
                before?.Switch(isOn: false);
                next?.Switch(isOn: true);
                active = value;
            });
            if (next is null) LetGo();
            else next.FreezeBase();
        }
    }

    /// <summary>Reads adapters as PEFT saves them, and makes them active.</summary>
    /// <param name="name">What they are called here.</param>
    /// <param name="folder">As of <see cref="Adapters.Load"/>.</param>
    /// <param name="isTrainable">As of <see cref="Adapters.Load"/>.</param>
    /// <exception cref="ArgumentException">The name is taken.</exception>
    /// <exception cref="CheckpointException">As of <see cref="Adapters.Load"/>; the base alone is active then.</exception>
    public Adapters Load(string name, string folder, bool isTrainable = false) => Add(name, () => Adapters.Load(model, folder, isTrainable));

    /// <summary>Makes new adapters, and makes them active.</summary>
    /// <param name="name">What they are called here.</param>
    /// <param name="config">As of <see cref="Adapters.Attach"/>.</param>
    /// <exception cref="ArgumentException">The name is taken, or as of <see cref="Adapters.Attach"/>; the base alone is active then.</exception>
    public Adapters Attach(string name, AdapterConfig config) => Add(name, () => Adapters.Attach(model, config));

    /// <summary>Makes LoRA adapters of others, and makes them active.</summary>
    /// <param name="name">What they are called here.</param>
    /// <param name="parts">The adapters and how much of each; their modules that learn whole are weighted likewise, the base's making up to one.</param>
    /// <param name="blend">How.</param>
    /// <param name="rank">The rank of <see cref="AdapterBlend.SingularValues"/>; null for the highest of the parts'.</param>
    /// <exception cref="ArgumentException">The name is taken, or the parts cannot be blended so.</exception>
    public Adapters Blend(string name, IReadOnlyList<(string Name, double Weight)> parts, AdapterBlend blend, int? rank = null)
    {
        ArgumentNullException.ThrowIfNull(parts);
        RequireFree(name);
        var mixed = new LoraBlend([.. parts.Select(part => (part.Name, this[part.Name], part.Weight))], blend, rank);
        return Add(name, () =>
        {
            var adapters = Adapters.Attach(model, mixed.Config);
            mixed.Fill(adapters);
            return adapters;
        });
    }

    /// <summary>Takes adapters away; where they are active the base alone is then.</summary>
    /// <param name="name">Their name.</param>
    /// <exception cref="KeyNotFoundException">There are none of that name.</exception>
    /// <exception cref="InvalidOperationException">They are merged, or the model is being fine-tuned.</exception>
    public void Remove(string name)
    {
        _ = this[name];
        if (active == name) Active = null;
        all.Remove(name);
    }

    private Adapters Add(string name, Func<Adapters> make)
    {
        RequireFree(name);
        Active = null;
        var adapters = make();
        all.Add(name, adapters);
        active = name;
        return adapters;
    }

    private void RequireFree(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (all.ContainsKey(name)) throw new ArgumentException($"there are adapters '{name}' already: remove them first, or call these otherwise");
    }

    private void LetGo()
    {
        foreach (var (parameter, isFrozen, isBelowFrontier) in freezing)
        {
            parameter.IsFrozen = isFrozen && !isBelowFrontier;
            parameter.IsBelowFrontier = isBelowFrontier;
        }
    }
}

/// <summary>How LoRA adapters are made one (PEFT's <c>combination_type</c>).</summary>
public enum AdapterBlend
{
    /// <summary>The A's and the B's are added, each with the root of weight times scaling (<c>linear</c>): of one rank, with products across.</summary>
    Linear,

    /// <summary>The A's and the B's side by side (<c>cat</c>): exactly the weighted sum, of the ranks' sum.</summary>
    Concatenate,

    /// <summary>The weighted sum's largest singular values (<c>svd</c>): the nearest of its rank.</summary>
    SingularValues,
}
