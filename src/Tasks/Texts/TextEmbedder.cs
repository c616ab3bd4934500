using Graft.Tensors;
using Graft.Text;
using Graft.Transfer;
using Microsoft.Extensions.AI;

namespace Graft.Tasks;

/// <summary>Texts as vectors that are near one another where the texts mean the same: a sentence encoder of the hub, as it is or fine-tuned on pairs.</summary>
/// <remarks>Threads may share it as the remarks on <see cref="TaskModel{TModel, TInputs, TRecipe}"/> say.</remarks>
/// <example><code>
/// using var embedder = TextEmbedder.FromPretrained("all-MiniLM-L6-v2");
/// float[] vector = embedder.Embed("How do I reset my password?");
/// </code></example>
public sealed class TextEmbedder : TextTask, IEmbeddingGenerator<string, Embedding<float>>
{
    /// <summary>Pairs a step: each is told from the others of its step.</summary>
    private const int UsualPairs = 64;

    private TextEmbedder(TextModelSource source, Device? device) : base(source, device)
    {
    }

    /// <summary>E: how many numbers an embedding has.</summary>
    public int Dimensions => ((SentenceEncoder)Current.Model).Dimensions;

    /// <summary>Opens a folder of sentence-transformers, or of a plain encoder, whose tokens' mean is taken.</summary>
    /// <param name="folder">A folder with <c>config.json</c>, weights and the tokeniser's files.</param>
    /// <param name="pooling">How tokens become a vector; null for what the folder says.</param>
    /// <param name="device">Where to compute; null for the CPU.</param>
    /// <param name="options">Which weights of the folder, and what to tolerate; null to find them.</param>
    /// <exception cref="CheckpointException">A file is missing or malformed, the architecture is not built, or the weights do not fit.</exception>
    public static TextEmbedder FromPretrained(string folder, SentencePooling? pooling = null, Device? device = null, LoadOptions? options = null) =>
        new(TextModelSource.Sentences(folder, pooling, options), device);

    /// <summary>Starts from a sentence encoder of any source.</summary>
    /// <param name="source">Where it comes from.</param>
    /// <param name="device">Where to compute; null for the CPU.</param>
    /// <exception cref="ArgumentException">It is none.</exception>
    public static TextEmbedder From(TextModelSource source, Device? device = null) =>
        new(TextModelSource.Fitting(source, static model => model is SentenceEncoder, "is no sentence encoder"), device);

    /// <summary>Loads a folder that <see cref="TaskModel{TModel, TInputs, TRecipe}.Save"/> wrote, or one of the hub.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="device">Where to compute; null for the CPU.</param>
    /// <exception cref="CheckpointException">A file is missing or malformed.</exception>
    public static TextEmbedder Load(string folder, Device? device = null) => FromPretrained(folder, null, device);

    /// <summary>How tokens become a vector, and what is put before texts by their use.</summary>
    public SentencePooling Pooling => ((SentenceEncoder)Current.Model).Pooling;

    /// <summary>The embedding of a text [E].</summary>
    /// <param name="text">The text.</param>
    /// <param name="prompt">The name of what is put before it, one of <see cref="SentencePooling.Prompts"/>; null for the model's usual one, if any.</param>
    /// <exception cref="ArgumentException">The model has no such prompt.</exception>
    public float[] Embed(string text, string? prompt = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Embed([text], prompt).Single();
    }

    /// <summary>The embeddings of texts, in their order; they are read as they are needed, so there may be any number.</summary>
    /// <param name="texts">The texts.</param>
    /// <param name="prompt">The name of what is put before each, one of <see cref="SentencePooling.Prompts"/>; null for the model's usual one, if any.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <exception cref="ArgumentException">The model has no such prompt.</exception>
    public IEnumerable<float[]> Embed(IEnumerable<string> texts, string? prompt = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(texts);
        var now = Current;
        var pooling = ((SentenceEncoder)now.Model).Pooling;
        prompt ??= pooling.DefaultPrompt;
        string before = "";
        if (prompt is not null && !pooling.Prompts.TryGetValue(prompt, out before!))
            throw new ArgumentException($"{now.Model.Name} has no prompt '{Printable.Text(prompt)}'{NearName.Hint(prompt, pooling.Prompts.Keys)}", nameof(prompt));
        return Rows(now, texts.Select(text => new TextExample(pooling.LowerCase ? (before + text).ToLowerInvariant() : before + text)), cancellation)
            .Select(static row => row.Outputs[0].Values.ToArray());
    }

    /// <summary>Fine-tunes the embedder on pairs of texts that mean the same: each text has to find its own partner among those of its batch (sentence-transformers'
    /// <c>MultipleNegativesRankingLoss</c>). A text must not be right for two others.</summary>
    /// <param name="pairs">The pairs.</param>
    /// <param name="options">How; null for the default recipe, with 64 pairs a step.</param>
    /// <param name="progress">Reports each step.</param>
    /// <param name="cancellation">Stops after the step that is running; the embedder keeps what it learnt.</param>
    /// <exception cref="ArgumentException">A text has no second one, or an option is impossible; nothing was changed.</exception>
    /// <exception cref="NonFiniteException">The loss is not finite; the embedder is as it was before that step.</exception>
    /// <exception cref="InvalidOperationException">Another thread is fine-tuning it; nothing was changed.</exception>
    public FitReport FineTune(
        IReadOnlyList<TextExample> pairs, TextFineTuneOptions? options = null, IProgress<FitProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(pairs);
        return Fit([], preparation => new TextPairs(preparation, pairs, null), null, Usual(options), progress, cancellation);
    }

    /// <summary>Fine-tunes the embedder on pairs with a number each: how alike they are, from -1 to 1 (<c>CosineSimilarityLoss</c>).</summary>
    /// <param name="pairs">Pairs with numbers.</param>
    /// <param name="options">How; null for the default recipe, with 64 pairs a step.</param>
    /// <param name="progress">Reports each step.</param>
    /// <param name="cancellation">Stops after the step that is running; the embedder keeps what it learnt.</param>
    /// <inheritdoc cref="FineTune(IReadOnlyList{TextExample}, TextFineTuneOptions, IProgress{FitProgress}, CancellationToken)" path="/exception"/>
    public FitReport FineTune(
        LabelledTexts pairs, TextFineTuneOptions? options = null, IProgress<FitProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(pairs);
        if (pairs.Kind != TextLabelKind.Regression) throw new ArgumentException($"{pairs.Source} has classes; an embedder learns from how alike two texts are: numbers from -1 to 1");
        TextExample[] texts = [.. Enumerable.Range(0, pairs.Count).Select(index => pairs[index])];
        return Fit([], preparation => new TextPairs(preparation, texts, pairs.Value), null, Usual(options), progress, cancellation);
    }

    /// <summary>Fine-tunes the embedder on texts alone, each of which is its own partner under another dropout (unsupervised SimCSE).</summary>
    /// <param name="texts">The texts, no two of them the same.</param>
    /// <param name="options">How; null for the default recipe, with 64 texts a step.</param>
    /// <param name="progress">Reports each step.</param>
    /// <param name="cancellation">Stops after the step that is running; the embedder keeps what it learnt.</param>
    /// <inheritdoc cref="FineTune(IReadOnlyList{TextExample}, TextFineTuneOptions, IProgress{FitProgress}, CancellationToken)" path="/exception"/>
    public FitReport FineTune(
        IReadOnlyList<string> texts, TextFineTuneOptions? options = null, IProgress<FitProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(texts);
        return Fit([], preparation => new TextsAlone(preparation, texts), null, Usual(options), progress, cancellation);
    }

    Task<GeneratedEmbeddings<Embedding<float>>> IEmbeddingGenerator<string, Embedding<float>>.GenerateAsync(
        IEnumerable<string> values, EmbeddingGenerationOptions? options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(values);
        if (options?.Dimensions is { } wanted && wanted != Dimensions)
            throw new ArgumentException($"{wanted} dimensions are asked for and {Model.Name} gives {Dimensions}", nameof(options));
        string[] texts = [.. values];
        return Task.Run(
            () => new GeneratedEmbeddings<Embedding<float>>(Embed(texts, null, cancellationToken).Select(vector => new Embedding<float>(vector) { ModelId = Model.Name })),
            cancellationToken);
    }

    object? IEmbeddingGenerator.GetService(Type serviceType, object? serviceKey)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        if (serviceKey is not null) return null;
        if (serviceType == typeof(EmbeddingGeneratorMetadata)) return new EmbeddingGeneratorMetadata("graft", null, Model.Name, Dimensions);
        return serviceType.IsInstanceOfType(this) ? this : null;
    }

    private static TextFineTuneOptions Usual(TextFineTuneOptions? options)
    {
        options ??= new TextFineTuneOptions();
        if (options.HeldOut > 0 || options.Validation is not null) throw new ArgumentException("an embedder has nothing to evaluate on: hold out nothing");
        return options.BatchSize is null ? options with { BatchSize = UsualPairs } : options;
    }
}
