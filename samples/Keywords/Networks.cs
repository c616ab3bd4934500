using Graft.Autograd;
using Graft.Models;

namespace Graft.Samples.Keywords;

/// <summary>A network of the sample: features [B, ...] to logits [B, 2].</summary>
internal abstract class KeywordNetwork(string name) : Model(name)
{
    public abstract Variable Forward(Variable x);
}

/// <summary>The head on the published embedding: [B, 1536] to [B, 2].</summary>
internal sealed class EmbeddingHead : KeywordNetwork
{
    private readonly Linear hidden;
    private readonly LayerNorm norm;
    private readonly Linear output;

    public EmbeddingHead() : base("embedding-head")
    {
        hidden = Add("hidden", new Linear(SpeechEmbedding.Windows * SpeechEmbedding.Width, 32));
        norm = Add("norm", new LayerNorm(32));
        output = Add("output", new Linear(32, 2));
        AddStage("head", hidden, norm, output);
    }

    public override Variable Forward(Variable x) => output.Forward(norm.Forward(hidden.Forward(x)).Relu());
}

/// <summary>Convolutions over mel bands, from scratch: [B, 1, T, F] to [B, 2].</summary>
internal sealed class ScratchNetwork : KeywordNetwork
{
    private readonly Sequential body;
    private readonly Linear output;

    public ScratchNetwork() : base("scratch")
    {
        body = Add("body", new Sequential(Block(1, 16), Block(16, 32), Block(32, 64), Block(64, 96)));
        output = Add("output", new Linear(96, 2));
        AddStage("body", body);
        AddStage("head", output);
    }

    public override Variable Forward(Variable x) => output.Forward(body.Forward(x).Mean(2, 3));

    private static Sequential Block(int inputs, int outputs) => new(
        new Conv2d(inputs, outputs, kernel: 3, stride: 2, padding: 1, hasBias: false), new BatchNorm2d(outputs), new ActivationLayer(Activation.Find("relu")!));
}
