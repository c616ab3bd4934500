using Graft.Autograd;
using Graft.Tensors;
using Graft.Text;
using Graft.Transfer;

namespace Graft.Tasks;

/// <summary>Makes texts of texts: translations, summaries. An encoder-decoder (T5, BART, Marian) learns from pairs by teacher forcing and writes by a search with
/// beams.</summary>
/// <remarks>Threads may share it as the remarks on <see cref="TaskModel{TModel, TInputs, TRecipe}"/> say.</remarks>
/// <example><code>
/// using var translator = SequenceToSequence.FromPretrained("opus-mt-de-en");
/// translator.FineTune(ParallelTexts.Open("train.tsv"));
/// Console.WriteLine(translator.Generate("Guten Morgen!"));
/// translator.Save("translator");
/// </code></example>
public sealed class SequenceToSequence : TextTask
{
    /// <summary>How many texts are sorted by length together: what is held in memory of a stream.</summary>
    private const int TextsTogether = 512;

    /// <summary>The most rows that are written at a time, beams counted.</summary>
    private const int MostRows = 64;

    private readonly WritingSettings settings;
    private readonly StepLender<EncoderDecoderStep> steps;

    private SequenceToSequence(TextModelSource source, Device? device) : base(source, device)
    {
        settings = WritingSettings.Of(source.Folder, ModelOf(source.State.Model));
        steps = new StepLender<EncoderDecoderStep>(model => new EncoderDecoderStep(ModelOf(model), Device));
    }

    /// <summary>Opens a folder of the hub.</summary>
    /// <param name="folder">A folder with <c>config.json</c>, weights and the tokeniser's files.</param>
    /// <param name="device">Where to compute; null for the CPU.</param>
    /// <param name="seed">The seed of what the weights do not have.</param>
    /// <param name="options">Which weights of the folder, and what to tolerate; null to find them.</param>
    /// <exception cref="CheckpointException">A file is missing or malformed, the architecture is not built, or the weights do not fit.</exception>
    /// <exception cref="ArgumentException">The model is of another family than encoder-decoders.</exception>
    public static SequenceToSequence FromPretrained(string folder, Device? device = null, ulong seed = 0, LoadOptions? options = null) =>
        new(TextModelSource.FromFolder(folder, TextHead.SequenceToSequence, seed, options), device);

    /// <summary>Starts from a model of any source: <see cref="TextModelSource.FromConfig"/> starts from nothing.</summary>
    /// <param name="source">Where it comes from.</param>
    /// <param name="device">Where to compute; null for the CPU.</param>
    /// <exception cref="ArgumentException">It is no encoder-decoder with a head.</exception>
    public static SequenceToSequence From(TextModelSource source, Device? device = null) => new(
        TextModelSource.Fitting(source, static model => model is EncoderDecoderModel { Head: TextHead.SequenceToSequence }, "does not make texts of texts: an encoder-decoder does"), device);

    /// <summary>Loads a folder that <see cref="TaskModel{TModel, TInputs, TRecipe}.Save"/> wrote, or one of the hub.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="device">Where to compute; null for the CPU.</param>
    /// <exception cref="CheckpointException">A file is missing or malformed.</exception>
    public static SequenceToSequence Load(string folder, Device? device = null)
    {
        var writer = FromPretrained(folder, device);
        writer.RequireTrainedHead();
        return writer;
    }

    /// <summary>How texts are written where nothing else is said: what <c>generation_config.json</c> says, with the model's own end.</summary>
    public GenerationOptions Generation => settings.Options;

    /// <summary>Learns pairs: what is to be written is given word for word, and each next word learnt (teacher forcing). Padding has no part in the loss;
    /// <see cref="TextFineTuneOptions.LabelSmoothing"/> spreads the labels (Hugging Face's <c>LabelSmoother</c>).</summary>
    /// <param name="training">What is learnt from.</param>
    /// <param name="validation">What is evaluated on after each epoch (<c>loss</c>, <c>perplexity</c>, <c>accuracy</c> of the next word); null for nothing.</param>
    /// <param name="options">How; null for the default recipe.</param>
    /// <param name="progress">Reports each step.</param>
    /// <param name="cancellation">Stops after the step that is running; the model keeps what it learnt.</param>
    /// <exception cref="ArgumentException">An option is impossible; nothing was changed.</exception>
    /// <exception cref="NonFiniteException">The loss is not finite; the model is as it was before that step.</exception>
    /// <exception cref="InvalidOperationException">Another thread is fine-tuning it; nothing was changed.</exception>
    public FitReport FineTune(
        ParallelTexts training, ParallelTexts? validation = null, TextFineTuneOptions? options = null, IProgress<FitProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(training);
        options ??= new TextFineTuneOptions();
        options.Validate();
        if (validation is null && options.HeldOut > 0) (training, validation) = training.Split(options.HeldOut, options.Recipe.Seed);
        return Fit(
            [], preparation => new PairExamples(preparation, training, ModelOf(Model), options.LabelSmoothing),
            validation is null ? null : (model, preparation, token) => Told(new PairExamples(preparation, validation, ModelOf(model)), ModelOf(model), token),
            options, progress, cancellation);
    }

    /// <summary>Evaluates the model: the <c>loss</c>, <c>perplexity</c> and <c>accuracy</c> of each next word, and of the texts that it writes <c>bleu</c>
    /// (sacreBLEU's rule) and <c>chrf</c>, both of 100, <c>rouge1</c>, <c>rouge2</c> and <c>rougeL</c> (rouge-score's rule) and <c>exact_match</c>, of 1.</summary>
    /// <param name="pairs">Texts and what should be made of them.</param>
    /// <param name="generation">How texts are written; null for <see cref="Generation"/>.</param>
    /// <param name="cancellation">Ends the work.</param>
    public Evaluation Evaluate(ParallelTexts pairs, GenerationOptions? generation = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(pairs);
        var now = Current;
        now.RequireTrainedHead();
        var model = ModelOf(now.Model);
        var told = Told(new PairExamples(now.Inputs, pairs, model), model, cancellation).Metrics;
        string[] written = [.. Write(model, now.Inputs, pairs.Sources, generation ?? Generation, cancellation)];
        var targets = pairs.Targets;
        int exact = written.Zip(targets).Count(static pair => pair.First == pair.Second);
        return new Evaluation(pairs.Count, exact, new Metrics(
        [
            .. told.All, .. BleuScore.Of(written, targets).Figures, .. ChrfScore.Of(written, targets).Figures, .. RougeScores.Of(written, targets).Figures,
            ("exact_match", (double)exact / pairs.Count),
        ]));
    }

    /// <summary>What the model makes of a text.</summary>
    /// <param name="text">The text; what is longer than the model takes is cut off.</param>
    /// <param name="options">How it is written; null for <see cref="Generation"/>.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <exception cref="ArgumentException">The options contradict themselves.</exception>
    public string Generate(string text, GenerationOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Generate([text], options, cancellation).Single();
    }

    /// <summary>What the model makes of texts, in their order; they are read as they are needed. Of white space alone it makes nothing.</summary>
    /// <param name="texts">The texts; what is longer than the model takes is cut off.</param>
    /// <param name="options">How they are written; null for <see cref="Generation"/>. Of several sequences of a text the first is given. Without
    /// <see cref="GenerationOptions.MaximumNewTokens"/> none is longer than twice the longest text of its batch and 50.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <exception cref="ArgumentException">The options contradict themselves.</exception>
    public IEnumerable<string> Generate(IEnumerable<string> texts, GenerationOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(texts);
        options ??= Generation;
        options.Check();
        var now = Current;
        now.RequireTrainedHead();
        return Write(ModelOf(now.Model), now.Inputs, texts, options, cancellation);
    }

    private protected override void WriteInputs(string folder, TextPreparation inputs)
    {
        base.WriteInputs(folder, inputs);
        settings.Save(folder);
    }

    private protected override void Release() => steps.Release();

    private static EncoderDecoderModel ModelOf(TextModel model) => model as EncoderDecoderModel ?? throw new ArgumentException($"{model.Name} does not make texts of texts");

    private IEnumerable<string> Write(EncoderDecoderModel model, TextPreparation preparation, IEnumerable<string> texts, GenerationOptions options, CancellationToken cancellation)
    {
        var step = steps.Lend(model);
        try
        {
            foreach (string[] together in texts.Chunk(TextsTogether))
            {
                string[] written = new string[together.Length];
                Array.Fill(written, "");
                int[] some = [.. Enumerable.Range(0, together.Length).Where(index => !string.IsNullOrWhiteSpace(together[index]))];
                int[][] sources = Array.ConvertAll(some, index => PairExamples.Ended(preparation.Encode(together[index]).Ids, preparation, model));
                foreach (int[] batch in TextBatchPlan.ByLength(Array.ConvertAll(sources, static ids => ids.Length), Device))
                {
                    foreach (int[] chosen in batch.Chunk(Math.Max(1, MostRows / Math.Max(options.Beams, options.ReturnedSequences))))
                    {
                        cancellation.ThrowIfCancellationRequested();
                        step.Read(Array.ConvertAll(chosen, index => sources[index]));
                        int room = Math.Min(options.MaximumLength - 1, 2 * chosen.Max(index => sources[index].Length) + 50);
                        var given = options.MaximumNewTokens is null ? options with { MaximumNewTokens = Math.Max(1, room) } : options;
                        foreach (var sequence in TokenGenerator.Generate(step, step.Starts, given, cancellation).DistinctBy(static sequence => sequence.Prompt))
                            written[some[chosen[sequence.Prompt]]] = preparation.Tokeniser.Decode(Known(sequence.Tokens, preparation.Tokeniser), skipSpecialTokens: true).Trim();
                    }
                }
                foreach (string text in written) yield return text;
            }
        }
        finally
        {
            steps.TakeBack(model, step);
        }
    }

    /// <summary>The tokens that the tokeniser knows: a table of embeddings may have more rows than it has tokens.</summary>
    private static int[] Known(int[] tokens, Tokeniser tokeniser) => [.. tokens.Where(token => token < tokeniser.VocabularySize)];

    /// <summary>How well each next word is told, the right ones before it being given.</summary>
    private Evaluation Told(PairExamples examples, EncoderDecoderModel model, CancellationToken cancellation)
    {
        var scores = new TokenScores();
        foreach (int[] chosen in TextBatchPlan.ByLength([.. Enumerable.Range(0, examples.Count).Select(examples.LengthOf)], Device))
        {
            cancellation.ThrowIfCancellationRequested();
            var (batch, labels) = examples.Batch(model, chosen);
            using var pass = Pass.Infer(Device);
            scores.Add(model.Forward(pass, batch)["logits"].Value, labels);
        }
        return scores.Evaluate();
    }
}
