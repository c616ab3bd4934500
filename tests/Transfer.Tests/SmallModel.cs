using Graft.Autograd;
using Graft.Models;
using Graft.Tensors;

namespace Graft.Transfer.Tests;

/// <summary>A convolution, a batch norm and a head, each a stage of its own: [N, 3, 4, 4] to [N, 2].</summary>
internal sealed class SmallModel : ImageModel
{
    private readonly Conv2d conv1 = new(3, 4, 3, padding: 1);
    private readonly Conv2d conv2 = new(4, 4, 3, padding: 1, hasBias: false);
    private readonly BatchNorm2d bn = new(4);
    private readonly Linear fc = new(4, 2);

    public SmallModel()
    {
        Add("conv1", conv1);
        Add("conv2", conv2);
        Add("bn", bn);
        Add("fc", fc);
        Stages = [new("stem", [conv1]), new("middle", [conv2, bn]), new("head", [fc])];
    }

    public override string Name => "small";

    internal override IReadOnlyList<Stage> Stages { get; }

    private protected override Variable ComputeFeatures(Variable x) =>
        bn.Forward(conv2.Forward(conv1.Forward(x).Relu())).Relu().Mean(2, 3).Reshape([x.Shape[0], 4]);

    private protected override Variable ComputeHead(Variable features) => fc.Forward(features);
}

/// <summary>One linear map from [N, 2] to [N, 2], a stage of its own.</summary>
internal sealed class LinearModel : ImageModel
{
    private readonly Linear linear = new(2, 2);

    public LinearModel()
    {
        Add("linear", linear);
        Stages = [new("head", [linear])];
    }

    public override string Name => "linear";

    internal override IReadOnlyList<Stage> Stages { get; }

    private protected override Variable ComputeFeatures(Variable x) => x;

    private protected override Variable ComputeHead(Variable features) => linear.Forward(features);
}

/// <summary>Batches of noise whose class is the sign of its mean, the same in each epoch.</summary>
internal sealed class Noise(ImageModel model, Device device, int batches = 3, int size = 4) : ITrainingSet
{
    /// <summary>How long the tape was after each batch's forward run.</summary>
    public List<int> TapeLengths { get; } = [];

    /// <summary>Called before each batch with its number.</summary>
    public Action<int>? Before { get; init; }

    public int BatchesPerEpoch => batches;

    public IEnumerable<ITrainingBatch> Epoch(int epoch, CancellationToken cancellation)
    {
        for (int i = 0; i < batches; i++)
        {
            Before?.Invoke(epoch * batches + i);
            yield return new Batch(this, i);
        }
    }

    private sealed class Batch(Noise set, int number) : ITrainingBatch
    {
        public int Count => set.Size;

        public Variable Loss(Pass pass)
        {
            var numbers = new float[set.Size * 48];
            new RandomStream(7, $"batch{number}").FillNormal(numbers, 0f, 1f);
            int[] labels = [.. Enumerable.Range(0, set.Size).Select(row => numbers.Skip(row * 48).Take(48).Sum() > 0 ? 1 : 0)];
            var images = pass.Own(Tensor.From<float>([set.Size, 3, 4, 4], numbers, set.Device));
            var loss = set.Model.Forward(pass.Constant(images)).CrossEntropy(labels);
            set.TapeLengths.Add(pass.TapeLength);
            return loss;
        }
    }

    private int Size => size;

    private Device Device => device;

    private ImageModel Model => model;
}
