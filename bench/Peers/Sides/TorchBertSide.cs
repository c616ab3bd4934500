using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Peers;

/// <summary>A BERT in TorchSharp: forward alone, or a step of AdamW.</summary>
internal sealed class TorchBertSide : ISide
{
    private readonly TorchBert model;
    private readonly Tensor tokens;
    private readonly Tensor labels;
    private readonly optim.Optimizer? optimiser;

    public TorchBertSide(BertShape shape, bool training, int threads)
    {
        TorchRuntime.Start(threads);
        random.manual_seed(1);
        model = new TorchBert(shape.Config);
        tokens = tensor(shape.TokenIds.Select(id => (long)id).ToArray()).reshape(shape.Batch, BertShape.Length);
        labels = tensor(shape.Labels.Select(label => (long)label).ToArray());
        model.train(training);
        if (training) optimiser = optim.AdamW(model.parameters(), Training.LearningRate);
    }

    public long ParameterCount => model.parameters().Sum(parameter => parameter.numel());

    public float Run()
    {
        using var temporaries = NewDisposeScope();
        if (optimiser is null)
        {
            using var untracked = inference_mode();
            return model.forward(tokens).ReadCpuSingle(0);
        }
        optimiser.zero_grad();
        var loss = nn.functional.cross_entropy(model.forward(tokens), labels);
        loss.backward();
        optimiser.step();
        return loss.ToSingle();
    }

    public void Dispose()
    {
        optimiser?.Dispose();
        model.Dispose();
        tokens.Dispose();
        labels.Dispose();
    }
}
