using Graft.Autograd;

namespace Graft.Models;

/// <summary>The ResNets of section 4.2 of the paper (He et al. 2015), for 32x32 images: three stages of n blocks, 16, 32 and 64
/// channels, 6n + 2 layers. Shortcuts that change shape skip every other place and pad the channels with zeros (option A).</summary>
public sealed class CifarResNet : ImageModel
{
    private readonly Conv2d conv1;
    private readonly BatchNorm2d bn1;
    private readonly Sequential[] layers;
    private readonly Linear linear;

    internal CifarResNet(string name, int blocksPerStage, int classes)
    {
        Name = name;
        conv1 = Add("conv1", new Conv2d(3, 16, 3, padding: 1, hasBias: false, initialiser: Initialiser.KaimingNormal(fanOut: false)));
        bn1 = Add("bn1", new BatchNorm2d(16));
        layers = new Sequential[3];
        for (int stage = 0; stage < layers.Length; stage++)
        {
            int channels = 16 << stage;
            layers[stage] = Add($"layer{stage + 1}", new Sequential(Enumerable.Range(0, blocksPerStage).Select(
                block => new Block(stage > 0 && block == 0 ? channels / 2 : channels, channels, stage > 0 && block == 0 ? 2 : 1))));
        }
        linear = Add("linear", new Linear(64, classes, Initialiser.KaimingNormal(fanOut: false)));
        Stages = [new("stem", [conv1, bn1]), new("layer1", [layers[0]]), new("layer2", [layers[1]]), new("layer3", [layers[2]]), new("head", [linear])];
    }

    /// <inheritdoc/>
    public override string Name { get; }

    internal override IReadOnlyList<Stage> Stages { get; }

    private protected override Variable ComputeFeatures(Variable x)
    {
        int mark = x.Pass.Enter();
        x = conv1.Forward(x, bn1, relu: true);
        foreach (var layer in layers) x = Only(mark, layer.Forward(x));
        return x.Mean(2, 3).Reshape([x.Shape[0], x.Shape[1]]);
    }

    private protected override Variable ComputeHead(Variable features) => linear.Forward(features);

    private sealed class Block : Layer
    {
        private readonly Conv2d conv1;
        private readonly BatchNorm2d bn1;
        private readonly Conv2d conv2;
        private readonly BatchNorm2d bn2;
        private readonly int stride;
        private readonly int added;

        public Block(int inputs, int channels, int stride)
        {
            var initialiser = Initialiser.KaimingNormal(fanOut: false);
            this.stride = stride;
            added = channels - inputs;
            conv1 = Add("conv1", new Conv2d(inputs, channels, 3, stride, padding: 1, hasBias: false, initialiser: initialiser));
            bn1 = Add("bn1", new BatchNorm2d(channels));
            conv2 = Add("conv2", new Conv2d(channels, channels, 3, padding: 1, hasBias: false, initialiser: initialiser));
            bn2 = Add("bn2", new BatchNorm2d(channels));
        }

        private protected override Variable Compute(Variable x)
        {
            var shortcut = x;
            if (added > 0 || stride > 1)
            {
                int height = (x.Shape[2] + stride - 1) / stride, width = (x.Shape[3] + stride - 1) / stride;
                shortcut = x.Slice(2, 0, height, stride).Slice(3, 0, width, stride).Pad(1, added / 2, added - added / 2);
            }
            return conv2.Forward(conv1.Forward(x, bn1, relu: true), bn2, relu: true, shortcut);
        }
    }
}
