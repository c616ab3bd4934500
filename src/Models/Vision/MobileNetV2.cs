using Graft.Autograd;

namespace Graft.Models;

/// <summary>MobileNetV2 as in torchvision (Sandler et al. 2018).</summary>
public sealed class MobileNetV2 : ImageModel
{
    // expansion, channels, blocks and the first block's stride, as in table 2 of the paper
    private static readonly (int Expansion, int Channels, int Blocks, int Stride)[] Layers =
        [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)];

    internal MobileNetV2(string name, int classes, double width = 1) : base(name)
    {
        int inputs = InvertedResidual.Channels(32 * width), at = 1;
        AddSequence("stem", Add("features.0", ConvNormActivation.Same(3, inputs, 3, stride: 2, activation: Activation.Relu6)));
        for (int layer = 0; layer < Layers.Length; layer++)
        {
            var (expansion, channels, count, stride) = Layers[layer];
            int outputs = InvertedResidual.Channels(channels * width);
            var blocks = new List<Layer>();
            for (int block = 0; block < count; block++)
            {
                blocks.Add(Add($"features.{at++}", Block(inputs, outputs, expansion, block == 0 ? stride : 1)));
                inputs = outputs;
            }
            AddSequence($"layer{layer + 1}", blocks);
        }
        int last = InvertedResidual.Channels(1280 * Math.Max(1, width));
        AddSequence("top", Add($"features.{at}", ConvNormActivation.Same(inputs, last, 1, activation: Activation.Relu6)));
        AddStage("head", Add("classifier", new Sequential(
            new Dropout(0.2f), new Linear(last, classes, initialiser: Initialiser.Normal(0.01f), biasInitialiser: Initialiser.Zeros))));
    }

    internal static OrderedDictionary<string, ModelRegistration> Rows => new()
    {
        ["mobilenet_v2"] = ModelRegistration.ImageNet(
            3_504_872, static (name, classes, seed) => new MobileNetV2(name, classes) { Seed = seed }, ImagePreprocessing.ImageNetOf(232, 224)),
    };

    private static InvertedResidual Block(int inputs, int outputs, int expansion, int stride)
    {
        int wide = inputs * expansion;
        var steps = new List<(string, Layer)>();
        if (expansion > 1) steps.Add(("conv.0", ConvNormActivation.Same(inputs, wide, 1, activation: Activation.Relu6)));
        steps.Add(($"conv.{steps.Count}", ConvNormActivation.Same(wide, wide, 3, stride, groups: wide, Activation.Relu6)));
        var keys = ($"conv.{steps.Count}", $"conv.{steps.Count + 1}");
        return new InvertedResidual(steps, ("", ConvNormActivation.Same(wide, outputs, 1, keys: keys)), isResidual: stride == 1 && inputs == outputs);
    }
}
