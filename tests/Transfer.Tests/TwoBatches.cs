using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Transfer.Tests;

/// <summary>Two batches of two rows for <see cref="LinearModel"/>, as the scripts in Golden have them.</summary>
internal sealed class TwoBatches(LinearModel model) : ITrainingSet
{
    public const double Rate = 0.1;

    private static readonly float[] Rows = [1f, 2f, -1f, 0.5f, 3f, -2f, 0.25f, 1f];
    private static readonly int[] Labels = [1, 0, 1, 0];

    /// <summary>Called with each batch's loss.</summary>
    public Action<Variable>? Told { get; init; }

    /// <summary>The probability with which inputs are dropped.</summary>
    public float Dropout { get; init; }

    public int BatchesPerEpoch => 2;

    public static LinearModel NewModel()
    {
        var model = new LinearModel();
        model.Parameters().First().Value.CopyFrom([1f, -2f, 0.5f, 3f]);
        model.Parameters().Last().Value.CopyFrom([0.5f, -1f]);
        return model;
    }

    public static float[] Weights(LinearModel model) => [.. model.Parameters().SelectMany(static tensor => tensor.Value.ToArray())];

    /// <summary>The weights after some epochs of SGD.</summary>
    public static float[] Train(
        Device device, int epochs = 3, double momentum = 0.9, TrainingObserver[]? observers = null, BackwardRule? rule = null, bool isHeadNew = false, float dropout = 0,
        Action<Variable>? told = null, double rate = Rate)
    {
        var model = NewModel();
        model.IsHeadNew = isHeadNew;
        var groups = new ParameterGroups(model);
        groups.Rates(rate);
        using var optimiser = Optimiser.Sgd(groups, momentum);
        new Trainer(optimiser, device) { Observers = observers ?? [], Backward = rule }.Fit(new TwoBatches(model) { Told = told, Dropout = dropout }, epochs);
        foreach (var average in (observers ?? []).OfType<WeightAverage>()) average.Swap();
        return Weights(model);
    }

    public IEnumerable<ITrainingBatch> Epoch(int epoch, CancellationToken cancellation) => [new Batch(this, 0), new Batch(this, 1)];

    private Variable Loss(Pass pass, int batch)
    {
        var x = pass.Constant(pass.Upload<float>([2, 2], Rows.AsSpan(batch * 4, 4)));
        if (Dropout > 0) x = x.Dropout(Dropout, "rows");
        var loss = model.Forward(x).CrossEntropy(Labels.AsSpan(batch * 2, 2));
        Told?.Invoke(loss);
        return loss;
    }

    private sealed class Batch(TwoBatches data, int number) : ITrainingBatch
    {
        public int Count => 2;

        public Variable Loss(Pass pass) => data.Loss(pass, number);
    }
}
