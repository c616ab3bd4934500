using Graft.Autograd;
using Graft.Models;
using Graft.Tensors;
using Graft.Transfer;

namespace Graft.Peers;

/// <summary>A BERT of ours: forward alone, or a step of AdamW.</summary>
internal sealed class BertSide : ISide
{
    private readonly CpuDevice device;
    private readonly TextModel model;
    private readonly TextBatch batch;
    private readonly TextTargets targets;
    private readonly Optimiser? optimiser;
    private readonly CapturedText? captured;
    private readonly float[] logits = [];

    public BertSide(BertShape shape, bool training, int threads)
    {
        device = new CpuDevice(threads);
        model = shape.Sizes.Create();
        batch = new TextBatch(shape.Batch, BertShape.Length, shape.TokenIds);
        targets = new TextTargets { Labels = shape.Labels };
        if (!training)
        {
            captured = model.Capture(device, batch);
            logits = new float[captured.ShapeOf(0).ElementCount];
            return;
        }
        var groups = new ParameterGroups(model);
        groups.Rates(Training.LearningRate);
        optimiser = Optimiser.AdamW(groups);
    }

    public long ParameterCount => model.Parameters().Sum(parameter => parameter.Shape.ElementCount);

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
