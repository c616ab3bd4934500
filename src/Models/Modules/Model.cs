using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Models;

/// <summary>A whole architecture: it knows its stages, stem to head, on which freezing and discriminative rates act. For one of your own
/// derive from <see cref="ImageModel"/>.</summary>
/// <remarks>Any number of threads may run passes that infer, also while one trains the model, loads it or changes its weights: every
/// forward is of the weights between two such changes. Training by two at once is refused, as one would undo what the other does.</remarks>
public abstract class Model : Module, IDisposable
{
    private readonly List<Stage> stages = [];
    private readonly List<IStochasticLayer> silenced = [];
    private bool areStagesWhole;
    private int trainers;

    /// <summary>Makes a model without parts.</summary>
    /// <param name="name">The architecture's name, as reports and messages call it.</param>
    protected Model(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        Name = name;
    }

    /// <summary>The architecture's name: that of the registry, or a user's own.</summary>
    public string Name { get; }

    /// <summary>What a saved folder calls the architecture (<c>model_type</c> of <c>config.json</c>): its name, or the kind of models that are made
    /// from files of their folder (<see cref="ModelRegistry.RegisterFolders"/>).</summary>
    public virtual string ModelType => Name;

    /// <summary>Whether the head starts from nothing on a trunk that was trained: fine-tuning then trains it alone first.</summary>
    /// <remarks><see cref="Load(Checkpoint, LoadOptions)"/> and <see cref="CopyWeightsFrom"/> set it, <c>FineTuner</c> clears it; a training loop of
    /// one's own clears it when the head has learnt.</remarks>
    public bool IsHeadNew { get; set; }

    /// <summary>The parts in the order of depth, stem first, head last.</summary>
    /// <exception cref="InvalidOperationException">A parameter belongs to no stage, so that nothing could say how fast it learns.</exception>
    public IReadOnlyList<Stage> Stages
    {
        get
        {
            if (!areStagesWhole) RequireWhole();
            return stages;
        }
    }

    /// <summary>The hashes of what was frozen in the last training; null where there was none.</summary>
    internal FrozenWeights? Watch { get; set; }

    /// <summary>The last stage's parameters and buffers: what depends on the number of classes.</summary>
    internal IEnumerable<ModuleParameter> HeadTensors() => Stages[^1].Tensors();

    /// <summary>What of the last stage serves training alone, so that a file may lack it: auxiliary heads.</summary>
    internal virtual IEnumerable<ModuleParameter> AuxiliaryTensors() => [];

    /// <summary>What the hub puts before the keys of the bare encoder within a model that has a head ("bert"), null where there is no
    /// such habit. A file of the bare encoder then fills a model with a head and the other way round.</summary>
    internal virtual string? TrunkKey => null;

    /// <summary>Loads the weights of a checkpoint (<c>load_state_dict</c>). Keys and shapes have to be the model's own, but for a common
    /// prefix (the rule is on
    /// <see cref="LoadOptions"/>); a missing <c>num_batches_tracked</c> counts from 0, and tied weights may be there under each of their
    /// keys or only one. With <paramref name="replaceHead"/> the head of another task is passed over.</summary>
    /// <param name="checkpoint">An open checkpoint.</param>
    /// <param name="replaceHead">Whether a head that is missing or of another size is left at its initial values and reported, to be trained.</param>
    /// <exception cref="CheckpointException">The checkpoint does not fit; nothing was changed.</exception>
    public LoadReport Load(Checkpoint checkpoint, bool replaceHead = false) => Load(checkpoint, new LoadOptions { ReplaceHead = replaceHead });

    /// <summary>Loads with options.</summary>
    /// <param name="checkpoint">An open checkpoint.</param>
    /// <param name="options">Which weights, and what to tolerate.</param>
    /// <exception cref="CheckpointException">The checkpoint does not fit, or its values are not finite; nothing was changed.</exception>
    public LoadReport Load(Checkpoint checkpoint, LoadOptions options)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        ArgumentNullException.ThrowIfNull(options);
        var report = ModelLoader.Load(this, checkpoint, options);
        IsHeadNew = report.Replaced.Except(AuxiliaryTensors().Select(static tensor => tensor.Name)).Any();
        ConvertWeights(options.Precision);
        return report;
    }

    /// <summary>The name and the number of parameters: <c>resnet18 (11,689,512 parameters)</c>.</summary>
    public override string ToString() =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Name} ({Parameters().Sum(parameter => parameter.Shape.ElementCount):n0} parameters)");

    /// <summary>Gives the memory of the weights back, once the forwards that are running have ended. What is left of a model that is not
    /// disposed of is released when the garbage collector finds it.</summary>
    public void Dispose()
    {
        using (Weights.Change())
            foreach (var tensor in Tensors()) tensor.GiveBack();
        GC.SuppressFinalize(this);
    }

    /// <summary>The model that a parameter is part of; null where it is part of none.</summary>
    /// <param name="parameter">Any parameter or buffer.</param>
    public static Model? Of(Parameter parameter)
    {
        ArgumentNullException.ThrowIfNull(parameter);
        return (parameter as ModuleParameter)?.Root as Model;
    }

    /// <summary>Says that the caller trains the model from here on, until what is returned is disposed of: two trainings at once would undo
    /// what each other does. A <c>Trainer</c> says so itself.</summary>
    /// <remarks>Any thread may ask and any thread may end it. Forwards that infer are not held up.</remarks>
    /// <exception cref="InvalidOperationException">Another trains it already.</exception>
    public IDisposable BeginTraining()
    {
        if (Interlocked.CompareExchange(ref trainers, 1, 0) != 0)
            throw new InvalidOperationException($"{Name} is being fine-tuned already: wait until that has ended, or fine-tune another copy");
        return new TrainingEnd(this);
    }

    /// <summary>Copies another model's parameters and buffers (PyTorch's <c>load_state_dict(source.state_dict())</c>). The keys and
    /// shapes of the two have to be the same, without the head those of the trunks.</summary>
    /// <param name="source">The model to copy from; it may be in use, and is not changed.</param>
    /// <param name="includeHead">Whether the last stage is copied too; otherwise it stays as it is and <see cref="IsHeadNew"/> is then true.</param>
    /// <remarks>Forwards of this model by other threads are of the weights before the copy or after it. Whether parameters are frozen is not
    /// copied.</remarks>
    /// <exception cref="ArgumentException">The models have not the same keys and shapes; nothing was changed.</exception>
    /// <exception cref="InvalidOperationException">The thread is in the middle of a forward or backward of this model.</exception>
    public void CopyWeightsFrom(Model source, bool includeHead = true)
    {
        ArgumentNullException.ThrowIfNull(source);
        WeightCopy.Run(source, this, includeHead);
        IsHeadNew = !includeHead || source.IsHeadNew;
    }

    /// <summary>Keeps the weights of linear maps and the tables of embeddings in another precision from here on, for inference alone (Hugging Face's <c>dtype</c> and
    /// <c>load_in_8bit</c>): the memory of their single numbers is given back. Biases, norms and convolutions stay as they are, and so do activations and sums.</summary>
    /// <param name="precision">The precision; single leaves all as it is.</param>
    /// <remarks>Training, changing, exporting and saving the model is refused from here on; what was recorded of it before no longer runs. Forwards by other threads end
    /// before.</remarks>
    /// <exception cref="InvalidOperationException">The weights are in another precision already, or the thread is in the middle of a forward of the model.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed of.</exception>
    public void ConvertWeights(WeightPrecision precision)
    {
        if (precision == WeightPrecision.Float32 && Parameters().All(static parameter => parameter.Precision == WeightPrecision.Float32)) return;
        using (Weights.Change())
        {
            foreach (var module in Descendants().Prepend(this))
            {
                if (module is Linear linear) linear.Weight.Convert(precision, linear.IsTransposed ? 1 : 0);
                else if (module is Embedding embedding) embedding.Weight.Convert(precision);
            }
        }
        (Device.Cpu as CpuDevice)?.TrimMemory();
    }

    /// <summary>Writes into a model's folder what makes the architecture again beside its name: for one of the registry nothing, for a graph
    /// its structure. <see cref="ModelRegistry.RegisterFolders"/> says how it is read.</summary>
    /// <param name="folder">A folder that is there.</param>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public virtual void WriteArchitecture(string folder)
    {
    }

    /// <summary>The tensors that <see cref="Save"/> writes: all, but what has a file of its own.</summary>
    internal virtual IEnumerable<ModuleParameter> SavedTensors() => Tensors();

    /// <summary>Says what norms and dropout do in what is frozen now, by name or below the frontier, but for those of which
    /// <see cref="Module.Freeze(string, FrozenNormPolicy?, FrozenDropoutPolicy?)"/> said it. To be said again when the frontier has moved.</summary>
    /// <param name="norm">What norms do; null for what <see cref="BatchNorm2d.Policy"/> says.</param>
    /// <param name="dropout">What dropout does; null as <see cref="FrozenDropoutPolicy.Active"/>.</param>
    public void ApplyFrozenPolicies(FrozenNormPolicy? norm, FrozenDropoutPolicy? dropout)
    {
        foreach (var layer in silenced) layer.IsSilenced = false;
        silenced.Clear();
        foreach (var batchNorm in Descendants().OfType<BatchNorm2d>()) batchNorm.FrozenByFrontier = null;
        if (norm is null && dropout is null) return;
        var frozen = Parameters().Where(static parameter => parameter.IsFrozen).ToHashSet();
        if (dropout == FrozenDropoutPolicy.Off)
        {
            silenced.AddRange(FrozenParts.Stochastic(this, frozen).Where(static layer => !layer.IsSilenced));
            foreach (var layer in silenced) layer.IsSilenced = true;
        }
        if (norm is not { } statistics) return;
        foreach (var module in FrozenParts.Norms(this, frozen).ToList())
        {
            if (module is BatchNorm2d batchNorm) batchNorm.FrozenByFrontier = statistics;
            if (statistics != FrozenNormPolicy.TrainAffine) continue;
            foreach (var parameter in module.Parameters()) parameter.IsBelowFrontier = false;
        }
    }

    /// <summary>The stage that a module is in; null where it is in none.</summary>
    internal Stage? StageOf(Module module)
    {
        for (Module? part = module; part is not null; part = part.Parent)
            if (Stages.FirstOrDefault(stage => stage.Modules.Contains(part)) is { } found) return found;
        return null;
    }

    /// <summary>Writes all parameters and buffers as safetensors, under PyTorch's keys.</summary>
    /// <param name="path">The file.</param>
    /// <param name="metadata">Texts of the file's header; null for none.</param>
    /// <exception cref="InvalidOperationException">Adapters with a file of their own are in the model: their file would not be the model's, and the
    /// model's without them another model.</exception>
    /// <exception cref="FrozenWeightsException">What was frozen in the last training was written to since by other means than <see cref="Module.ChangeWeights"/>,
    /// <see cref="Load(Checkpoint, LoadOptions)"/> or an optimiser; nothing was saved.</exception>
    public void Save(string path, IReadOnlyDictionary<string, string>? metadata = null)
    {
        Watch?.CheckSaved();
        using var reading = Weights.Read();
        if (SavedApart().FirstOrDefault() is { } adapter)
            throw new InvalidOperationException(
                $"{Name} has adapters, at '{adapter.Key}' among others, which have a file of their own: merge them or take them off before the model is saved, or save the base beside them");
        Write(path, metadata, SavedTensors(), static _ => null);
    }

    /// <summary>Writes the parameters and buffers of all stages but the head as safetensors, under PyTorch's keys: what another task begins with.</summary>
    /// <param name="path">The file.</param>
    /// <param name="metadata">Texts of the file's header; null for none.</param>
    /// <exception cref="InvalidOperationException">The model is a head alone.</exception>
    public void SaveTrunk(string path, IReadOnlyDictionary<string, string>? metadata = null)
    {
        using var reading = Weights.Read();
        var head = Stages[^1].Modules.SelectMany(static module => module.Tensors()).ToHashSet();
        var trunk = SavedTensors().Where(tensor => !head.Contains(tensor)).ToList();
        if (trunk.Count == 0) throw new InvalidOperationException($"{Name} has no trunk that could be saved without the head");
        Write(path, metadata, trunk, static _ => null);
    }

    /// <summary>Writes the model without the adapters that have a file of their own.</summary>
    /// <param name="path">The file.</param>
    /// <param name="metadata">Texts of the file's header; null for none.</param>
    /// <param name="valuesOf">Other numbers for some parameters and buffers, those before the adapters were there; null for what is in the model.</param>
    public void SaveBase(string path, IReadOnlyDictionary<string, string>? metadata, Func<Parameter, float[]?> valuesOf)
    {
        ArgumentNullException.ThrowIfNull(valuesOf);
        using var reading = Weights.Read();
        var apart = SavedApart().SelectMany(static adapter => adapter.Tensors()).ToHashSet();
        Write(path, metadata, SavedTensors().Where(tensor => !apart.Contains(tensor)), valuesOf);
    }

    private IEnumerable<Module> SavedApart() => Descendants().Where(static module => module.IsSavedApart);

    private void Write(string path, IReadOnlyDictionary<string, string>? metadata, IEnumerable<ModuleParameter> tensors, Func<Parameter, float[]?> valuesOf) =>
        SafetensorsWriter.Write(
            path,
            tensors.Select(tensor => valuesOf(tensor) is { } numbers ? TensorEntry.From(tensor.Name, tensor.Shape, numbers) : TensorEntry.From(tensor.Name, tensor.Value))
                .Concat(Counters().Select(counter => TensorEntry.From(counter.Name, [], new[] { counter.Value }))),
            metadata);

    /// <summary>Adds the next stage; the last one is the head.</summary>
    /// <param name="name">The stage's name.</param>
    /// <param name="modules">The modules, added to the model before, whose parameters belong to it.</param>
    /// <exception cref="ArgumentException">The name is taken, or a module is no part of the model or belongs to a stage already.</exception>
    protected void AddStage(string name, params IEnumerable<Module> modules) => Add(new Stage(name, modules));

    private sealed class TrainingEnd(Model model) : IDisposable
    {
        public void Dispose() => Volatile.Write(ref model.trainers, 0);
    }

    /// <summary>Adds a stage behind those that are there.</summary>
    /// <exception cref="ArgumentException">Its name is taken, or a module is no part of the model or belongs to a stage already.</exception>
    private protected void Add(Stage stage)
    {
        if (stages.Exists(other => other.Name == stage.Name)) throw new ArgumentException($"{Name} has a stage '{stage.Name}' already");
        foreach (var module in stage.Modules)
        {
            if (module.Root != this) throw new ArgumentException($"a module of the stage '{stage.Name}' is no part of {Name}: add it to the model first");
            if (stages.Find(other => other.Modules.Contains(module)) is { } other)
                throw new ArgumentException($"'{module.Key}' belongs to the stage '{other.Name}' already, and cannot be in '{stage.Name}' too");
        }
        stages.Add(stage);
    }

    private void RequireWhole()
    {
        var staged = stages.SelectMany(stage => stage.Tensors()).ToHashSet();
        if (Tensors().FirstOrDefault(tensor => !staged.Contains(tensor)) is { } outside)
            throw new InvalidOperationException(
                $"'{outside.Name}' of {Name} belongs to no stage, so nothing says when it is frozen and how fast it learns: name its module in one of the model's stages");
        if (stages.Count == 0) throw new InvalidOperationException($"{Name} has no stages: add them in its constructor, stem first, head last");
        areStagesWhole = true;
    }
}
