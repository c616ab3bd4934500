using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Graft.Autograd;
using Graft.Tensors;
using Graft.Transfer;

namespace Graft.Tasks;

/// <summary>Texts as a model's training set.</summary>
internal sealed class TextTrainingSet : IStagedTrainingSet
{
    private readonly TextModel model;
    private readonly TextExamples examples;
    private readonly BatchPlan plan;
    private readonly ulong seed;
    private readonly IExampleOrder? order;

    public TextTrainingSet(TextModel model, TextExamples examples, int batchSize, ulong seed, IExampleOrder? order = null)
    {
        if (examples.Count == 0) throw new ArgumentException("there is no text to learn from");
        (this.model, this.examples, this.seed, this.order) = (model, examples, seed, order);
        plan = new BatchPlan(examples.Count, batchSize, even: true);
    }

    public int BatchesPerEpoch => plan.Count;

    /// <summary>The domain that is adapted to; null for none.</summary>
    public TextTarget? Target { get; init; }

    public int Examples => examples.Count;

    public int? Views => examples.IsSameEachEpoch ? 1 : null;

    public bool CanStartAt(string stage) => model.IsHeadOnStates && model.Stages[^1].Name == stage && !examples.LooksAtTexts && Target is null;

    public IEnumerable<IReadOnlyList<int>> Plan(int epoch)
    {
        int[] lengths = [.. Enumerable.Range(0, examples.Count).Select(examples.LengthOf)];
        return TextBatchPlan.Epoch(lengths, plan, seed, epoch, order);
    }

    public IEnumerable<IStagedBatch> Inputs(int view, IReadOnlyList<int> examples, CancellationToken cancellation)
    {
        int[] lengths = [.. examples.Select(index => this.examples[index].Length)];
        foreach (int[] chosen in TextBatchPlan.ByLength(lengths, Device.Cpu))
        {
            cancellation.ThrowIfCancellationRequested();
            yield return new Batch(this, [.. chosen.Select(at => examples[at])], epoch: 0, step: 0);
        }
    }

    public Variable LossFrom(Variable x, string stage, IReadOnlyList<int> examples) => this.examples.LossOf(model, model.ForwardHead(x), [.. examples]);

    public IEnumerable<ITrainingBatch> Epoch(int epoch, CancellationToken cancellation) => EpochFrom(epoch, 0, cancellation);

    public IEnumerable<ITrainingBatch> EpochFrom(int epoch, int batchesDone, CancellationToken cancellation)
    {
        long step = (long)epoch * plan.Count + batchesDone;
        foreach (int[] chosen in Plan(epoch).Skip(batchesDone).Cast<int[]>())
        {
            cancellation.ThrowIfCancellationRequested();
            yield return new Batch(this, chosen, epoch, step++);
        }
    }

    private sealed class Batch(TextTrainingSet set, int[] chosen, int epoch, long step) : ITrainingBatch, IStagedBatch
    {
        private readonly TextModel model = set.model;
        private readonly TextExamples examples = set.examples;

        public int Count => chosen.Length;

        public IReadOnlyList<int> Examples => chosen;

        public IReadOnlyList<string> ExampleNames => [.. chosen.Select(static index => string.Create(CultureInfo.InvariantCulture, $"example {index + 1}"))];

        public Variable Loss(Pass pass) => set.Target is { } target ? target.Loss(model, pass, examples, chosen, step) : examples.Loss(model, pass, chosen, epoch);

        public Variable Below(Pass pass, string stage) => model.SequenceStates(pass, examples.Preparation.Batch(model, Array.ConvertAll(chosen, index => examples[index])));

        public void AppendContent(int row, IncrementalHash hash)
        {
            var text = examples[chosen[row]];
            hash.AppendData(MemoryMarshal.AsBytes<int>(text.Ids));
            hash.AppendData(MemoryMarshal.AsBytes<int>(text.TokenTypes));
        }
    }
}
