using Graft.Text;
using Graft.Transfer;

namespace Graft.Tasks;

/// <summary>Where a model of sounds comes from: a folder of the Hugging Face hub, a folder that a task saved (which is such a folder too), or a published
/// file of a keyword transformer. <see cref="TextModelSource.FetchAsync"/> brings a repository of the hub.</summary>
public sealed class SpeechModelSource
{
    static SpeechModelSource()
    {
        KnownFormats.Register();
    }

    internal SpeechModelSource(TaskState<SpeechModel, SpeechPreparation, SpeechFineTuneOptions> state) => State = state;

    internal TaskState<SpeechModel, SpeechPreparation, SpeechFineTuneOptions> State { get; }

    internal LoadReport? Report { get; private init; }

    /// <summary>The folder that it is of; null for none.</summary>
    internal string? Folder { get; private init; }

    /// <summary>The model of a folder with a head: the folder's own where it has it, else one that is new, to be trained.</summary>
    /// <param name="folder">A folder with <c>config.json</c>, weights and what is done to sounds (<c>preprocessor_config.json</c>).</param>
    /// <param name="head">What is to stand above the encoder.</param>
    /// <param name="seed">The seed of a new head's initial values.</param>
    /// <param name="options">Which weights of the folder, and what to tolerate; null to find them.</param>
    /// <exception cref="CheckpointException">A file is missing or malformed, files contradict one another, the architecture is not built, or the weights do
    /// not fit.</exception>
    public static SpeechModelSource FromFolder(string folder, SpeechHead head, ulong seed = 0, LoadOptions? options = null)
    {
        RequireFolder(folder);
        var (model, report) = PretrainedSpeechModel.Open(folder, head, labels: null, seed, options);
        return Of(folder, model, report);
    }

    /// <summary>A model of the architecture that a folder's <c>config.json</c> says, with random initial values; weights need not be there.</summary>
    /// <param name="folder">A folder with <c>config.json</c>.</param>
    /// <param name="head">What is to stand above the encoder.</param>
    /// <param name="seed">The seed of the initial values.</param>
    /// <exception cref="CheckpointException">A file is missing or malformed, files contradict one another, or the architecture is not built.</exception>
    public static SpeechModelSource FromConfig(string folder, SpeechHead head, ulong seed = 0)
    {
        RequireFolder(folder);
        return Of(folder, PretrainedSpeechModel.Create(JsonFile.Read(Path.Combine(folder, ModelFolder.ConfigFileName)), head, labels: null, seed), report: null);
    }

    /// <summary>A keyword transformer of a published TensorFlow Lite file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="labels">The names of its classes; null for the published ones.</param>
    /// <exception cref="CheckpointException">It is damaged or of another network.</exception>
    public static SpeechModelSource Keywords(string file, IReadOnlyList<string>? labels = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(file);
        using var checkpoint = Checkpoint.Open(file);
        var (model, report) = KeywordTransformer.Open(checkpoint, labels);
        var manifest = new ModelManifest<SpeechFineTuneOptions> { Receipt = report.Receipt, Provenance = Provenance.Of(checkpoint) };
        return new SpeechModelSource(new(model, model.ConfigFor(model.Labels), SpeechPreparation.Read(null, model), manifest)) { Report = report };
    }

    /// <summary>The same with adapters, as PEFT or a task saved them.</summary>
    /// <param name="folder">A folder with <c>adapter_config.json</c>, or one that a task saved with adapters.</param>
    /// <exception cref="CheckpointException">A file is missing or malformed, or the adapters do not fit the model.</exception>
    public SpeechModelSource WithAdapter(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        // signs of frames are in a file of the base, and a model that writes has no labels
        var state = State.Model.Head == SpeechHead.SequenceClassification
            ? SavedAdapter.On(State, folder, static (model, labels) => model.Remake(Math.Max(1, labels), model.Seed))
            : State with { Adapters = Adapters.Load(State.Model, AdapterFolder.Find(folder)) };
        return new SpeechModelSource(state) { Report = Report, Folder = Folder };
    }

    /// <summary>The source, whose model a task can work with.</summary>
    /// <exception cref="ArgumentException">It cannot.</exception>
    internal static SpeechModelSource Fitting(SpeechModelSource source, Func<SpeechModel, bool> fits, string otherwise)
    {
        ArgumentNullException.ThrowIfNull(source);
        var model = source.State.Model;
        return fits(model) ? source : throw new ArgumentException($"{model.Name} {otherwise}", nameof(source));
    }

    private static void RequireFolder(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        if (!Directory.Exists(folder)) throw new CheckpointException(folder, "there is no such folder");
    }

    private static SpeechModelSource Of(string folder, SpeechModel model, LoadReport? report)
    {
        var preparation = SpeechPreparation.Read(folder, model);
        var labels = model.Labels;
        if (model.Head == SpeechHead.Ctc && CtcVocabulary.IsIn(folder))
        {
            preparation = preparation with { Vocabulary = Named(folder, model) };
            labels = preparation.Vocabulary.Tokens;
        }
        if (model is WhisperModel writer)
        {
            var tokeniser = Tokeniser.Open(folder);
            tokeniser.RequireVocabulary(writer.VocabularySize, Path.Combine(folder, ModelConfig.FileName));
            preparation = preparation with { Tokeniser = tokeniser };
        }
        var saved = ModelFolder.IsSaved(folder) ? ModelFolder.Read(folder, SpeechRecipe.Options).Manifest : null;
        var manifest = report is null ? new ModelManifest<SpeechFineTuneOptions>() : saved ?? Published(folder, report);
        var source = new SpeechModelSource(new(model, model.ConfigFor(labels), preparation, manifest)) { Report = report, Folder = folder };
        return report is not null && saved is { HasAdapter: true } ? source.WithAdapter(ModelFolder.PathOf(folder, SavedAdapter.FolderName)) : source;
    }

    /// <summary>The folder's signs, one for each of the model's labels.</summary>
    private static CtcVocabulary Named(string folder, SpeechModel model)
    {
        string path = Path.Combine(folder, CtcVocabulary.FileName);
        var vocabulary = CtcVocabulary.Open(folder);
        int labels = model.ConfigFor([]).Other["vocab_size"].GetInt32();
        if (vocabulary.Tokens.Count > labels)
            throw new CheckpointException(path, $"has {vocabulary.Tokens.Count} signs, and {ModelConfig.FileName} says {labels} ('vocab_size'): take the one that belongs to the model");
        if (vocabulary.NumberOf(vocabulary.Padding) != model.Blank)
            throw new CheckpointException(path, $"gives '{Printable.Text(vocabulary.Padding)}' the number {vocabulary.NumberOf(vocabulary.Padding)}, and {ModelConfig.FileName} "
                + $"says {model.Blank} ('pad_token_id') of the sign that means none: one of the two files is of another model");
        return vocabulary.FilledUpTo(labels);
    }

    private static ModelManifest<SpeechFineTuneOptions> Published(string folder, LoadReport report)
    {
        using var checkpoint = Checkpoint.Open(folder);
        return new ModelManifest<SpeechFineTuneOptions> { Receipt = report.Receipt, Provenance = Provenance.Of(checkpoint) };
    }
}
