using Graft.Autograd;

namespace Graft.Models;

/// <summary>The ResNets of section 4.2 of the paper (He et al. 2015), for 32x32 images: three stages of n blocks, 16, 32 and 64
/// channels, 6n + 2 layers. Shortcuts that change shape take every other pixel and pad the channels with zeros (option A).</summary>
public sealed class CifarResNet : ImageModel
{
    private static readonly PretrainedInfo Cifar10 = new(
        ImagePreprocessing.Cifar, 10, ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]);

    private static readonly Initialiser Normal = Initialiser.KaimingNormal(fanOut: false);

    internal CifarResNet(string name, int blocksPerStage, int classes) : base(name)
    {
        var stem = Add("", new ConvNormActivation(Convolution(3, 16, 1), new BatchNorm2d(16), Activation.Relu, ("conv1", "bn1")));
        AddStage("stem", stem.Forward, stem);
        for (int stage = 0; stage < 3; stage++)
        {
            int channels = 16 << stage;
            AddStage($"layer{stage + 1}", new Sequential(Enumerable.Range(0, blocksPerStage).Select(
                block => new Block(stage > 0 && block == 0 ? channels / 2 : channels, channels, stage > 0 && block == 0 ? 2 : 1))));
        }
        AddStage("head", Add("linear", new Linear(64, classes, initialiser: Normal)));
    }

    internal static OrderedDictionary<string, ModelRegistration> Rows => new()
    {
        ["cifar-resnet20"] = Row(3, 269_722),
        ["cifar-resnet32"] = Row(5, 464_154),
        ["cifar-resnet44"] = Row(7, 658_586),
        ["cifar-resnet56"] = Row(9, 853_018),
        ["cifar-resnet110"] = Row(18, 1_727_962),
    };

    private static ModelRegistration Row(int blocks, long parameters) =>
        new(Cifar10 with { Parameters = parameters }, (name, classes, seed) => new CifarResNet(name, blocks, classes) { Seed = seed });

    private static Conv2d Convolution(int inputs, int outputs, int stride) =>
        new(inputs, outputs, kernel: 3, stride, padding: 1, hasBias: false, initialiser: Normal);

    private sealed class Block : Layer
    {
        private readonly ConvNormActivation first;
        private readonly ConvNormActivation second;
        private readonly int stride;
        private readonly int added;

        public Block(int inputs, int channels, int stride)
        {
            this.stride = stride;
            added = channels - inputs;
            first = Add("", new ConvNormActivation(Convolution(inputs, channels, stride), new BatchNorm2d(channels), Activation.Relu, ("conv1", "bn1")));
            second = Add("", new ConvNormActivation(Convolution(channels, channels, 1), new BatchNorm2d(channels), Activation.Relu, ("conv2", "bn2")));
        }

        protected override Variable Compute(Variable x)
        {
            var shortcut = x;
            if (added > 0 || stride > 1)
            {
                int height = (x.Shape[2] + stride - 1) / stride, width = (x.Shape[3] + stride - 1) / stride;
                shortcut = x.Slice(2, 0, height, stride).Slice(3, 0, width, stride).Pad(1, added / 2, added - added / 2);
            }
            return second.Forward(first.Forward(x), shortcut);
        }
    }
}
