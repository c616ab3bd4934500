using Graft.Tensors;
using Graft.Text;
using Graft.Transfer;

namespace Graft.Tasks;

/// <summary>Token classification, as of named entities: a tag for each word, whose first token decides. Long texts are read piece by piece.</summary>
/// <remarks>Threads may share it as the remarks on <see cref="TaskModel{TModel, TInputs, TRecipe}"/> say.</remarks>
/// <example><code>
/// using var tagger = TokenClassifier.FromPretrained("all-MiniLM-L6-v2");
/// tagger.FineTune(TaggedTexts.Open("train.conll"));
/// foreach (var entity in tagger.Predict("Ada Lovelace lived in London.").Entities) Console.WriteLine($"{entity.Type} {entity.Text}");
/// </code></example>
public sealed class TokenClassifier : TextTask
{
    private const string Outside = "O";

    private TokenClassifier(TextModelSource source, Device? device) : base(source, device)
    {
    }

    /// <summary>Opens a folder of the hub, with a token classifier or of an encoder alone, which is given one by a fine-tuning.</summary>
    /// <param name="folder">A folder with <c>config.json</c>, weights and the tokeniser's files.</param>
    /// <param name="device">Where to compute; null for the CPU.</param>
    /// <param name="seed">The seed of a new head's initial values.</param>
    /// <param name="options">Which weights of the folder, and what to tolerate; null to find them.</param>
    /// <exception cref="CheckpointException">A file is missing or malformed, the architecture is not built, or the weights do not fit.</exception>
    public static TokenClassifier FromPretrained(string folder, Device? device = null, ulong seed = 0, LoadOptions? options = null) =>
        new(TextModelSource.FromFolder(folder, TextHead.TokenClassification, seed, options), device);

    /// <summary>Starts from a model of any source with a head for tokens.</summary>
    /// <param name="source">Where it comes from.</param>
    /// <param name="device">Where to compute; null for the CPU.</param>
    /// <exception cref="ArgumentException">It has another head.</exception>
    public static TokenClassifier From(TextModelSource source, Device? device = null) =>
        new(TextModelSource.Fitting(source, static model => model.Head == TextHead.TokenClassification, "is no token classifier"), device);

    /// <summary>Loads a folder that <see cref="TaskModel{TModel, TInputs, TRecipe}.Save"/> wrote, or a token classifier's folder of the hub.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="device">Where to compute; null for the CPU.</param>
    /// <exception cref="CheckpointException">A file is missing or malformed, or the model is of another task.</exception>
    public static TokenClassifier Load(string folder, Device? device = null)
    {
        var tagger = FromPretrained(folder, device);
        tagger.RequireTrainedHead();
        return tagger;
    }

    /// <summary>Fine-tunes the classifier on tagged sentences. Where the tags are not those of the head it gets a new one.</summary>
    /// <param name="training">What is learnt from.</param>
    /// <param name="validation">What is evaluated on after each epoch; null for nothing.</param>
    /// <param name="options">How; null for the default recipe.</param>
    /// <param name="progress">Reports each step.</param>
    /// <param name="cancellation">Stops after the step that is running; the classifier keeps what it learnt.</param>
    /// <exception cref="TextFileException">A tag to evaluate on is none of those to learn; nothing was changed.</exception>
    /// <exception cref="ArgumentException">An option is impossible; nothing was changed.</exception>
    /// <exception cref="NonFiniteException">The loss is not finite; the classifier is as it was before that step.</exception>
    /// <exception cref="InvalidOperationException">Another thread is fine-tuning it; nothing was changed.</exception>
    public FitReport FineTune(
        TaggedTexts training, TaggedTexts? validation = null, TextFineTuneOptions? options = null, IProgress<FitProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(training);
        options ??= new TextFineTuneOptions();
        options.Validate();
        if (options.HeldOut > 0 && validation is null) (training, validation) = training.Split(options.HeldOut, options.Recipe.Seed);
        var held = validation?.Match(training.TagNames);
        return Fit(
            training.TagNames, preparation => new Examples(preparation, training),
            held is null ? null : (model, preparation, token) => Measure(model, preparation, held, TagScheme.Lenient, token), options, progress, cancellation);
    }

    /// <summary>Evaluates the classifier by seqeval's rule: <c>precision</c>, <c>recall</c>, <c>f1</c> of entities, <c>accuracy</c> of words, <c>loss</c>.</summary>
    /// <param name="texts">The sentences; their tags are matched with the classifier's by name.</param>
    /// <param name="scheme">How the tags are read.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <exception cref="TextFileException">A tag is none of the classifier's.</exception>
    public Evaluation Evaluate(TaggedTexts texts, TagScheme scheme = TagScheme.Lenient, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(texts);
        var now = Current;
        now.RequireTrainedHead();
        return Measure(now.Model, now.Inputs, texts.Match(now.Labels), scheme, cancellation);
    }

    /// <summary>The tags and entities of a text.</summary>
    /// <param name="text">The text.</param>
    public TokenPrediction Predict(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Predict([text]).Single();
    }

    /// <summary>The tags and entities of texts, in their order; they are read as they are needed.</summary>
    /// <param name="texts">The texts.</param>
    /// <param name="cancellation">Ends the work.</param>
    public IEnumerable<TokenPrediction> Predict(IEnumerable<string> texts, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(texts);
        return Predictions(Current, texts, cancellation);
    }

    private IEnumerable<TokenPrediction> Predictions(
        TaskState<TextModel, TextPreparation, TextFineTuneOptions> now, IEnumerable<string> texts, CancellationToken cancellation)
    {
        now.RequireTrainedHead();
        var asked = new Queue<(string Text, int Windows)>();
        var rows = TextInference.Run(now.Model, Device, now.Inputs, texts.SelectMany(text =>
        {
            var windows = now.Inputs.Tokeniser.EncodeWindows(text, null, new TokeniseOptions { MaximumLength = now.Inputs.MaximumLength });
            asked.Enqueue((text, windows.Count));
            return windows;
        }), cancellation);
        var words = new SortedDictionary<int, TaggedWord>();
        int seen = 0;
        foreach (var row in rows)
        {
            for (int token = 0; token < row.Tokens.Length; token++)
            {
                int word = row.Tokens.Words[token];
                if (word < 0) continue;
                var (start, end) = row.Tokens.Offsets[token];
                if (words.TryGetValue(word, out var known))
                {
                    words[word] = known with { Start = Math.Min(known.Start, start), End = Math.Max(known.End, end) };
                    continue;
                }
                var (tag, probability) = TagOf(row, token, now.Labels.Count);
                words.Add(word, new TaggedWord(start, end, now.Labels[tag], probability));
            }
            var (text, windows) = asked.Peek();
            if (++seen < windows) continue;
            asked.Dequeue();
            yield return TokenPrediction.Of(text, [.. words.Values]);
            words.Clear();
            seen = 0;
        }
    }

    private static (int Tag, double Probability) TagOf(TextRow row, int token, int labels)
    {
        var logits = row["logits"].Slice((row.Start + token) * labels, labels);
        int tag = ImageInference.IndexOfLargest(logits);
        return (tag, Math.Exp(ImageInference.LogSoftmax(logits)[tag]));
    }

    private Evaluation Measure(TextModel model, TextPreparation preparation, TaggedTexts texts, TagScheme scheme, CancellationToken cancellation)
    {
        var examples = new Examples(preparation, texts);
        int labels = texts.TagNames.Count;
        string[][] predicted = [.. Enumerable.Range(0, texts.Count).Select(index => Enumerable.Repeat(Outside, texts[index].Words.Count).ToArray())];
        double loss = 0;
        int words = 0;
        var rows = TextInference.Run(model, Device, preparation, Enumerable.Range(0, examples.Count).Select(index => examples[index]), cancellation);
        foreach (var (index, row) in rows.Index())
        {
            var piece = examples.Piece(index);
            foreach (var (token, word) in piece.FirstTokens())
            {
                var logits = row["logits"].Slice((row.Start + token) * labels, labels);
                predicted[piece.Sentence][word] = texts.TagNames[ImageInference.IndexOfLargest(logits)];
                loss -= ImageInference.LogSoftmax(logits)[texts.Tags(piece.Sentence)[word]];
                words++;
            }
        }
        var scores = EntityScores.Of([.. Enumerable.Range(0, texts.Count).Select(index => texts[index].Tags)], predicted, scheme);
        return new Evaluation(texts.Count, new Metrics([(Transfer.Metrics.Loss, loss / Math.Max(1, words)), .. scores.Figures]));
    }

    /// <summary>Some words of a sentence, as many as the model takes.</summary>
    private sealed record WordPiece(int Sentence, int FirstWord, TokenisedText Tokens)
    {
        /// <summary>The first token of each word, with the word's number in the sentence.</summary>
        public IEnumerable<(int Token, int Word)> FirstTokens()
        {
            for (int token = 0; token < Tokens.Length; token++)
                if (Tokens.Words[token] >= 0 && (token == 0 || Tokens.Words[token] != Tokens.Words[token - 1])) yield return (token, FirstWord + Tokens.Words[token]);
        }
    }

    private sealed class Examples : TextExamples
    {
        private readonly TaggedTexts texts;
        private readonly List<WordPiece> pieces = [];

        public Examples(TextPreparation preparation, TaggedTexts texts) : base(preparation)
        {
            this.texts = texts;
            for (int sentence = 0; sentence < texts.Count; sentence++)
            {
                var words = texts[sentence].Words;
                for (int first = 0; first < words.Count;)
                {
                    var tokens = preparation.Tokeniser.EncodeWords(
                        first == 0 ? words : [.. words.Skip(first)], new TokeniseOptions { MaximumLength = preparation.MaximumLength });
                    pieces.Add(new WordPiece(sentence, first, tokens));
                    int last = tokens.Words.Max();
                    // the rest are words without a token
                    if (last < 0) break;
                    first += last + 1;
                }
            }
        }

        public override int Count => pieces.Count;

        public WordPiece Piece(int index) => pieces[index];

        protected override TextTargets Targets(TextFrame frame)
        {
            var labels = new int[frame.Texts.Count * frame.Length];
            Array.Fill(labels, TextTargets.Ignored);
            for (int row = 0; row < frame.Examples.Count; row++)
            {
                var piece = pieces[frame.Examples[row]];
                foreach (var (token, word) in piece.FirstTokens()) labels[row * frame.Length + frame.Start(row) + token] = texts.Tags(piece.Sentence)[word];
            }
            return new TextTargets { Labels = labels };
        }

        protected override TokenisedText Encode(int index) => pieces[index].Tokens;
    }
}
