using Graft.Autograd;
using Graft.Models;
using Graft.Tensors;
using Graft.Transfer;

namespace Graft.Peers;

/// <summary>A ResNet of ours.</summary>
internal sealed class ResNetSide : ISide
{
    private readonly CpuDevice device;
    private readonly ImageModel model;
    private readonly Tensor<float> images;
    private readonly int[] labels;
    private readonly ResNetTask task;
    private readonly Optimiser optimiser;

    public ResNetSide(string architecture, int batch, ResNetTask task, int threads)
    {
        this.task = task;
        device = new CpuDevice(threads);
        model = ModelRegistry.Create(architecture, ResNetShape.Classes);
        images = Inputs.Uniform(device, "images", [batch, 3, ResNetShape.ImageSize, ResNetShape.ImageSize]);
        labels = Inputs.Labels(batch, ResNetShape.Classes);
        var groups = new ParameterGroups(model);
        groups.Rates(Training.LearningRate);
        if (task == ResNetTask.TrainHead) groups.FreezeBelow("head");
        optimiser = Optimiser.Sgd(groups, Training.Momentum);
    }

    public long ParameterCount => model.Parameters().Sum(parameter => parameter.Shape.ElementCount);

    public float Run()
    {
        using var pass = task == ResNetTask.Evaluate ? Pass.Infer(device) : Pass.Train(device, seed: 1);
        var logits = model.Forward(pass.Constant(images));
        if (task == ResNetTask.Evaluate) return logits.Value.Span()[0];
        var loss = logits.CrossEntropy(labels);
        optimiser.Step(pass.Backward(loss));
        return loss.Value.Span()[0];
    }

    public void Dispose()
    {
        optimiser.Dispose();
        device.Dispose();
    }
}
