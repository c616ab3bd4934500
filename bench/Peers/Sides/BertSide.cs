using Graft.Autograd;
using Graft.Models;
using Graft.Tensors;
using Graft.Transfer;

namespace Graft.Peers;

/// <summary>A BERT of ours: forward alone, or a step of AdamW.</summary>
internal sealed class BertSide : ISide
{
    private readonly CpuDevice device;
    private readonly BertForSequenceClassification model;
    private readonly TextBatch batch;
    private readonly TextTargets targets;
    private readonly Optimiser? optimiser;

    public BertSide(BertShape shape, bool training, int threads)
    {
        device = new CpuDevice(threads);
        model = new BertForSequenceClassification(shape.Config) { Seed = 1 };
        batch = new TextBatch(shape.Batch, BertShape.Length, shape.TokenIds);
        targets = new TextTargets { Labels = shape.Labels };
        if (!training) return;
        var groups = new ParameterGroups(model);
        groups.Rates(Training.LearningRate);
        optimiser = Optimiser.AdamW(groups);
    }

    public long ParameterCount => model.Parameters().Sum(parameter => parameter.Shape.ElementCount);

    public float Run()
    {
        using var pass = optimiser is null ? Pass.Infer(device) : Pass.Train(device, seed: 1);
        var outputs = model.Forward(pass, batch);
        if (optimiser is null) return outputs["logits"].Value.Span()[0];
        var loss = model.Loss(outputs, targets);
        optimiser.Step(pass.Backward(loss));
        return loss.Value.Span()[0];
    }

    public void Dispose()
    {
        optimiser?.Dispose();
        device.Dispose();
    }
}
