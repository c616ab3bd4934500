using Graft.Autograd;
using Graft.Tensors;
using Graft.Transfer;

namespace Graft.Tasks;

/// <summary>Masked language modelling (Devlin et al. 2018): an encoder learns from texts without labels, from nothing or on (domain-adaptive pretraining;
/// Gururangan et al. 2020). Its saved folder is one that every text task opens.</summary>
/// <remarks>Threads may share it as the remarks on <see cref="TaskModel{TModel, TInputs, TRecipe}"/> say. The texts of a file are joined and cut into blocks
/// of the maximum length.</remarks>
public sealed class LanguageModelPretraining : TextTask
{
    private LanguageModelPretraining(TextModelSource source, Device? device) : base(source, device)
    {
    }

    /// <summary>Opens a folder of the hub; an encoder without a language model's head is given one.</summary>
    /// <param name="folder">A folder with <c>config.json</c>, weights and the tokeniser's files.</param>
    /// <param name="device">Where to compute; null for the CPU.</param>
    /// <param name="seed">The seed of a new head's initial values.</param>
    /// <param name="options">Which weights of the folder, and what to tolerate; null to find them.</param>
    /// <exception cref="CheckpointException">A file is missing or malformed, the architecture is not built, or the weights do not fit.</exception>
    public static LanguageModelPretraining FromPretrained(string folder, Device? device = null, ulong seed = 0, LoadOptions? options = null) =>
        new(TextModelSource.FromFolder(folder, TextHead.MaskedLanguageModel, seed, options), device);

    /// <summary>Starts from a model of any source with a language model's head; <see cref="TextModelSource.FromScratch"/> starts from nothing.</summary>
    /// <param name="source">Where it comes from.</param>
    /// <param name="device">Where to compute; null for the CPU.</param>
    /// <exception cref="ArgumentException">It has another head.</exception>
    public static LanguageModelPretraining From(TextModelSource source, Device? device = null) =>
        new(TextModelSource.Fitting(source, static model => model.Head == TextHead.MaskedLanguageModel, "is no masked language model"), device);

    /// <summary>Learns to fill in tokens that are masked.</summary>
    /// <param name="texts">The texts.</param>
    /// <param name="heldOut">Texts to evaluate on after each epoch (<c>loss</c>, <c>perplexity</c> of masked tokens, <c>accuracy</c>); null for none.</param>
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
            [], preparation => new MaskedBlocks(preparation, texts, options.Recipe.Seed),
            heldOut is null ? null : (model, preparation, token) => Measure(model, new MaskedBlocks(preparation, heldOut, seed: 0), token), options, progress, cancellation);
    }

    /// <summary>Evaluates the model on texts: the mean <c>loss</c> of masked tokens, its exponential <c>perplexity</c>, and the <c>accuracy</c>.</summary>
    /// <param name="texts">The texts.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <exception cref="ArgumentException">There is no text.</exception>
    public Evaluation Evaluate(IReadOnlyList<string> texts, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(texts);
        var now = Current;
        now.RequireTrainedHead();
        return Measure(now.Model, new MaskedBlocks(now.Inputs, texts, seed: 0), cancellation);
    }

    private Evaluation Measure(TextModel model, MaskedBlocks blocks, CancellationToken cancellation)
    {
        var scores = new TokenScores();
        foreach (int[] chosen in Enumerable.Range(0, blocks.Count).Chunk(8))
        {
            cancellation.ThrowIfCancellationRequested();
            var (batch, labels) = blocks.Masked(model, chosen, epoch: 0);
            using var pass = Pass.Infer(Device);
            scores.Add(model.Forward(pass, batch)["logits"].Value, labels);
        }
        return scores.Evaluate();
    }
}
