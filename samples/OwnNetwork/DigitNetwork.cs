using Graft.Autograd;
using Graft.Models;

namespace Graft.Samples.OwnNetwork;

/// <summary>A network of one's own: [N, 1, 28, 28] to logits [N, 10]. The keys of its checkpoint are the names that are spelled here.</summary>
internal sealed class DigitNetwork : ImageModel
{
    private static readonly Activation Swish = Activation.Of("swish-1.5", new Swish(1.5f));

    public DigitNetwork() : base("digit-network")
    {
        AddStage("stem", new Sequential(Block(1, 16, stride: 2), new ChannelGate(16, squeezed: 4)));
        AddStage("body", new Sequential(Block(16, 32, stride: 2), new ChannelGate(32, squeezed: 8)));
        AddStage("head", new Linear(32 * 4 * 4, 10));
    }

    /// <summary>Between body and head a model takes the mean over the plane; a digit's strokes lie where they lie, so this one keeps
    /// sixteen places of it.</summary>
    protected override Variable Pool(Variable map) => map.AdaptiveAveragePool2d(4, 4).Flatten(1);

    private static Sequential Block(int inputs, int outputs, int stride) => new(
        new Conv2d(inputs, outputs, kernel: 3, stride, padding: 1, hasBias: false), new BatchNorm2d(outputs), new ActivationLayer(Swish));
}
