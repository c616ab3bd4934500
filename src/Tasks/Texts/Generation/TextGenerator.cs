using System.Runtime.CompilerServices;
using Graft.Autograd;
using Graft.Tensors;
using Graft.Transfer;

namespace Graft.Tasks;

/// <summary>Writes texts behind prompts, and learns to write like others: a decoder with a language model's head (GPT-2, Llama).</summary>
/// <remarks>Threads may share it as the remarks on <see cref="TaskModel{TModel, TInputs, TRecipe}"/> say; each text that is being written keeps keys and values of its
/// own.</remarks>
/// <example><code>
/// using var generator = TextGenerator.FromPretrained("gpt2");
/// Console.WriteLine(generator.Generate("Once upon a time"));
/// </code></example>
public sealed class TextGenerator : TextTask
{
    private readonly WritingSettings settings;
    private readonly StepLender<DecodingStep> steps;

    private TextGenerator(TextModelSource source, Device? device) : base(source, device)
    {
        settings = WritingSettings.OfDecoder(source.Folder, Preparation.Tokeniser.EndId);
        steps = new StepLender<DecodingStep>(model => model.CreateDecodingStep(Device));
    }

    /// <summary>How it writes where nothing else is said: what its folder's <c>generation_config.json</c> says, and 128 tokens where that says no length.</summary>
    public GenerationOptions Generation => settings.Options;

    /// <summary>Opens a folder of the hub.</summary>
    /// <param name="folder">A folder with <c>config.json</c>, weights and the tokeniser's files.</param>
    /// <param name="device">Where to compute; null for the CPU.</param>
    /// <param name="seed">The seed of what is new.</param>
    /// <param name="options">Which weights of the folder, and what to tolerate; null to find them.</param>
    /// <exception cref="CheckpointException">A file is missing or malformed, the architecture is not built, or the weights do not fit.</exception>
    public static TextGenerator FromPretrained(string folder, Device? device = null, ulong seed = 0, LoadOptions? options = null) =>
        new(TextModelSource.FromFolder(folder, TextHead.CausalLanguageModel, seed, options), device);

    /// <summary>Opens what <see cref="TaskModel{TModel, TInputs, TRecipe}.Save"/> wrote, or any folder whose head is trained.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="device">Where to compute; null for the CPU.</param>
    /// <exception cref="CheckpointException">A file is missing or malformed, or the head is untrained.</exception>
    public static TextGenerator Load(string folder, Device? device = null)
    {
        var generator = FromPretrained(folder, device);
        generator.RequireTrainedHead();
        return generator;
    }

    /// <summary>Starts from a model of any source with a language model's head.</summary>
    /// <param name="source">Where it comes from.</param>
    /// <param name="device">Where to compute; null for the CPU.</param>
    /// <exception cref="ArgumentException">It has another head.</exception>
    /// <exception cref="CheckpointException">Its folder's <c>generation_config.json</c> is malformed or asks for what is not built.</exception>
    public static TextGenerator From(TextModelSource source, Device? device = null) =>
        new(TextModelSource.Fitting(source, static model => model.Head == TextHead.CausalLanguageModel, "does not write texts: it is no causal language model"), device);

    /// <summary>The text behind a prompt.</summary>
    /// <param name="prompt">The prompt; an empty one begins with the model's begin token.</param>
    /// <param name="options">How tokens are chosen; null for <see cref="Generation"/>.</param>
    /// <param name="stopStrings">Texts that end it, none of which is in it; null for none.</param>
    /// <param name="cancellation">Ends the work between two tokens.</param>
    /// <exception cref="ArgumentException">The prompt leaves no room in the model's context, or the options contradict themselves.</exception>
    /// <exception cref="CheckpointException">The head is untrained.</exception>
    public string Generate(string prompt, GenerationOptions? options = null, IReadOnlyList<string>? stopStrings = null, CancellationToken cancellation = default) =>
        Generate([prompt], options, stopStrings, cancellation)[0].Text;

    /// <summary>The texts behind prompts, which are read together.</summary>
    /// <param name="prompts">The prompts.</param>
    /// <param name="options">How tokens are chosen; null for <see cref="Generation"/>.</param>
    /// <param name="stopStrings">Texts that end a text, none of which is in it; null for none.</param>
    /// <param name="cancellation">Ends the work between two tokens.</param>
    /// <returns>For each prompt in turn <see cref="GenerationOptions.ReturnedSequences"/> texts.</returns>
    /// <exception cref="ArgumentException">A prompt leaves no room in the model's context, or the options contradict themselves.</exception>
    /// <exception cref="CheckpointException">The head is untrained.</exception>
    public IReadOnlyList<GeneratedText> Generate(
        IReadOnlyList<string> prompts, GenerationOptions? options = null, IReadOnlyList<string>? stopStrings = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(prompts);
        var now = Current;
        now.RequireTrainedHead();
        var stops = StopsOf(stopStrings);
        var tokeniser = now.Inputs.Tokeniser;
        var resolved = WithStops(options ?? Generation, now.Inputs, stops);
        int[][] tokens = [.. prompts.Select(prompt => PromptOf(now.Inputs, prompt))];
        var step = steps.Lend(now.Model);
        try
        {
            return [.. TokenGenerator.Generate(step, tokens, resolved, cancellation).Select(one =>
                new GeneratedText(one.Prompt, TextStream.TextOf(tokeniser, one.Tokens, stops), one.Tokens, one.Finish, one.Score))];
        }
        finally
        {
            steps.TakeBack(now.Model, step);
        }
    }

    /// <summary>The text behind a prompt piece by piece, as it is written.</summary>
    /// <param name="prompt">The prompt; an empty one begins with the model's begin token.</param>
    /// <param name="options">How tokens are chosen, without beams; null for <see cref="Generation"/>.</param>
    /// <param name="stopStrings">Texts that end it, none of which is in it; null for none.</param>
    /// <param name="cancellation">Ends the work between two tokens.</param>
    /// <exception cref="ArgumentException">The prompt leaves no room in the model's context, or the options contradict themselves or ask for beams or several texts.</exception>
    /// <exception cref="CheckpointException">The head is untrained.</exception>
    public async IAsyncEnumerable<string> GenerateAsync(
        string prompt, GenerationOptions? options = null, IReadOnlyList<string>? stopStrings = null, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        await foreach (var piece in WriteAsync(inputs => PromptOf(inputs, prompt), options ?? Generation, stopStrings, cancellation).ConfigureAwait(false))
            if (piece.Text.Length > 0) yield return piece.Text;
    }

    /// <summary>What each token behind a prompt makes known, as it is chosen.</summary>
    internal async IAsyncEnumerable<WrittenPiece> WriteAsync(
        Func<TextPreparation, int[]> prompt, GenerationOptions options, IReadOnlyList<string>? stopStrings, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var now = Current;
        now.RequireTrainedHead();
        var stops = StopsOf(stopStrings);
        var resolved = WithStops(options, now.Inputs, stops);
        if (resolved.ReturnedSequences > 1) throw new ArgumentException($"num_return_sequences is {resolved.ReturnedSequences}, and one text can be streamed at a time");
        var step = steps.Lend(now.Model);
        try
        {
            var text = new TextStream(now.Inputs.Tokeniser, stops);
            await foreach (var token in TokenGenerator.StreamAsync(step, [prompt(now.Inputs)], resolved, cancellation).ConfigureAwait(false))
                yield return new WrittenPiece(text.Add(token.Token, token.Finish is not null), token.Finish);
        }
        finally
        {
            steps.TakeBack(now.Model, step);
        }
    }

    /// <summary>Learns to write such texts: each token of a text from those before it.</summary>
    /// <param name="texts">The texts; what is longer than the maximum length is cut.</param>
    /// <param name="heldOut">Texts to evaluate on after each epoch, as <see cref="Evaluate"/> does; null for none.</param>
    /// <param name="options">How; null for the default recipe.</param>
    /// <param name="progress">Reports each step.</param>
    /// <param name="cancellation">Stops after the step that is running; the model keeps what it learnt.</param>
    /// <exception cref="ArgumentException">There is no text of two tokens, or an option is impossible; nothing was changed.</exception>
    /// <exception cref="NonFiniteException">The loss is not finite; the model is as it was before that step.</exception>
    /// <exception cref="InvalidOperationException">Another thread is training it; nothing was changed.</exception>
    public FitReport FineTune(
        IReadOnlyList<string> texts, IReadOnlyList<string>? heldOut = null, TextFineTuneOptions? options = null, IProgress<FitProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(texts);
        options ??= new TextFineTuneOptions();
        options.Validate();
        (texts, heldOut) = HoldOut(texts, heldOut, options);
        return Fit(
            [], preparation => new CausalTexts(preparation, texts, options.Packing ?? TextPacking.None),
            heldOut is null ? null : (model, preparation, token) => Measure(model, new CausalTexts(preparation, heldOut, TextPacking.None), token), options, progress, cancellation);
    }

    /// <summary>Evaluates the model on texts: the mean <c>loss</c> of a token given those before it, its exponential <c>perplexity</c>, and the <c>accuracy</c>.</summary>
    /// <param name="texts">The texts; what is longer than the maximum length is cut.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <exception cref="ArgumentException">There is no text of two tokens.</exception>
    /// <exception cref="CheckpointException">The head is untrained.</exception>
    public Evaluation Evaluate(IReadOnlyList<string> texts, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(texts);
        var now = Current;
        now.RequireTrainedHead();
        return Measure(now.Model, new CausalTexts(now.Inputs, texts, TextPacking.None), cancellation);
    }

    private protected override void WriteInputs(string folder, TextPreparation inputs)
    {
        base.WriteInputs(folder, inputs);
        settings.Save(folder);
    }

    private protected override void Release() => steps.Release();

    private static string[] StopsOf(IReadOnlyList<string>? stops) => stops is null ? []
        : stops.Any(string.IsNullOrEmpty) ? throw new ArgumentException("a stop string is empty: it would end every text") : [.. stops];

    private static GenerationOptions WithStops(GenerationOptions options, TextPreparation inputs, string[] stops) => stops.Length == 0 ? options
        : options with { StopRules = [.. options.StopRules, tokens => TextStream.HasEnded(inputs.Tokeniser, tokens, stops)] };

    private int[] PromptOf(TextPreparation inputs, string prompt)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        return CausalTokens.OfPrompt(inputs.Tokeniser, prompt, Generation.BeginToken);
    }

    private Evaluation Measure(TextModel model, CausalTexts texts, CancellationToken cancellation)
    {
        var told = new TokenScores();
        foreach (int[] chosen in TextBatchPlan.ByLength([.. Enumerable.Range(0, texts.Count).Select(index => texts[index].Length)], Device))
        {
            cancellation.ThrowIfCancellationRequested();
            var rows = Array.ConvertAll(chosen, index => texts[index]);
            var batch = texts.Preparation.Batch(model, rows);
            var frame = new TextFrame(chosen, rows, batch.Length, texts.Preparation.Tokeniser.PadsLeft);
            using var pass = Pass.Infer(Device);
            var logits = model.Forward(pass, batch)["logits"].Value;
            float[] numbers = logits.ToArray();
            int vocabulary = logits.Shape[2], length = logits.Shape[1], virtualTokens = length - batch.Length;
            for (int row = 0; row < rows.Length; row++)
                for (int token = 1; token < rows[row].Length; token++)
                {
                    int place = row * length + virtualTokens + frame.Start(row) + token - 1, word = rows[row].Ids[token];
                    told.Add(numbers.AsSpan(place * vocabulary, vocabulary), word);
                }
        }
        return told.Evaluate();
    }
}
