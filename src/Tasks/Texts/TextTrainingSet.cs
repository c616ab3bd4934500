using Graft.Autograd;
using Graft.Transfer;

namespace Graft.Tasks;

/// <summary>Texts as a model's training set.</summary>
internal sealed class TextTrainingSet : ITrainingSet
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

    public IEnumerable<ITrainingBatch> Epoch(int epoch, CancellationToken cancellation)
    {
        int[] lengths = [.. Enumerable.Range(0, examples.Count).Select(index => examples[index].Length)];
        foreach (int[] chosen in TextBatchPlan.Epoch(lengths, plan, seed, epoch, order))
        {
            cancellation.ThrowIfCancellationRequested();
            yield return new Batch(model, examples, chosen, epoch);
        }
    }

    private sealed class Batch(TextModel model, TextExamples examples, int[] chosen, int epoch) : ITrainingBatch
    {
        public int Count => chosen.Length;

        public Variable Loss(Pass pass) => examples.Loss(model, pass, chosen, epoch);
    }
}
