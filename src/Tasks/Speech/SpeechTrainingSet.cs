using Graft.Autograd;
using Graft.Tensors;
using Graft.Transfer;

namespace Graft.Tasks;

/// <summary>Sounds as a model's training set, in batches of about one length.</summary>
internal sealed class SpeechTrainingSet : ITrainingSet
{
    /// <summary>How many frames are hidden at a stretch (<c>mask_time_length</c>).</summary>
    private const int HiddenTogether = 10;

    private readonly SpeechModel model;
    private readonly SpeechExamples examples;
    private readonly SpeechFineTuneOptions options;
    private readonly BatchPlan plan;

    public SpeechTrainingSet(SpeechModel model, SpeechExamples examples, SpeechFineTuneOptions options)
    {
        if (examples.Count == 0) throw new ArgumentException("there is no sound to learn from");
        if (options.HiddenShare > 0 && model.InputWidth != 1) throw new ArgumentException($"frames are hidden from wav2vec 2.0, not from {model.Name}: leave --mask-time out");
        (this.model, this.examples, this.options) = (model, examples, options);
        plan = new BatchPlan(examples.Count, options.BatchSize!.Value, even: true);
    }

    public int BatchesPerEpoch => plan.Count;

    public IEnumerable<ITrainingBatch> Epoch(int epoch, CancellationToken cancellation) => EpochFrom(epoch, 0, cancellation);

    public IEnumerable<ITrainingBatch> EpochFrom(int epoch, int batchesDone, CancellationToken cancellation)
    {
        ulong seed = options.Recipe.Seed;
        foreach (int[] chosen in TextBatchPlan.Epoch(examples.Lengths, plan, seed, epoch, options.Classes.Order(examples.Classes, seed)).Skip(batchesDone))
        {
            cancellation.ThrowIfCancellationRequested();
            yield return new Batch(this, chosen, epoch);
        }
    }

    private SpeechBatch BatchOf(int[] chosen, int epoch)
    {
        var batch = examples.Batch(model, chosen);
        return options.HiddenShare > 0
            ? new SpeechBatch(batch.Sounds, batch.Length, batch.Values, batch.Lengths, batch.Width) { HiddenFrames = Hidden(batch, chosen, epoch) } : batch;
    }

    /// <summary>Stretches of each sound, as many as make the share with a chance of one more, anywhere in it.</summary>
    private bool[] Hidden(SpeechBatch batch, int[] chosen, int epoch)
    {
        int length = model.FramesOf(batch.Length);
        var hidden = new bool[checked(batch.Sounds * length)];
        var random = new RandomStream(options.Recipe.Seed, "hidden frames");
        for (int row = 0; row < batch.Sounds; row++)
        {
            ulong step = (ulong)epoch * (ulong)examples.Count + (ulong)chosen[row];
            int frames = model.FramesOf(batch.LengthOf(row));
            if (frames <= HiddenTogether) continue;
            int stretches = (int)(options.HiddenShare * frames / HiddenTogether + random.Uniform(0, step));
            for (int stretch = 1; stretch <= stretches; stretch++)
                hidden.AsSpan(row * length + random.Below(frames - HiddenTogether + 1, (ulong)stretch, step), HiddenTogether).Fill(true);
        }
        return hidden;
    }

    private sealed class Batch(SpeechTrainingSet all, int[] chosen, int epoch) : ITrainingBatch
    {
        public int Count => chosen.Length;

        public IReadOnlyList<string> ExampleNames => [.. chosen.Select(all.examples.Name)];

        public Variable Loss(Pass pass) => all.examples.Loss(all.model, pass, all.BatchOf(chosen, epoch), chosen);
    }
}
