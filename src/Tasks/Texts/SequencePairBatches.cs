using Graft.Autograd;
using Graft.Tensors;
using Graft.Transfer;

namespace Graft.Tasks;

/// <summary>Pairs of sequences in batches of about as many tokens each, for an encoder-decoder that learns to write the one where it reads the other: teacher
/// forcing. Pairs of about one length are together, drawn anew in each epoch.</summary>
/// <remarks>fairseq's <c>--max-tokens</c>; the loss is the mean over the tokens of a batch.</remarks>
public sealed class SequencePairBatches : ITrainingSet
{
    private readonly EncoderDecoderModel model;
    private readonly IReadOnlyList<SequencePair> pairs;
    private readonly SequencePairOptions options;
    private readonly int[] lengths;
    private readonly (int Start, int End)[] cuts;

    /// <summary>Plans the batches; nothing is computed yet.</summary>
    /// <param name="model">The model that is to learn.</param>
    /// <param name="pairs">What it is to learn.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <exception cref="ArgumentException">There is no pair, or a side of one is empty.</exception>
    public SequencePairBatches(EncoderDecoderModel model, IReadOnlyList<SequencePair> pairs, SequencePairOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(pairs);
        this.options = options ??= new SequencePairOptions();
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.TokensPerBatch);
        if (!(options.LabelSmoothing is >= 0 and < 1))
            throw new ArgumentOutOfRangeException(nameof(options), options.LabelSmoothing, "the share of labels that is spread over all words lies in [0, 1)");
        if (pairs.Count == 0) throw new ArgumentException("there is no pair to learn from", nameof(pairs));
        (this.model, this.pairs) = (model, pairs);
        lengths = new int[pairs.Count];
        for (int at = 0; at < lengths.Length; at++)
        {
            if (pairs[at].Source.Length == 0 || pairs[at].Target.Length == 0) throw new ArgumentException($"a side of pair {at} has no token", nameof(pairs));
            lengths[at] = Math.Max(pairs[at].Source.Length, pairs[at].Target.Length);
        }
        cuts = Cut(lengths, options.TokensPerBatch);
    }

    /// <inheritdoc/>
    public int BatchesPerEpoch => cuts.Length;

    /// <summary>How many tokens all targets have.</summary>
    public long TargetTokens => pairs.Sum(static pair => (long)pair.Target.Length);

    /// <inheritdoc/>
    public IEnumerable<ITrainingBatch> Epoch(int epoch, CancellationToken cancellation) => EpochFrom(epoch, 0, cancellation);

    /// <inheritdoc/>
    public IEnumerable<ITrainingBatch> EpochFrom(int epoch, int batchesDone, CancellationToken cancellation)
    {
        int[] drawn = new RandomStream(options.Seed, "pairs").Permutation(pairs.Count, (ulong)epoch);
        // a stable order of one length after the other: the cuts are the same in every epoch
        int[] order = [.. drawn.OrderBy(pair => lengths[pair])];
        foreach (int batch in new RandomStream(options.Seed, "batches of pairs").Permutation(cuts.Length, (ulong)epoch).Skip(batchesDone))
        {
            cancellation.ThrowIfCancellationRequested();
            yield return new Batch(this, order[cuts[batch].Start..cuts[batch].End], epoch);
        }
    }

    /// <summary>The mean loss over the tokens of all targets, and its exponential, <c>perplexity</c>: without dropout, smoothing or
    /// <see cref="SequencePairOptions.Corrupt"/>.</summary>
    /// <param name="device">Where to compute.</param>
    /// <param name="cancellation">Ends the work.</param>
    public Evaluation Evaluate(Device device, CancellationToken cancellation = default)
    {
        double sum = 0;
        long tokens = 0;
        int[] order = [.. Enumerable.Range(0, pairs.Count).OrderBy(pair => lengths[pair])];
        foreach (var (start, end) in cuts)
        {
            cancellation.ThrowIfCancellationRequested();
            int[] chosen = order[start..end];
            var (batch, labels) = Make(chosen, epoch: null);
            using var pass = Pass.Infer(device);
            int count = chosen.Sum(pair => pairs[pair].Target.Length);
            sum += (double)count * model.Loss(pass, batch, new TextTargets { Labels = labels }).Value.ToArray()[0];
            tokens += count;
        }
        return new Evaluation(pairs.Count, new Metrics((Metrics.Loss, sum / tokens), ("perplexity", Text.Perplexity.Of(sum, tokens))));
    }

    private (TextBatch Batch, int[] Labels) Make(int[] chosen, int? epoch)
    {
        var made = Array.ConvertAll(chosen, pair => epoch is { } number && options.Corrupt is { } corrupt ? corrupt(pairs[pair], pair, number) : pairs[pair]);
        int[][] sources = Array.ConvertAll(made, static pair => pair.Source);
        int longest = made.Max(static pair => pair.Target.Length);
        int[] labels = new int[chosen.Length * longest];
        Array.Fill(labels, TextTargets.Ignored);
        for (int row = 0; row < chosen.Length; row++) made[row].Target.CopyTo(labels, row * longest);
        return (model.WithLabels(model.Pad(sources), labels), labels);
    }

    private static (int Start, int End)[] Cut(int[] lengths, int tokens)
    {
        int[] sorted = [.. lengths.Order()];
        var cuts = new List<(int, int)>();
        for (int start = 0, at = 1; at <= sorted.Length; at++)
        {
            if (at < sorted.Length && (long)sorted[at] * (at + 1 - start) <= tokens) continue;
            cuts.Add((start, at));
            start = at;
        }
        return [.. cuts];
    }

    private sealed class Batch(SequencePairBatches all, int[] chosen, int epoch) : ITrainingBatch
    {
        public int Count => chosen.Length;

        public IReadOnlyList<string> ExampleNames => [.. chosen.Select(static pair => FormattableString.Invariant($"pair {pair}"))];

        public Variable Loss(Pass pass)
        {
            var (batch, labels) = all.Make(chosen, epoch);
            return all.model.Loss(pass, batch, new TextTargets { Labels = labels, LabelSmoothing = all.options.LabelSmoothing });
        }
    }
}

/// <summary>How an encoder-decoder learns from pairs.</summary>
public sealed record SequencePairOptions
{
    /// <summary>The most tokens of a batch, padding included, on its longer side; one pair alone may have more.</summary>
    public int TokensPerBatch { get; init; } = 2048;

    /// <summary>How much of each label is spread over all words, in [0, 1).</summary>
    public float LabelSmoothing { get; init; }

    /// <summary>The seed of the order.</summary>
    public ulong Seed { get; init; }

    /// <summary>What takes a pair's place in training, made of the pair, its number and the epoch: its source with <see cref="TextInfilling.Corrupt"/>, or what
    /// <see cref="SpanCorruption.Corrupt"/> makes of its source; null for the pair itself. Batches are planned by the pairs as they are.</summary>
    public Func<SequencePair, int, int, SequencePair>? Corrupt { get; init; }
}
