using Graft.Autograd;
using Graft.Models;
using Graft.Tensors;
using Graft.Transfer;

namespace Graft.Peers;

/// <summary>An image model of ours.</summary>
internal sealed class ImageSide : ISide
{
    private readonly CpuDevice device;
    private readonly ImageModel model;
    private readonly Tensor<float> images;
    private readonly int[] labels;
    private readonly Optimiser optimiser;
    private readonly Captured? captured;
    private readonly float[] logits;

    public ImageSide(Func<ImageModel> create, int batch, ResNetTask task, int threads)
    {
        device = new CpuDevice(threads);
        model = create();
        images = Inputs.Uniform(device, "images", [batch, 3, ResNetShape.ImageSize, ResNetShape.ImageSize]);
        labels = Inputs.Labels(batch, ResNetShape.Classes);
        var groups = new ParameterGroups(model);
        groups.Rates(Training.LearningRate);
        if (task == ResNetTask.TrainHead) groups.FreezeBelow("head");
        optimiser = Optimiser.Sgd(groups, Training.Momentum);
        logits = new float[batch * ResNetShape.Classes];
        if (task == ResNetTask.Evaluate) captured = model.Capture(device, images.Shape);
    }

    public long ParameterCount => model.Parameters().Sum(parameter => parameter.Shape.ElementCount);

    public float Run()
    {
        if (captured is not null)
        {
            captured.Run(images, logits);
            return logits[0];
        }
        using var pass = Pass.Train(device, seed: 1);
        var loss = model.Forward(pass.Constant(images)).CrossEntropy(labels);
        optimiser.Step(pass.Backward(loss));
        return loss.Value.Span()[0];
    }

    public void Dispose()
    {
        captured?.Dispose();
        optimiser.Dispose();
        device.Dispose();
    }
}
