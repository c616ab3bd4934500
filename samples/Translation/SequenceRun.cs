using Graft.Models;
using Graft.Tasks;
using Graft.Tensors;
using Graft.Text;
using Graft.Transfer;

namespace Graft.Samples.Sequences;

/// <summary>How an encoder-decoder is trained.</summary>
internal sealed record SequenceRecipe
{
    public int Epochs { get; init; } = 18;

    public double Rate { get; init; } = 1e-3;

    public double WarmUp { get; init; } = 0.1;

    public float LabelSmoothing { get; init; } = 0.1f;

    public int TokensPerBatch { get; init; } = 2048;

    public ulong Seed { get; init; }

    /// <summary>What is kept as it is, a pattern of names such as <c>model.encoder.**</c>; null for nothing.</summary>
    public string? Frozen { get; init; }

    /// <summary>The training is stopped then, to go on with <see cref="Resume"/>; null to make all epochs.</summary>
    public TimeSpan? Limit { get; init; }

    public bool Resume { get; init; }
}

/// <summary>A model with its tokeniser: trained on pairs of texts, kept in a folder, and writing.</summary>
internal sealed class SequenceRun(EncoderDecoderModel model, Tokeniser tokeniser, Device device) : IDisposable
{
    private const int TextsAtOnce = 32;

    public EncoderDecoderModel Model => model;

    /// <summary>The tokens of pairs; what is longer than the model takes is cut.</summary>
    public IReadOnlyList<SequencePair> Pairs(ParallelTexts texts) =>
        [.. Enumerable.Range(0, texts.Count).Select(index => new SequencePair(Tokens(texts[index].Source), Tokens(texts[index].Target)))];

    /// <summary>Trains it; false where the time was over before the epochs.</summary>
    /// <param name="pairs">What it learns.</param>
    /// <param name="heldOut">What it is evaluated on after each epoch.</param>
    /// <param name="recipe">How.</param>
    /// <param name="folder">Where it is kept meanwhile.</param>
    /// <param name="corrupt">What is made of a pair before it is learnt; null for the pair itself.</param>
    public bool Train(
        IReadOnlyList<SequencePair> pairs, IReadOnlyList<SequencePair> heldOut, SequenceRecipe recipe, string folder, Func<SequencePair, int, int, SequencePair>? corrupt = null)
    {
        var set = new SequencePairBatches(model, pairs, new SequencePairOptions
        {
            TokensPerBatch = recipe.TokensPerBatch,
            LabelSmoothing = recipe.LabelSmoothing,
            Seed = recipe.Seed,
            Corrupt = corrupt,
        });
        // what is held out of a training that restores is read as corrupted as the first epoch's
        if (corrupt is not null) heldOut = [.. heldOut.Select((pair, number) => corrupt(pair, number, 0))];
        var validation = new SequencePairBatches(model, heldOut, new SequencePairOptions { TokensPerBatch = recipe.TokensPerBatch });
        if (recipe.Frozen is not null) model.Freeze(recipe.Frozen);
        var groups = new ParameterGroups(model);
        groups.Rates(recipe.Rate);
        using var optimiser = Optimiser.AdamW(groups, beta2: 0.98, epsilon: 1e-9, weightDecay: 1e-4, clipNorm: 1);
        var trainer = new Trainer(optimiser, device)
        {
            Seed = recipe.Seed,
            Checkpoints = new TrainingCheckpoints(Path.Combine(folder, "checkpoints"))
            {
                Resume = recipe.Resume,
                Identity = [new("recipe", (recipe with { Limit = null, Resume = false }).ToString()), new("pairs", FormattableString.Invariant($"{pairs.Count}"))],
            },
        };
        using var stop = new CancellationTokenSource();
        if (recipe.Limit is { } limit) stop.CancelAfter(limit);
        Console.Error.WriteLine(
            $"{groups.TrainableParameters:n0} numbers learn from {pairs.Count:n0} pairs of {set.TargetTokens:n0} tokens to write, {set.BatchesPerEpoch} batches an epoch");
        var schedule = Schedule.Cosine(1, 0.02).WithWarmUp(recipe.WarmUp);
        var report = trainer.Fit(set, recipe.Epochs, schedule, token => validation.Evaluate(device, token), new Log(set), stop.Token);
        Console.Error.WriteLine($"{report.Steps} steps in {report.Seconds:0} s{(report.Interrupted ? ", not all: go on with --resume" : "")}");
        return !report.Interrupted;
    }

    /// <summary>What it writes for texts, with beams.</summary>
    public string[] Write(IReadOnlyList<string> texts, int beams, int longest)
    {
        using var step = new EncoderDecoderStep(model, device);
        var options = new GenerationOptions { Beams = beams, MaximumNewTokens = longest, EndTokens = [model.EndToken!.Value], PaddingToken = tokeniser.PaddingId };
        string[] written = new string[texts.Count];
        int[][] tokens = [.. texts.Select(Tokens)];
        // texts of one length together
        foreach (int[] chosen in Enumerable.Range(0, texts.Count).OrderBy(index => tokens[index].Length).Chunk(TextsAtOnce))
        {
            step.Read([.. chosen.Select(index => tokens[index])]);
            var sequences = TokenGenerator.Generate(step, step.Starts, options);
            for (int at = 0; at < chosen.Length; at++) written[chosen[at]] = tokeniser.Decode([.. sequences[at].Tokens], skipSpecialTokens: true).Trim();
        }
        return written;
    }

    /// <summary>Writes a folder of the hub's kind, which <c>graft</c> opens.</summary>
    public void Save(string folder, byte[] config)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllBytes(Path.Combine(folder, "config.json"), config);
        tokeniser.Save(folder);
        model.Save(Path.Combine(folder, "model.safetensors"));
    }

    public void Dispose() => model.Dispose();

    private int[] Tokens(string text) => tokeniser.Encode(text, null, new TokeniseOptions { MaximumLength = model.Sizes.MaximumLength }).Ids;

    /// <summary>Says after each epoch, and every hundred steps, how it goes.</summary>
    private sealed class Log(SequencePairBatches set) : IProgress<FitProgress>
    {
        // those of this process: a training that goes on has made others
        private int steps;
        private double before = System.Diagnostics.Process.GetCurrentProcess().TotalProcessorTime.TotalSeconds;

        public void Report(FitProgress value)
        {
            if (value.Finished is { } epoch)
            {
                // by the processor's time, which says the same on a machine that has other work
                double processor = System.Diagnostics.Process.GetCurrentProcess().TotalProcessorTime.TotalSeconds, spent = processor - before;
                before = processor;
                double written = (double)set.TargetTokens * steps / set.BatchesPerEpoch;
                steps = 0;
                Console.Error.WriteLine($"epoch {epoch.Epoch} of {value.Epochs}: loss {epoch.Loss:0.000}{(epoch.Validation is { } held ? $", held out {held.Loss:0.000}" : "")}, "
                    + $"{epoch.Seconds:0} s; {written / spent:n0} tokens written for a second of a processor");
            }
            else if (++steps % 100 == 0) Console.Error.WriteLine($"  step {value.Step} of {value.Steps}: loss {value.Loss:0.000}, {value.Elapsed.TotalSeconds:0} s");
        }
    }
}
