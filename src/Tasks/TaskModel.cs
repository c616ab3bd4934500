using System.Text.Json;
using Graft.Tensors;
using Graft.Transfer;

namespace Graft.Tasks;

/// <summary>A model with what a task needs around it: labels, preprocessing, provenance of the weights, recipe and metrics. All tasks
/// derive from it.</summary>
/// <remarks>Any number of threads may ask, evaluate and save at once, also while one fine-tunes: that works on a copy, which replaces the
/// model, its labels and its metrics atomically when training ends. Until then answers are the old model's; each call keeps to the one that
/// it began with. A second fine-tuning at the same time is refused.</remarks>
/// <typeparam name="TModel">The kind of architecture.</typeparam>
/// <typeparam name="TInputs">What is done to inputs.</typeparam>
/// <typeparam name="TRecipe">How the model is fine-tuned.</typeparam>
public abstract class TaskModel<TModel, TInputs, TRecipe> : IDisposable
    where TModel : Model where TRecipe : class, new()
{
    private readonly Lock changing = new();
    private TaskState<TModel, TInputs, TRecipe> state;
    private int tuning;

    private protected TaskModel(TaskState<TModel, TInputs, TRecipe> state, Device? device)
    {
        this.state = state;
        Device = device ?? Device.Cpu;
    }

    /// <summary>The model that answers now; a fine-tuning replaces it.</summary>
    public TModel Model => Current.Model;

    /// <summary>The names of the model's outputs, in index order. Published weights whose outputs have no known names have LABEL_0, LABEL_1
    /// ...</summary>
    public IReadOnlyList<string> Labels => Current.Labels;

    /// <summary>Figures of the last fine-tuning and evaluation, saved with the model.</summary>
    public IReadOnlyDictionary<string, double> Metrics => Current.Manifest.Metrics;

    /// <summary>How the model was fine-tuned last, saved with it; from the same start it makes the same weights again. Null where it was
    /// not.</summary>
    public TRecipe? Recipe => Current.Manifest.Recipe?.Options;

    /// <summary>The published weights that it began with; null for none.</summary>
    public Provenance? Provenance => Current.Manifest.Provenance;

    /// <summary>How those weights were imported, tensor by tensor, saved with the model; null for none.</summary>
    public ImportReceipt? ImportReceipt => Current.Manifest.Receipt;

    /// <summary>The adapters that the model has, which <see cref="Save"/> writes into the folder <c>adapter</c> of the model's; null for none.</summary>
    public Adapters? Adapters => Current.Adapters;

    /// <summary>Where it computes.</summary>
    public Device Device { get; }

    private protected TaskState<TModel, TInputs, TRecipe> Current => Volatile.Read(ref state);

    private protected abstract RecipeTable<TRecipe> Options { get; }

    /// <summary>Whether the head is trained, so that <c>Predict</c>, <c>Evaluate</c> and <see cref="Save"/> work; where the published
    /// weights had none for this model only features can be taken until a fine-tuning.</summary>
    public bool CanPredict => !Current.Model.IsHeadNew;

    /// <summary>Refuses an untrained head (<see cref="CanPredict"/>).</summary>
    /// <exception cref="CheckpointException">The weights had no head, and no fine-tuning has trained one.</exception>
    public void RequireTrainedHead() => Current.RequireTrainedHead();

    /// <summary>Saves the model as a folder that Hugging Face's users recognise: <c>model.safetensors</c>, <c>config.json</c>,
    /// <c>preprocessor_config.json</c> or the tokeniser's files, and <c>graft.json</c> with the recipe, the base checkpoint's SHA-256 and the metrics.</summary>
    /// <param name="folder">The folder; made where it is not there.</param>
    /// <exception cref="IOException">The folder cannot be written; an older model in it is as it was.</exception>
    public void Save(string folder)
    {
        var now = Current;
        now.RequireTrainedHead();
        byte[] inputs = FormatInputs(now.Inputs);
        using var recorded = JsonDocument.Parse(inputs);
        var manifest = now.Manifest with { Inputs = recorded.RootElement };
        ModelFolder.Write(folder, now.Model, now.Adapters, ConfigOf(now), manifest, Options, partial => WriteInputs(partial, now.Inputs));
    }

    /// <summary>Puts the adapters into the weights for good, so that the model is one without adapters that computes the same.</summary>
    /// <exception cref="InvalidOperationException">There are none, they are of a kind that no weight can take in, or the model is being fine-tuned.</exception>
    public void MergeAdapters()
    {
        var adapters = Adapters ?? throw new InvalidOperationException($"{Model.Name} has no adapters that could be merged");
        adapters.MergeAndUnload();
        // what was recorded with the adapters would add them again
        Release();
        Change(static now => now with { Adapters = null });
    }

    /// <summary>Gives the model's memory back, once the calls that are running have ended; the model is not used again.</summary>
    public void Dispose()
    {
        Release();
        Current.Model.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Gives back what is held beside the model.</summary>
    private protected virtual void Release()
    {
    }

    /// <summary>Why the weights of another model cannot be averaged with this one's; null where they can.</summary>
    internal string? DifferenceTo(TaskModel<TModel, TInputs, TRecipe> other)
    {
        var (now, then) = (Current, other.Current);
        if (now.Model.ModelType != then.Model.ModelType) return $"one is of {now.Model.ModelType}, the other of {then.Model.ModelType}";
        if (now.Config.ProblemType != then.Config.ProblemType) return $"one has outputs of {now.Config.ProblemType}, the other of {then.Config.ProblemType}";
        if (now.Labels.Count != then.Labels.Count) return $"one has {now.Labels.Count} labels, the other {then.Labels.Count}";
        if (now.Labels.Zip(then.Labels).FirstOrDefault(static pair => pair.First != pair.Second) is { First: { } one } pair)
            return $"where one has the label '{Printable.Text(one)}', the other has '{Printable.Text(pair.Second)}'";
        return FormatInputs(now.Inputs).AsSpan().SequenceEqual(FormatInputs(then.Inputs)) ? null : "their inputs are not prepared in the same way";
    }

    /// <summary>Notes that the weights are a mean of several models', so that the recipe and figures of one are none of it.</summary>
    internal void BecomeSoup(IReadOnlyList<string> ingredients) => Change(now => now with
    {
        Manifest = now.Manifest with
        {
            Recipe = null,
            Metrics = new Dictionary<string, double>(),
            Other = new Dictionary<string, JsonElement>(now.Manifest.Other) { ["soup"] = ModelSoup.Format(ingredients) },
        },
    });

    /// <summary>A new model of an architecture with as many outputs as there are labels.</summary>
    private protected abstract TModel Remake(TModel like, int labels, ulong seed);

    /// <summary>The keys of what the published weights did not have.</summary>
    private protected virtual IReadOnlyCollection<string> NewTensors => [];

    /// <summary>What <c>graft.json</c> records of what is done to inputs: one JSON object.</summary>
    private protected abstract byte[] FormatInputs(TInputs inputs);

    /// <summary>Writes the files that say what is done to inputs.</summary>
    private protected abstract void WriteInputs(string folder, TInputs inputs);

    private protected virtual ModelConfig ConfigOf(TaskState<TModel, TInputs, TRecipe> now) => now.Config;

    /// <summary>Whether a head for some labels is one for others: the same, or as many of which nothing is known.</summary>
    private protected virtual bool IsHeadKept(IReadOnlyList<string> labels, IReadOnlyList<string> others) =>
        labels.SequenceEqual(others) || (ClassNumbers.AreUnnamed(labels) && labels.Count == others.Count);

    /// <summary>The inputs' settings after a fine-tuning for labels.</summary>
    private protected virtual TInputs Adopt(TInputs inputs, TRecipe recipe, IReadOnlyList<string> labels) => inputs;

    private protected void Change(Func<TaskState<TModel, TInputs, TRecipe>, TaskState<TModel, TInputs, TRecipe>> change)
    {
        lock (changing) Volatile.Write(ref state, change(state));
    }

    /// <summary>Adapts a copy of the model to labels, with a new head unless it has one for them, and replaces the model as soon as
    /// training has ended, in whatever way.</summary>
    private protected FitReport Fit(
        IReadOnlyList<string> labels, ulong seed, Func<TaskState<TModel, TInputs, TRecipe>, TaskRun<TRecipe>> prepare,
        IProgress<FitProgress>? progress, CancellationToken cancellation)
    {
        Claim();
        try
        {
            return Fit(Copy(Current, labels, seed), prepare, progress, cancellation);
        }
        finally
        {
            Volatile.Write(ref tuning, 0);
        }
    }

    /// <summary>Changes a copy of the model, which replaces it once that is done; the figures of before are none of its.</summary>
    private protected void ChangeCopy(Action<TaskState<TModel, TInputs, TRecipe>> change)
    {
        Claim();
        try
        {
            var copy = Copy(Current, Labels, seed: 0);
            try
            {
                change(copy);
            }
            catch
            {
                copy.Model.Dispose();
                throw;
            }
            Change(_ => copy with { Manifest = copy.Manifest with { Metrics = new Dictionary<string, double>() } });
        }
        finally
        {
            Volatile.Write(ref tuning, 0);
        }
    }

    private void Claim()
    {
        if (Interlocked.CompareExchange(ref tuning, 1, 0) != 0)
            throw new InvalidOperationException("it is being fine-tuned already: wait until that has ended, or load it a second time");
    }

    /// <summary>The model as a fine-tuning for these labels would begin with it; the caller's to dispose of.</summary>
    internal TModel StartOf(IReadOnlyList<string> labels, ulong seed) => Copy(Current, labels, seed).Model;

    /// <summary>Looks for the learning rate of a fine-tuning on a copy of the model, which is dropped.</summary>
    private protected RateSearch FindRate(
        IReadOnlyList<string> labels, ulong seed, Func<TaskState<TModel, TInputs, TRecipe>, TaskRun<TRecipe>> prepare, RateFinder? finder, string? phase,
        IProgress<FitProgress>? progress, CancellationToken cancellation)
    {
        var copy = Copy(Current, labels, seed);
        using var model = copy.Model;
        var run = prepare(copy);
        using var held = run.Held;
        var tuner = new FineTuner(model, Device, run.Fitting, run.Beside);
        var searched = phase is null ? tuner.Phases[0] : tuner.Phases.FirstOrDefault(one => one.Name == phase)
            ?? throw new ArgumentException($"{run.Fitting.Strategy} has no phase '{phase}'; in order there are {string.Join(", ", tuner.Phases.Select(static one => one.Name).Distinct())}");
        return new RateSearch(tuner.FindRate(run.Training, finder, searched, progress, cancellation), searched.Name, searched.Stages[0], searched.RateFactor);
    }

    private FitReport Fit(
        TaskState<TModel, TInputs, TRecipe> copy, Func<TaskState<TModel, TInputs, TRecipe>, TaskRun<TRecipe>> prepare,
        IProgress<FitProgress>? progress, CancellationToken cancellation)
    {
        var run = prepare(copy);
        copy = copy with { Manifest = copy.Manifest with { Recipe = new SavedRecipe<TRecipe>(copy.Model.ModelType, run.Recipe) } };
        FitReport? report = null;
        FineTuner? tuner = null;
        try
        {
            copy = copy with { Adapters = AdaptersFor(copy, run.Fitting) };
            tuner = new FineTuner(copy.Model, Device, RunIdentity.Add(copy, run, Options, FormatInputs(copy.Inputs)), run.Beside) { Observers = run.Observers };
            return report = tuner.FineTune(run.Training, run.Validate, progress, cancellation);
        }
        finally
        {
            if (tuner?.StepsMade > 0) run.Learnt?.Invoke();
            run.Held?.Dispose();
            if (report is not null) copy = copy with { Manifest = copy.Manifest with { Metrics = MetricsOf(report) } };
            if (tuner?.StepsMade > 0)
            {
                copy.Model.IsHeadNew = false;
                Change(now => copy with { Inputs = Adopt(now.Inputs, run.Recipe, copy.Labels) });
            }
            else
            {
                copy.Model.Dispose();
            }
        }
    }

    /// <summary>The model as one to be trained for these labels; its head is new unless it has one for them.</summary>
    private TaskState<TModel, TInputs, TRecipe> Copy(TaskState<TModel, TInputs, TRecipe> now, IReadOnlyList<string> labels, ulong seed)
    {
        bool sameHead = !now.Model.IsHeadNew && IsHeadKept(now.Labels, labels);
        var model = Remake(now.Model, labels.Count, seed);
        var adapters = now.Adapters?.CopyTo(model);
        model.CopyWeightsFrom(now.Model, includeHead: sameHead);
        // without trained weights below it a new head is not the only thing that is new
        if (!sameHead) model.IsHeadNew = now.Manifest.Provenance is not null || now.Manifest.Recipe is not null;
        return now with { Model = model, Adapters = adapters, Config = now.Config with { Labels = [.. labels] } };
    }

    /// <summary>The adapters that a fine-tuning trains: those that are there, or new ones where the recipe says so.</summary>
    private Adapters? AdaptersFor(TaskState<TModel, TInputs, TRecipe> copy, FineTuneOptions recipe)
    {
        if (recipe.Adapter.Kind is null) return copy.Adapters;
        var config = recipe.Adapter.ConfigFor(copy.Model, copy.Model.IsHeadNew ? NewTensors : [], copy.Manifest.Provenance?.FileName);
        if (copy.Adapters is not { } adapters) return Adapters.Attach(copy.Model, config);
        return adapters.Config.GetType() == config.GetType() ? adapters
            : throw new ArgumentException($"{copy.Model.Name} has adapters of the kind {adapters.Config.PeftType}, and {recipe.Adapter.Kind} is asked for: merge them first");
    }

    private static Dictionary<string, double> MetricsOf(FitReport report)
    {
        var metrics = new Dictionary<string, double> { ["steps"] = report.Steps, ["interrupted"] = report.Interrupted ? 1 : 0 };
        if (report.Epochs is not [.., var last]) return metrics;
        metrics["training_loss"] = last.Loss;
        if (last.Validation is not { } validation) return metrics;
        foreach (var (name, value) in validation.Metrics.All) metrics[name] = value;
        return metrics;
    }
}

/// <summary>What a fine-tuning runs on.</summary>
/// <param name="Training">What is learnt from.</param>
/// <param name="Validate">What says after each epoch how well the model does; null for nothing.</param>
/// <param name="Recipe">The recipe as the run decided it.</param>
/// <param name="Fitting">Its part that every task has, with how the run is kept and watched.</param>
/// <param name="Fingerprint">Adds the examples that are learnt from.</param>
internal sealed record TaskRun<TRecipe>(
    ITrainingSet Training, Func<CancellationToken, Evaluation>? Validate, TRecipe Recipe, FineTuneOptions Fitting, Action<DataFingerprint> Fingerprint)
{
    /// <summary>What is given back when the run is over; null for nothing.</summary>
    public IDisposable? Held { get; init; }

    /// <summary>Takes over what was learnt beside the model, once that has made a step; null for nothing.</summary>
    public Action? Learnt { get; init; }

    /// <summary>What takes part in the training.</summary>
    public IReadOnlyList<TrainingObserver> Observers { get; init; } = [];

    /// <summary>What learns with the model and is no part of it.</summary>
    public IReadOnlyList<ParameterGroup> Beside { get; init; } = [];
}
