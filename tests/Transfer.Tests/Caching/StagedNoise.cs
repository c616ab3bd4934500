using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Graft.Autograd;
using Graft.Models;
using Graft.Tensors;

namespace Graft.Transfer.Tests;

/// <summary>Examples of noise whose class is the sign of their mean, shuffled in each epoch, for a model that can be run in parts.</summary>
internal sealed class StagedNoise(ImageModel model, int examples = 10, int batchSize = 4) : IStagedTrainingSet
{
    private const int Size = 48;

    /// <summary>How many rows have been computed below a stage.</summary>
    public int RowsBelow { get; private set; }

    /// <summary>How many examples have gone through the whole model.</summary>
    public int Whole { get; private set; }

    /// <summary>Changes an example.</summary>
    public Dictionary<int, float> Added { get; } = [];

    /// <summary>Cannot be read.</summary>
    public HashSet<int> Unreadable { get; } = [];

    /// <summary>Called before each batch of inputs.</summary>
    public Action? Before { get; set; }

    public int Examples => examples;

    public int? Views { get; init; } = 1;

    public int BatchesPerEpoch => (examples + batchSize - 1) / batchSize;

    public bool CanStartAt(string stage) => true;

    public IEnumerable<ITrainingBatch> Epoch(int epoch, CancellationToken cancellation)
    {
        foreach (var planned in Plan(epoch))
        {
            cancellation.ThrowIfCancellationRequested();
            int[] readable = [.. planned.Where(example => !Unreadable.Contains(example))];
            if (readable.Length > 0) yield return new Batch(this, readable, Views is { } views ? epoch % views : epoch);
        }
    }

    public IEnumerable<IReadOnlyList<int>> Plan(int epoch) => new RandomStream(3, "order").Permutation(examples, (ulong)epoch).Chunk(batchSize);

    public IEnumerable<IStagedBatch> Inputs(int view, IReadOnlyList<int> examples, CancellationToken cancellation)
    {
        foreach (int[] chunk in examples.Where(example => !Unreadable.Contains(example)).Chunk(3))
        {
            Before?.Invoke();
            cancellation.ThrowIfCancellationRequested();
            yield return new Batch(this, chunk, view);
        }
    }

    public Variable LossFrom(Variable x, string stage, IReadOnlyList<int> examples) => model.ForwardFrom(x, stage).CrossEntropy([.. examples.Select(Label)]);

    private static int Label(int example) => example % 2;

    private float[] Numbers(int example, int view)
    {
        var numbers = new float[Size];
        new RandomStream(7, $"example{example}/{view}").FillNormal(numbers, Added.GetValueOrDefault(example) + Label(example), 1f);
        return numbers;
    }

    private sealed class Batch(StagedNoise set, int[] chosen, int view) : ITrainingBatch, IStagedBatch
    {
        public int Count => chosen.Length;

        public IReadOnlyList<int> Examples => chosen;

        public Variable Loss(Pass pass)
        {
            set.Whole += chosen.Length;
            return set.Model.Forward(Images(pass)).CrossEntropy([.. chosen.Select(Label)]);
        }

        public Variable Below(Pass pass, string stage)
        {
            set.RowsBelow += chosen.Length;
            return set.Model.ForwardBelow(Images(pass), stage);
        }

        public void AppendContent(int row, IncrementalHash hash) => hash.AppendData(MemoryMarshal.AsBytes<float>(set.Numbers(chosen[row], view)));

        private Variable Images(Pass pass)
        {
            float[] numbers = [.. chosen.SelectMany(example => set.Numbers(example, view))];
            return pass.Constant(pass.Upload<float>([chosen.Length, 4, 4, 3], numbers).Permute(0, 3, 1, 2));
        }
    }

    private ImageModel Model => model;
}
