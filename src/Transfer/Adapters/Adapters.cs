using Graft.Autograd;
using Graft.Models;

namespace Graft.Transfer;

/// <summary>Adapters on a model (PEFT's <c>PeftModel</c>): small modules beside some of its layers that learn while the model's own weights,
/// the base, stay as they are bit for bit; with them learn the modules that the config names, as whole copies.</summary>
/// <remarks>
/// Parameter groups, optimisers and captured passes are made after the adapters, of which those made before know nothing. Used by one thread at
/// a time; other threads may run inference with the model at the same time. While adapters are in the model <see cref="Model.Save"/> refuses to
/// write it: <see cref="Save"/> writes the adapters, <see cref="SaveBase"/> the base, and after <see cref="Merge"/> the model is one file again. Several
/// adapters on one base are <see cref="NamedAdapters"/>.
/// </remarks>
/// <example><code>
/// var adapters = Adapters.Attach(model, new LoraConfig { TargetModules = AdapterTargets.Named("query", "value"), Rank = 8, Alpha = 16, TaskType = "SEQ_CLS" });
/// new FineTuner(model, device, options).FineTune(trainingSet);
/// adapters.Save("my-adapter");
/// </code></example>
public sealed class Adapters
{
    private readonly Model model;
    private readonly IReadOnlyList<AdapterSlot> slots;
    private readonly IReadOnlyList<SavedModule> saved;
    private readonly List<(Parameter Parameter, bool IsFrozen, bool IsBelowFrontier)> freezing;
    private readonly List<(Parameter Parameter, float[] Numbers)> unmerged = [];
    private readonly bool isTrainable;
    private bool isEnabled = true;
    private bool isMerged;
    private bool isOver;

    private Adapters(Model model, AdapterConfig config, AdapterPlan plan, IReadOnlyList<SavedModule> saved, bool isLoaded, bool isTrainable)
    {
        this.model = model;
        this.saved = saved;
        Config = config;
        slots = plan.Slots;
        this.isTrainable = isTrainable;
        freezing = [.. model.Parameters().Select(static parameter => (parameter, parameter.IsFrozen, parameter.IsBelowFrontier))];
        Change(() =>
        {
            Put();
            foreach (var module in saved)
            {
                if (isLoaded) module.Swap();
                else module.Copy();
            }
        });
        FreezeBase();
        // values are drawn by the name within the model
        foreach (var parameter in Learnt()) _ = parameter.Value;
    }

    /// <summary>What they were made from.</summary>
    public AdapterConfig Config { get; }

    /// <summary>The keys of the layers that have an adapter.</summary>
    public IReadOnlyList<string> Layers => [.. slots.Select(static slot => slot.Key)];

    /// <summary>The keys of the modules that learn whole.</summary>
    public IReadOnlyList<string> SavedModules => [.. saved.Where(static module => module.Name.Length > 0).Select(static module => module.Key)];

    /// <summary>The keys of the base's own parameters that learn, where single ones do (BitFit).</summary>
    public IReadOnlyList<string> SingleParameters =>
        [.. saved.Where(static module => module.Name.Length == 0).SelectMany(static module => module.Tensors).Select(static tensor => tensor.Name)];

    /// <summary>How many numbers belong to the adapters; of LoRA r (inputs + outputs) for each linear layer.</summary>
    public long AdapterParameters => slots.SelectMany(static slot => slot.Parameters).Sum(static parameter => parameter.Shape.ElementCount);

    /// <summary>How many numbers of the base's own learn: those of the modules that learn whole, and single parameters.</summary>
    public long SavedParameters => saved.SelectMany(static module => module.Tensors).Where(IsLearnt).Sum(static tensor => tensor.Shape.ElementCount);

    /// <summary>Whether the weights of the base are merged with the adapters.</summary>
    public bool IsMerged => isMerged;

    /// <summary>Whether weights of the base can take the adapters in (<see cref="Merge"/>).</summary>
    public bool IsMergeable => slots.All(static slot => slot.IsMergeable);

    /// <summary>Whether the model computes with the adapters; set to false it is the base, bit for bit, until it is set to true (PEFT's
    /// <c>disable_adapter</c>).</summary>
    /// <exception cref="InvalidOperationException">The adapters were detached, the model is being fine-tuned, or the thread is in the middle of
    /// a forward of it.</exception>
    public bool IsEnabled
    {
        get => isEnabled;
        set
        {
            RequirePresent();
            if (value == isEnabled) return;
            Change(() => Switch(value));
        }
    }

    /// <summary>Makes adapters and puts them on a model (PEFT's <c>get_peft_model</c>): every parameter of the model is frozen but those of the
    /// adapters and of the modules to save. Before it learns the model computes what it did.</summary>
    /// <param name="model">The base.</param>
    /// <param name="config">Which adapters, and where.</param>
    /// <exception cref="ArgumentException">A setting is impossible, a target or module to save is not in the model, or the adapter does not fit
    /// a target; nothing was changed.</exception>
    /// <exception cref="InvalidOperationException">A target has an adapter already, or the model is being fine-tuned.</exception>
    public static Adapters Attach(Model model, AdapterConfig config)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(config);
        var plan = AdapterPlan.Make(model, config, isEachTargetNeeded: true);
        return new Adapters(model, config, plan, plan.Saved, isLoaded: false, isTrainable: true);
    }

    /// <summary>Refuses what <see cref="Attach"/> would refuse; nothing is changed.</summary>
    /// <param name="model">The base.</param>
    /// <param name="config">Which adapters, and where.</param>
    /// <exception cref="ArgumentException">As of <see cref="Attach"/>.</exception>
    /// <exception cref="InvalidOperationException">A target has an adapter already.</exception>
    public static void Require(Model model, AdapterConfig config)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(config);
        AdapterPlan.Make(model, config, isEachTargetNeeded: true);
    }

    /// <summary>Reads adapters as PEFT saves them and puts them on their base (PEFT's <c>from_pretrained</c>).</summary>
    /// <param name="model">The base, with its weights.</param>
    /// <param name="folder">A folder with <c>adapter_config.json</c> and <c>adapter_model.safetensors</c> or <c>adapter_model.bin</c>.</param>
    /// <param name="isTrainable">Whether they are to learn further (<c>is_trainable</c>); else all of the model is frozen.</param>
    /// <param name="withoutDropout">Whether the adapters' own dropout is left out of training passes too.</param>
    /// <exception cref="CheckpointException">A file is missing or damaged, the kind of adapter or an option of it is not built, or it does not
    /// fit the model; nothing was changed.</exception>
    /// <exception cref="InvalidOperationException">A target has an adapter already, or the model is being fine-tuned.</exception>
    public static Adapters Load(Model model, string folder, bool isTrainable = false, bool withoutDropout = false)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentException.ThrowIfNullOrEmpty(folder);
        var config = AdapterConfigFile.Read(folder);
        if (withoutDropout) config = config.WithoutDropout();
        AdapterPlan plan;
        try
        {
            plan = AdapterPlan.Make(model, config, isEachTargetNeeded: false);
        }
        catch (ArgumentException exception)
        {
            throw new CheckpointException(AdapterConfigFile.In(folder), exception.Message, exception);
        }
        var adapters = new Adapters(model, config, plan, AdapterWeights.Read(folder, config.Files, plan), isLoaded: true, isTrainable);
        // a head that was new in the base has been learnt with the adapters
        if (adapters.saved.Count > 0) model.IsHeadNew = false;
        return adapters;
    }

    /// <summary>Adds the adapters to the base's weights, so that the model computes the same without them, as fast as the base.</summary>
    /// <remarks>The weights as they were are kept for <see cref="Unmerge"/>; <see cref="MergeAndUnload"/> keeps none.</remarks>
    /// <exception cref="InvalidOperationException">They are merged already, disabled or detached, they are of a kind that no weight can take in, or the
    /// model is being fine-tuned.</exception>
    public void Merge()
    {
        RequirePresent();
        if (!isEnabled) throw new InvalidOperationException($"the adapters of {model.Name} are disabled: enable them before they are merged");
        if (IsMerged) throw new InvalidOperationException($"the adapters of {model.Name} are merged already");
        Change(() =>
        {
            foreach (var (parameter, numbers) in slots.SelectMany(slot => slot.Merged() ?? throw new InvalidOperationException(
                $"adapters of the kind {Config.PeftType} cannot be merged: no weight of {model.Name} computes what they do")).ToList())
            {
                unmerged.Add((parameter, parameter.Value.ToArray()));
                parameter.Fill(numbers.CopyTo);
            }
            foreach (var slot in slots) slot.Take();
            isMerged = true;
        });
    }

    /// <summary>Takes the adapters out of the base's weights, which are those before <see cref="Merge"/> bit for bit, and puts them beside
    /// their layers again.</summary>
    /// <exception cref="InvalidOperationException">They are not merged, or the model is being fine-tuned.</exception>
    public void Unmerge()
    {
        RequirePresent();
        if (!IsMerged) throw new InvalidOperationException($"the adapters of {model.Name} are not merged");
        Change(() =>
        {
            Restore();
            Put();
        });
    }

    /// <summary>Merges the adapters for good: the model has the base's form and the adapters' outputs, and what was frozen is as it was before
    /// them.</summary>
    /// <exception cref="InvalidOperationException">They are disabled or detached, or the model is being fine-tuned.</exception>
    public void MergeAndUnload()
    {
        RequirePresent();
        if (!IsMerged) Merge();
        unmerged.Clear();
        isMerged = false;
        End();
    }

    /// <summary>Takes the adapters off: the model is the base again, bit for bit, and what was frozen is as it was. They can still be saved.</summary>
    /// <exception cref="InvalidOperationException">They were detached already, or the model is being fine-tuned.</exception>
    public void Detach()
    {
        RequirePresent();
        IsEnabled = false;
        End();
    }

    /// <summary>Writes <c>adapter_config.json</c> and <c>adapter_model.safetensors</c> as PEFT does (<c>save_pretrained</c>): the adapters and
    /// the modules that learn whole, whether they are in the model or not.</summary>
    /// <param name="folder">The folder; it is made where it is not there.</param>
    /// <exception cref="IOException">A file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be written to.</exception>
    public void Save(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        Directory.CreateDirectory(folder);
        using var reading = model.Parameters().First().Lock.Read();
        AdapterWeights.Write(folder, Config.Files, slots, saved, areSavedAside: !isEnabled);
        string[] whole = [.. saved.Select(static module => module.Name).Where(static name => name.Length > 0).Distinct()];
        AdapterConfigFile.Write(folder, Config, model, whole, slots.Any(static slot => slot.IsTransposed));
    }

    /// <summary>Writes the base as it was before the adapters, while they are in it: other threads may go on with them.</summary>
    /// <param name="path">The file.</param>
    /// <param name="metadata">Texts of the file's header; null for none.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="InvalidOperationException">They were detached.</exception>
    public void SaveBase(string path, IReadOnlyDictionary<string, string>? metadata = null)
    {
        RequirePresent();
        var before = unmerged.ToDictionary(static one => one.Parameter, static one => one.Numbers);
        foreach (var module in isEnabled ? saved : [])
            for (int i = 0; i < module.Tensors.Count; i++) before[module.Tensors[i]] = module.Aside(i);
        model.SaveBase(path, metadata, parameter => before.GetValueOrDefault(parameter));
    }

    /// <summary>Puts copies of these adapters on a copy of their base, which can then take the weights of this model
    /// (<see cref="Model.CopyWeightsFrom"/>): the base's own numbers that are not in the model come along, but for a head of another size.</summary>
    /// <param name="copy">A model of the same architecture, without adapters.</param>
    /// <exception cref="ArgumentException">It is of another architecture.</exception>
    /// <exception cref="InvalidOperationException">These are disabled, merged or detached.</exception>
    public Adapters CopyTo(Model copy)
    {
        RequirePresent();
        if (!isEnabled || isMerged)
            throw new InvalidOperationException($"the adapters of {model.Name} are {(isMerged ? "merged" : "disabled")}: put them beside their layers before they are copied");
        var other = Attach(copy, Config);
        foreach (var (own, its) in saved.Zip(other.saved))
            for (int i = 0; i < own.Tensors.Count; i++)
                if (own.Tensors[i].Shape == its.Tensors[i].Shape) its.Set(i, [.. own.Aside(i)]);
        foreach (var (own, its) in slots.SelectMany(static slot => slot.Parameters).Zip(other.slots.SelectMany(static slot => slot.Parameters))) its.Fill(own.Value.ToArray().CopyTo);
        return other;
    }

    /// <summary>Puts the adapters into the model or takes them out, within a change of its weights.</summary>
    internal void Switch(bool isOn)
    {
        if (isOn) Put();
        else Take();
        foreach (var module in saved) module.Swap();
        isEnabled = isOn;
    }

    /// <summary>Lets nothing learn but what the adapters let.</summary>
    internal void FreezeBase()
    {
        model.Freeze();
        foreach (var parameter in Learnt()) parameter.IsFrozen = !isTrainable;
    }

    /// <summary>What of the base's own learns.</summary>
    internal IReadOnlyList<SavedModule> Saved => saved;

    /// <summary>The learnt numbers of one of the base's own tensors; null where it does not learn.</summary>
    internal float[]? LearntOf(Parameter tensor)
    {
        foreach (var module in saved)
            for (int i = 0; i < module.Tensors.Count; i++)
                if (module.Tensors[i] == tensor) return module.Learnt(i, areAside: !isEnabled);
        return null;
    }

    /// <summary>The adapters beside layers.</summary>
    internal IEnumerable<LayerSlot> LayerSlots => slots.OfType<LayerSlot>();

    private IEnumerable<Parameter> Learnt() => slots.SelectMany(static slot => slot.Parameters)
        .Concat(saved.SelectMany(static module => module.Tensors).Where(IsLearnt));

    private bool IsLearnt(Parameter tensor) => freezing.Exists(entry => entry.Parameter == tensor);

    private void Put()
    {
        foreach (var slot in slots) slot.Put();
    }

    private void Take()
    {
        if (IsMerged) Restore();
        else foreach (var slot in slots) slot.Take();
    }

    private void Restore()
    {
        foreach (var (parameter, numbers) in unmerged) parameter.Fill(numbers.CopyTo);
        unmerged.Clear();
        isMerged = false;
    }

    private void End()
    {
        foreach (var (parameter, isFrozen, isBelowFrontier) in freezing)
        {
            parameter.IsFrozen = isFrozen && !isBelowFrontier;
            parameter.IsBelowFrontier = isBelowFrontier;
        }
        isOver = true;
    }

    private void RequirePresent()
    {
        if (isOver) throw new InvalidOperationException($"the adapters of {model.Name} were detached: load or attach them again");
    }

    /// <summary>Nothing of this goes with a training that is running.</summary>
    private void Change(Action change)
    {
        using var claim = model.BeginTraining();
        model.ChangeWeights(change);
    }
}
