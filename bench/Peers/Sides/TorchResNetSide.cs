using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Graft.Peers;

/// <summary>A ResNet in TorchSharp.</summary>
internal sealed class TorchResNetSide : ISide
{
    private readonly TorchResNet model;
    private readonly Tensor images;
    private readonly Tensor labels;
    private readonly ResNetTask task;
    private readonly optim.Optimizer? optimiser;

    public TorchResNetSide(ResNetShape shape, int batch, ResNetTask task, int threads)
    {
        TorchRuntime.Start(threads);
        random.manual_seed(1);
        this.task = task;
        model = new TorchResNet(shape);
        images = rand(batch, 3, ResNetShape.ImageSize, ResNetShape.ImageSize).mul_(2).sub_(1);
        labels = tensor(Inputs.Labels(batch, ResNetShape.Classes).Select(label => (long)label).ToArray());
        model.train(task == ResNetTask.Train);
        if (task == ResNetTask.Evaluate) return;
        IEnumerable<Parameter> learning = model.parameters();
        if (task == ResNetTask.TrainHead)
        {
            foreach (var parameter in model.parameters()) parameter.requires_grad_(false);
            foreach (var parameter in model.HeadParameters) parameter.requires_grad_(true);
            learning = model.HeadParameters;
        }
        optimiser = optim.SGD(learning, Training.LearningRate, momentum: Training.Momentum);
    }

    public long ParameterCount => model.parameters().Sum(parameter => parameter.numel());

    public float Run()
    {
        using var temporaries = NewDisposeScope();
        if (optimiser is null)
        {
            using var untracked = inference_mode();
            return model.forward(images).ReadCpuSingle(0);
        }
        optimiser.zero_grad();
        var loss = nn.functional.cross_entropy(model.forward(images), labels);
        loss.backward();
        optimiser.step();
        return loss.ToSingle();
    }

    public void Dispose()
    {
        optimiser?.Dispose();
        model.Dispose();
        images.Dispose();
        labels.Dispose();
    }
}
