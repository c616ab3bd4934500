using Graft.Autograd;
using Graft.Models;
using Graft.Tensors;

namespace Graft.Peers;

/// <summary>A ResNet of ours.</summary>
internal sealed class ResNetSide : ISide
{
    private readonly CpuDevice device;
    private readonly Model model;
    private readonly Tensor<float> images;
    private readonly int[] labels;
    private readonly ResNetTask task;
    private readonly MomentumUpdate update;

    public ResNetSide(string architecture, int batch, ResNetTask task, int threads)
    {
        this.task = task;
        device = new CpuDevice(threads);
        model = ModelRegistry.Create(architecture, ResNetShape.Classes);
        images = Inputs.Uniform(device, "images", [batch, 3, ResNetShape.ImageSize, ResNetShape.ImageSize]);
        labels = Inputs.Labels(batch);
        update = new MomentumUpdate(device, model);
        if (task == ResNetTask.TrainHead)
        {
            model.Freeze();
            foreach (var module in model.Stages[^1].Modules) module.Unfreeze();
        }
    }

    public long ParameterCount => model.Parameters().Sum(parameter => parameter.Shape.ElementCount);

    public float Run()
    {
        using var pass = task == ResNetTask.Evaluate ? Pass.Infer(device) : Pass.Train(device, seed: 1);
        var logits = model.Forward(pass.Constant(images));
        if (task == ResNetTask.Evaluate) return logits.Value.Span()[0];
        var loss = logits.CrossEntropy(labels);
        update.Step(pass.Backward(loss));
        return loss.Value.Span()[0];
    }

    public void Dispose()
    {
        update.Dispose();
        device.Dispose();
    }
}
