using Graft.Autograd;
using Graft.Models;
using Graft.Tensors;

namespace Graft.Transfer.Tests;

/// <summary>A convolution, a batch norm and a head, each a stage of its own: [N, 3, 4, 4] to [N, 2].</summary>
internal sealed class SmallModel : ImageModel
{
    public SmallModel() : base("small")
    {
        AddStage("stem", Add("conv1", new Conv2d(3, 4, 3, padding: 1)));
        Conv2d conv2 = Add("conv2", new Conv2d(4, 4, 3, padding: 1, hasBias: false));
        BatchNorm2d bn = Add("bn", new BatchNorm2d(4));
        AddStage("middle", x => bn.Forward(conv2.Forward(x.Relu())).Relu(), conv2, bn);
        AddStage("head", Add("fc", new Linear(4, 2)));
    }

    public override ImageModel Remake(int classes, ulong seed) => new SmallModel { Seed = seed };
}

/// <summary>One linear map from [N, 2] to [N, 2], a stage of its own.</summary>
internal sealed class LinearModel : ImageModel
{
    public LinearModel() : base("linear") => AddStage("head", Add("linear", new Linear(2, 2)));
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
            var images = pass.Upload<float>([set.Size, 3, 4, 4], numbers);
            var loss = set.Model.Forward(pass.Constant(images)).CrossEntropy(labels);
            set.TapeLengths.Add(pass.TapeLength);
            return loss;
        }
    }

    private int Size => size;

    private Device Device => device;

    private ImageModel Model => model;
}
