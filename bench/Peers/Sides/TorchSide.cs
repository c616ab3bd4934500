using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Graft.Peers;

/// <summary>A model in TorchSharp: forward alone, or a step of an optimiser where there is one.</summary>
internal sealed class TorchSide : ISide
{
    private readonly nn.Module<Tensor, Tensor> model;
    private readonly Tensor input;
    private readonly Tensor labels;
    private readonly optim.Optimizer? optimiser;

    private TorchSide(nn.Module<Tensor, Tensor> model, Tensor input, int[] labels, optim.Optimizer? optimiser)
    {
        this.model = model;
        this.input = input;
        this.labels = tensor(labels.Select(label => (long)label).ToArray());
        this.optimiser = optimiser;
        ParameterCount = model.parameters().Sum(parameter => parameter.numel());
    }

    public long ParameterCount { get; private init; }

    /// <summary>A BERT: forward alone, or a step of AdamW over all of it.</summary>
    public static TorchSide Bert(BertShape shape, BertTask task, int threads)
    {
        bool training = task != BertTask.Evaluate;
        Start(threads);
        var model = new TorchBert(shape.Sizes);
        model.train(training);
        var tokens = tensor(shape.TokenIds.Select(id => (long)id).ToArray()).reshape(shape.Batch, BertShape.Length);
        return new TorchSide(model, tokens, shape.Labels, training ? optim.AdamW(model.parameters(), Training.LearningRate) : null);
    }

    /// <summary>A ResNet: forward alone, or a step of SGD over all of it or over its head.</summary>
    public static TorchSide ResNet(ResNetShape shape, int batch, ResNetTask task, int threads)
    {
        Start(threads);
        var model = new TorchResNet(shape);
        model.train(task == ResNetTask.Train);
        return new TorchSide(model, Images(batch), Inputs.Labels(batch, ResNetShape.Classes), task == ResNetTask.Evaluate ? null : Sgd(model, task));
    }

    /// <summary>The exported model of a workload, forward alone.</summary>
    public static TorchSide Exported(string workload, int batch, int threads)
    {
        Start(threads);
        using var exported = ExportedFile.Of(workload);
        var model = new TorchGraph(exported.Model, learns: false);
        return new TorchSide(model, Images(batch), [], null) { ParameterCount = exported.ParameterCount };
    }

    /// <summary>A published graph with a new head, a step of SGD over all of it.</summary>
    public static TorchSide Graph(string file, int batch, int threads)
    {
        Start(threads);
        var model = new TorchGraph(file, learns: true, ImageShape.Standard.Classes);
        var optimiser = optim.SGD(model.parameters(), Training.LearningRate, momentum: Training.Momentum);
        return new TorchSide(model, Images(batch), Inputs.Labels(batch, ImageShape.Standard.Classes), optimiser);
    }

    public float Run()
    {
        using var temporaries = NewDisposeScope();
        if (optimiser is null)
        {
            using var untracked = inference_mode();
            return model.forward(input).ReadCpuSingle(0);
        }
        optimiser.zero_grad();
        var loss = nn.functional.cross_entropy(model.forward(input), labels);
        loss.backward();
        optimiser.step();
        return loss.ToSingle();
    }

    public void Dispose()
    {
        optimiser?.Dispose();
        model.Dispose();
        input.Dispose();
        labels.Dispose();
    }

    private static Tensor Images(int batch) => rand(batch, 3, ImageShape.Standard.Size, ImageShape.Standard.Size).mul_(2).sub_(1);

    private static void Start(int threads)
    {
        TorchRuntime.Start(threads);
        random.manual_seed(1);
    }

    private static SGD Sgd(TorchResNet model, ResNetTask task)
    {
        IEnumerable<Parameter> learning = model.parameters();
        if (task == ResNetTask.TrainHead)
        {
            foreach (var parameter in model.parameters()) parameter.requires_grad_(false);
            foreach (var parameter in model.HeadParameters) parameter.requires_grad_(true);
            learning = model.HeadParameters;
        }
        return optim.SGD(learning, Training.LearningRate, momentum: Training.Momentum);
    }
}
