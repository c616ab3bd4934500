using System.Text.Json;
using Graft.Hub;
using Graft.Text;

namespace Graft.Tasks;

/// <summary>Where a text task's model comes from: a folder of the Hugging Face hub, a folder that a task saved (which is such a folder too), or a
/// repository of the hub.</summary>
public sealed class TextModelSource
{
    /// <summary>Longer texts are cut off unless more is asked for: attention takes time by the square of the length.</summary>
    internal const int UsualLength = 256;

    static TextModelSource()
    {
        KnownFormats.Register();
    }

    internal TextModelSource(TaskState<TextModel, TextPreparation, TextFineTuneOptions> state) => State = state;

    internal TaskState<TextModel, TextPreparation, TextFineTuneOptions> State { get; }

    internal LoadReport? Report { get; private init; }

    /// <summary>The folder that it is of; null for none.</summary>
    internal string? Folder { get; private init; }

    /// <summary>How much of the texts has a word vector; null for a source without word vectors.</summary>
    public WordCoverage? Coverage { get; private init; }

    /// <summary>The source, whose model a task can work with.</summary>
    /// <param name="source">Where the model comes from.</param>
    /// <param name="fits">Whether it is one for the task.</param>
    /// <param name="otherwise">What is said of one that is not, after its name.</param>
    /// <exception cref="ArgumentException">It is not.</exception>
    internal static TextModelSource Fitting(TextModelSource source, Func<TextModel, bool> fits, string otherwise)
    {
        ArgumentNullException.ThrowIfNull(source);
        var model = source.State.Model;
        return fits(model) ? source : throw new ArgumentException($"{model.Name} {otherwise}", nameof(source));
    }

    /// <summary>The model of a folder with a head: the folder's own where it has it, else one that is new, to be trained.</summary>
    /// <param name="folder">A folder with <c>config.json</c>, weights and the tokeniser's files.</param>
    /// <param name="head">What is to stand above the encoder.</param>
    /// <param name="seed">The seed of a new head's initial values.</param>
    /// <param name="options">Which weights of the folder, and what to tolerate; null to find them.</param>
    /// <exception cref="CheckpointException">A file is missing or malformed, files contradict one another, the architecture is not built, or the weights do
    /// not fit.</exception>
    public static TextModelSource FromFolder(string folder, TextHead head, ulong seed = 0, LoadOptions? options = null)
    {
        RequireFolder(folder);
        var (model, report) = PretrainedModel.Open(folder, head, labels: null, seed, options);
        return Of(folder, model, report);
    }

    /// <summary>A sentence encoder: a folder of sentence-transformers, or of a plain encoder, whose tokens' mean is taken and brought to length 1.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="pooling">How tokens become a vector; null for what the folder says.</param>
    /// <param name="options">Which weights of the folder, and what to tolerate; null to find them.</param>
    /// <exception cref="CheckpointException">As of <see cref="FromFolder"/>.</exception>
    public static TextModelSource Sentences(string folder, SentencePooling? pooling = null, LoadOptions? options = null)
    {
        RequireFolder(folder);
        pooling ??= PoolingIn(folder);
        var (model, report) = SentenceEncoder.Open(folder, pooling, options);
        return Of(folder, model, report, model.Pooling.EncoderFolder);
    }

    /// <summary>A network over word vectors that classifies texts: a bag of vectors or a small CNN, with a vocabulary of the texts and the file.</summary>
    /// <param name="vectors">The word vectors.</param>
    /// <param name="texts">The texts that are to be learnt from, which say what words are known.</param>
    /// <param name="options">What stands on the vectors; null for a bag.</param>
    /// <exception cref="ArgumentException">The texts have no word, or an option is out of range.</exception>
    public static TextModelSource Words(WordEmbeddings vectors, IReadOnlyCollection<string> texts, WordModelOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(vectors);
        ArgumentNullException.ThrowIfNull(texts);
        var (model, tokeniser, coverage) = WordModelMaker.Make(vectors, texts, options ?? new WordModelOptions());
        var preparation = new TextPreparation(tokeniser, UsualLength);
        return new TextModelSource(new(model, model.ConfigFor(model.Labels), preparation, new ModelManifest<TextFineTuneOptions>())) { Coverage = coverage };
    }

    /// <summary>A folder by its path, or a repository of the hub by its name (org/name), which is fetched on first use.</summary>
    /// <param name="name">The path or name.</param>
    /// <param name="hub">Where to fetch from and to keep; null for what the environment says.</param>
    /// <param name="progress">Reports the download.</param>
    /// <param name="cancellation">Ends the download; what has arrived stays for the next time.</param>
    /// <returns>The folder.</returns>
    /// <exception cref="ArgumentException">It is neither.</exception>
    /// <exception cref="HubException">It cannot be fetched.</exception>
    public static async Task<string> FetchAsync(
        string name, HubSettings? hub = null, IProgress<FetchProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (Directory.Exists(name)) return name;
        if (!PublishedModelFetcher.IsFetchable(name))
            throw new ArgumentException($"'{Printable.Whole(name)}' is no folder and no repository of the hub (org/name)");
        var fetched = await PublishedModelFetcher.FetchAsync(name, hub, progress, cancellation).ConfigureAwait(false);
        return fetched.Folder ?? throw new ArgumentException($"'{Printable.Whole(name)}' is an image model");
    }

    /// <summary>A model of the architecture that a folder's <c>config.json</c> says, with random initial values, and the folder's tokeniser; weights need
    /// not be there.</summary>
    /// <param name="folder">A folder with <c>config.json</c> and the tokeniser's files.</param>
    /// <param name="head">What is to stand above the encoder.</param>
    /// <param name="seed">The seed of the initial values.</param>
    /// <exception cref="CheckpointException">A file is missing or malformed, files contradict one another, or the architecture is not built.</exception>
    public static TextModelSource FromConfig(string folder, TextHead head, ulong seed = 0)
    {
        RequireFolder(folder);
        return Of(folder, PretrainedModel.Create(ConfigIn(folder), head, labels: null, seed), report: null);
    }

    /// <summary>A sentence encoder with random initial values, as <see cref="FromConfig"/>.</summary>
    /// <param name="folder">A folder with <c>config.json</c> and the tokeniser's files.</param>
    /// <param name="pooling">How tokens become a vector; null for what the folder says.</param>
    /// <param name="seed">The seed of the initial values.</param>
    /// <exception cref="CheckpointException">As of <see cref="FromConfig"/>.</exception>
    public static TextModelSource SentencesFromConfig(string folder, SentencePooling? pooling = null, ulong seed = 0)
    {
        RequireFolder(folder);
        pooling ??= PoolingIn(folder);
        var encoder = PretrainedModel.Create(ConfigIn(Path.Combine(folder, pooling.EncoderFolder)), TextHead.None, labels: null, seed);
        return Of(folder, new SentenceEncoder(encoder, pooling), report: null, pooling.EncoderFolder);
    }

    /// <summary>ELECTRA's discriminator with its generator, which lies in its folder <c>generator</c> or is new, to be trained together.</summary>
    /// <param name="folder">A folder with <c>config.json</c> of <c>model_type</c> electra, weights and the tokeniser's files.</param>
    /// <param name="seed">The seed of what is new.</param>
    /// <param name="options">Which weights of the folder, and what to tolerate; null to find them.</param>
    /// <exception cref="CheckpointException">As of <see cref="FromFolder"/>.</exception>
    public static TextModelSource Electra(string folder, ulong seed = 0, LoadOptions? options = null)
    {
        RequireFolder(folder);
        var (model, report) = ElectraPretraining.Open(folder, seed, options);
        return Of(folder, model, report);
    }

    /// <summary>The same with random initial values, as <see cref="FromConfig"/>.</summary>
    /// <param name="folder">A folder with <c>config.json</c> of <c>model_type</c> electra and the tokeniser's files.</param>
    /// <param name="seed">The seed of the initial values.</param>
    /// <exception cref="CheckpointException">As of <see cref="FromConfig"/>.</exception>
    public static TextModelSource ElectraFromConfig(string folder, ulong seed = 0)
    {
        RequireFolder(folder);
        return Of(folder, ElectraPretraining.FromConfig(folder, seed), report: null);
    }

    /// <summary>The same with adapters, as PEFT or a task saved them; a head comes with them, and its labels where <c>config.json</c> lies beside them.</summary>
    /// <param name="folder">A folder with <c>adapter_config.json</c>, or one that a task saved with adapters.</param>
    /// <exception cref="CheckpointException">A file is missing or malformed, or the adapters do not fit the model.</exception>
    public TextModelSource WithAdapter(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        var state = SavedAdapter.On(State, folder, static (model, labels) =>
        {
            var remade = model.Remake(Math.Max(1, labels), model.Seed);
            remade.ProblemType = model.ProblemType;
            return remade;
        });
        if (state.Model.Head == TextHead.SequenceClassification && state.Config.ProblemType.Length > 0) state.Model.ProblemType = state.Config.ProblemType;
        return new TextModelSource(state) { Report = Report, Coverage = Coverage, Folder = Folder };
    }

    /// <summary>The same architecture and tokens with random initial values, for a comparison.</summary>
    /// <param name="seed">The seed of the initial values.</param>
    public TextModelSource FromScratch(ulong seed = 0) => new(State with
    {
        Model = State.Model.Remake(Math.Max(1, State.Labels.Count), seed),
        Manifest = new ModelManifest<TextFineTuneOptions>(),
    })
    {
        Folder = Folder,
    };

    private static JsonObjectReader ConfigIn(string folder) => JsonFile.Read(Path.Combine(folder, ModelFolder.ConfigFileName));

    private static SentencePooling PoolingIn(string folder) =>
        File.Exists(Path.Combine(folder, SentencePooling.ModulesFileName)) ? SentencePooling.Read(folder) : SentencePooling.Plain with { Normalise = true };

    private static void RequireFolder(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        if (!Directory.Exists(folder)) throw new CheckpointException(folder, "there is no such folder");
    }

    /// <param name="folder">The folder.</param>
    /// <param name="model">Its model.</param>
    /// <param name="report">How it was loaded; null where it has random values.</param>
    /// <param name="encoder">The folder of weights and tokeniser within the folder: itself, where it is empty.</param>
    private static TextModelSource Of(string folder, TextModel model, LoadReport? report, string encoder = "")
    {
        string own = Path.Combine(folder, encoder);
        var tokeniser = Tokeniser.Open(own);
        tokeniser.RequireVocabulary(model.Sizes.Vocabulary, Path.Combine(own, ModelConfig.FileName));
        var saved = ModelFolder.IsSaved(folder) ? ModelFolder.Read(folder, TextRecipe.Options).Manifest : null;
        var manifest = report is null ? new ModelManifest<TextFineTuneOptions>() : saved ?? Published(own, report);
        var preparation = new TextPreparation(tokeniser, UsualLength);
        int longest = preparation.Longest(model), length = Math.Min(longest, LengthIn(saved) ?? UsualLength);
        var source = new TextModelSource(new(model, model.ConfigFor(model.Labels), preparation with { MaximumLength = length }, manifest)) { Report = report, Folder = own };
        return report is not null && saved is { HasAdapter: true } ? source.WithAdapter(ModelFolder.PathOf(folder, SavedAdapter.FolderName)) : source;
    }

    private static ModelManifest<TextFineTuneOptions> Published(string folder, LoadReport report)
    {
        using var checkpoint = Checkpoint.Open(folder);
        return new ModelManifest<TextFineTuneOptions> { Receipt = report.Receipt, Provenance = Provenance.Of(checkpoint) };
    }

    private static int? LengthIn(ModelManifest<TextFineTuneOptions>? manifest) =>
        manifest?.Inputs is { } inputs && inputs.TryGetProperty(TextTask.LengthKey, out var value) && value.ValueKind == JsonValueKind.Number
            && value.TryGetInt32(out int length) && length > 1 ? length : null;
}
