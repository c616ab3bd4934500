using Graft.Autograd;
using Graft.Tensors;
using Graft.Text;
using Graft.Transfer;

namespace Graft.Tasks;

/// <summary>Replaced token detection (ELECTRA, Clark et al. 2020): an encoder learns from texts without labels by telling which words a small generator, which
/// learns beside it, has put in place of others. Its saved folder is one that every text task opens; the generator's lies within it.</summary>
/// <remarks>Threads may share it as the remarks on <see cref="TaskModel{TModel, TInputs, TRecipe}"/> say. The texts of a file are joined and cut into blocks
/// of the maximum length.</remarks>
public sealed class ReplacedTokenPretraining : TextTask
{
    private ReplacedTokenPretraining(TextModelSource source, Device? device) : base(source, device)
    {
    }

    /// <summary>Opens a folder of ELECTRA's discriminator, with the generator in its folder <c>generator</c>, or a new one.</summary>
    /// <param name="folder">A folder with <c>config.json</c>, weights and the tokeniser's files.</param>
    /// <param name="device">Where to compute; null for the CPU.</param>
    /// <param name="seed">The seed of what is new.</param>
    /// <param name="options">Which weights of the folder, and what to tolerate; null to find them.</param>
    /// <exception cref="CheckpointException">A file is missing or malformed, the architecture is another, or the weights do not fit.</exception>
    public static ReplacedTokenPretraining FromPretrained(string folder, Device? device = null, ulong seed = 0, LoadOptions? options = null) =>
        new(TextModelSource.Electra(folder, seed, options), device);

    /// <summary>Starts from a discriminator and a generator of any source: <see cref="TextModelSource.Electra"/>,
    /// <see cref="TextModelSource.ElectraFromConfig"/>.</summary>
    /// <param name="source">Where they come from.</param>
    /// <param name="device">Where to compute; null for the CPU.</param>
    /// <exception cref="ArgumentException">It has another model.</exception>
    public static ReplacedTokenPretraining From(TextModelSource source, Device? device = null) =>
        new(TextModelSource.Fitting(source, static model => model is ElectraPretraining, $"has no generator: take TextModelSource.{nameof(TextModelSource.Electra)}"), device);

    /// <summary>Learns to tell replaced tokens.</summary>
    /// <param name="texts">The texts.</param>
    /// <param name="heldOut">Texts to evaluate on after each epoch, as <see cref="Evaluate"/> does; null for none.</param>
    /// <param name="options">How; null for the default recipe.</param>
    /// <param name="progress">Reports each step.</param>
    /// <param name="cancellation">Stops after the step that is running; the model keeps what it learnt.</param>
    /// <exception cref="ArgumentException">There is no text, the tokeniser has no mask, or an option is impossible; nothing was changed.</exception>
    /// <exception cref="NonFiniteException">The loss is not finite; the model is as it was before that step.</exception>
    /// <exception cref="InvalidOperationException">Another thread is training it; nothing was changed.</exception>
    public FitReport Train(
        IReadOnlyList<string> texts, IReadOnlyList<string>? heldOut = null, TextFineTuneOptions? options = null, IProgress<FitProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(texts);
        options ??= new TextFineTuneOptions();
        options.Validate();
        (texts, heldOut) = HoldOut(texts, heldOut, options);
        return Fit(
            [], preparation => new ReplacedBlocks(preparation, texts, options.Recipe.Seed),
            heldOut is null ? null : (model, preparation, token) => Measure((ElectraPretraining)model, new ReplacedBlocks(preparation, heldOut, seed: 0), token),
            options, progress, cancellation);
    }

    /// <summary>Evaluates on texts, of which the generator fills 15 %: the discriminator's <c>accuracy</c> of all tokens, its <c>precision</c>, <c>recall</c> and
    /// <c>f1</c> of replaced ones, <c>discriminator_loss</c>, <c>generator_loss</c> of masked places, and the <c>loss</c> that both are learnt by.</summary>
    /// <param name="texts">The texts.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <exception cref="ArgumentException">There is no text.</exception>
    /// <exception cref="CheckpointException">The discriminator's head is untrained.</exception>
    public Evaluation Evaluate(IReadOnlyList<string> texts, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(texts);
        var now = Current;
        now.RequireTrainedHead();
        return Measure((ElectraPretraining)now.Model, new ReplacedBlocks(now.Inputs, texts, seed: 0), cancellation);
    }

    private protected override void WriteInputs(string folder, TextPreparation inputs)
    {
        base.WriteInputs(folder, inputs);
        inputs.Tokeniser.Save(Path.Combine(folder, ElectraPretraining.GeneratorFolder));
    }

    private Evaluation Measure(ElectraPretraining model, ReplacedBlocks blocks, CancellationToken cancellation)
    {
        double guessed = 0, told = 0;
        int masked = 0, tokens = 0, correct = 0, found = 0, sought = 0, both = 0;
        foreach (int[] chosen in Enumerable.Range(0, blocks.Count).Chunk(8))
        {
            cancellation.ThrowIfCancellationRequested();
            var (batch, words) = blocks.Masked(model, chosen, epoch: 0);
            using var pass = Pass.Infer(Device);
            var replaced = model.Replace(pass, batch, new TextTargets { Labels = words });
            guessed += replaced.GeneratorLoss.Value.ToArray()[0] * (double)replaced.Masked;
            masked += replaced.Masked;
            float[] logits = model.Forward(pass, replaced.Batch)["logits"].Value.ToArray();
            foreach (var (logit, label) in logits.Zip(replaced.Targets.Labels!))
            {
                if (label == TextTargets.Ignored) continue;
                bool isFound = logit > 0, isSought = label == 1;
                // log(1 + exp(x)) - x y, without overflow
                told += Math.Max(logit, 0) - (isSought ? logit : 0) + Math.Log(1 + Math.Exp(-Math.Abs((double)logit)));
                tokens++;
                if (isFound == isSought) correct++;
                if (isFound) found++;
                if (isSought) sought++;
                if (isFound && isSought) both++;
            }
        }
        var scores = new PrecisionRecall(both, found, sought);
        double generator = guessed / Math.Max(1, masked), discriminator = told / Math.Max(1, tokens);
        return new Evaluation(tokens, correct, new Metrics(
            (Transfer.Metrics.Loss, generator + model.Weight * discriminator), (Transfer.Metrics.Accuracy, (double)correct / Math.Max(1, tokens)), ("f1", scores.F1),
            ("precision", scores.Precision), ("recall", scores.Recall), ("discriminator_loss", discriminator), ("generator_loss", generator)));
    }
}
