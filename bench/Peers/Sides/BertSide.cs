using Graft.Autograd;
using Graft.Models;
using Graft.Tensors;
using Graft.Transfer;

namespace Graft.Peers;

/// <summary>A BERT of ours: forward alone, or a step of AdamW over all of it or over a LoRA.</summary>
internal sealed class BertSide : ISide
{
    private readonly CpuDevice device;
    private readonly TextModel model;
    private readonly TextBatch batch;
    private readonly TextTargets targets;
    private readonly Optimiser? optimiser;
    private readonly CapturedText? captured;
    private readonly float[] logits = [];

    public BertSide(BertShape shape, BertTask task, int threads)
    {
        device = new CpuDevice(threads);
        model = shape.Sizes.Create();
        batch = new TextBatch(shape.Batch, BertShape.Length, shape.TokenIds);
        targets = new TextTargets { Labels = shape.Labels };
        ParameterCount = model.Parameters().Sum(parameter => parameter.Shape.ElementCount);
        if (task == BertTask.Evaluate)
        {
            captured = model.Capture(device, batch);
            logits = new float[captured.ShapeOf(0).ElementCount];
            return;
        }
        if (task == BertTask.TrainLora) Adapters.Attach(model, new AdapterOptions { Kind = AdapterKind.Lora }.ConfigFor(model, ["classifier.weight", "classifier.bias"]));
        var groups = new ParameterGroups(model);
        groups.Rates(Training.LearningRate);
        optimiser = Optimiser.AdamW(groups);
    }

    /// <summary>Without a LoRA's, which the peer has not.</summary>
    public long ParameterCount { get; }

    public float Run()
    {
        if (captured is not null)
        {
            captured.Run(batch, logits);
            return logits[0];
        }
        using var pass = Pass.Train(device, seed: 1);
        var loss = model.Loss(model.Forward(pass, batch), targets);
        optimiser!.Step(pass.Backward(loss));
        return loss.Value.Span()[0];
    }

    public void Dispose()
    {
        captured?.Dispose();
        optimiser?.Dispose();
        device.Dispose();
    }
}
