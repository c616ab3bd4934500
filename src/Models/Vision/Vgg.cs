using Graft.Autograd;

namespace Graft.Models;

/// <summary>VGG as in torchvision (Simonyan and Zisserman 2014): five blocks of 3x3 convolutions, with batch norms or without, then three
/// linear layers over 7x7 pixels, the last of which is the head.</summary>
public sealed class Vgg : ImageModel
{
    private const float DropoutProbability = 0.5f;
    private static readonly Initialiser Narrow = Initialiser.Normal(0.01f);

    internal Vgg(string name, int[] convolutions, bool hasNorms, int classes) : base(name)
    {
        int at = 0, channels = 3;
        for (int block = 0; block < convolutions.Length; block++)
        {
            var layers = new List<Layer>();
            for (int i = 0; i < convolutions[block]; i++)
            {
                int outputs = Math.Min(64 << block, 512);
                var convolution = new Conv2d(
                    channels, outputs, kernel: 3, padding: 1, initialiser: Initialiser.KaimingNormal(fanOut: true), biasInitialiser: Initialiser.Zeros);
                layers.Add(hasNorms
                    ? Add("", new ConvNormActivation(convolution, new BatchNorm2d(outputs), Activation.Relu, ($"features.{at}", $"features.{at + 1}")))
                    : Add($"features.{at}", new ConvActivation(convolution, Activation.Relu)));
                at += hasNorms ? 3 : 2;
                channels = outputs;
            }
            layers.Add(Add($"features.{at++}", new MaxPool2d(2)));
            AddSequence(block == 0 ? "stem" : $"block{block + 1}", layers);
        }
        AddSequence(
            "hidden", new AdaptiveAveragePool2d(7, 7), new Flatten(),
            Add("classifier.0", Linear(512 * 7 * 7, 4096)), new ActivationLayer(Activation.Relu), Add("classifier.2", new Dropout(DropoutProbability)),
            Add("classifier.3", Linear(4096, 4096)), new ActivationLayer(Activation.Relu), Add("classifier.5", new Dropout(DropoutProbability)));
        AddStage("head", Add("classifier.6", Linear(4096, classes)));
    }

    internal static OrderedDictionary<string, ModelRegistration> Rows => new()
    {
        ["vgg11"] = Row(132_863_336, [1, 1, 2, 2, 2]),
        ["vgg11_bn"] = Row(132_868_840, [1, 1, 2, 2, 2], hasNorms: true),
        ["vgg13"] = Row(133_047_848, [2, 2, 2, 2, 2]),
        ["vgg13_bn"] = Row(133_053_736, [2, 2, 2, 2, 2], hasNorms: true),
        ["vgg16"] = Row(138_357_544, [2, 2, 3, 3, 3]),
        ["vgg16_bn"] = Row(138_365_992, [2, 2, 3, 3, 3], hasNorms: true),
        ["vgg19"] = Row(143_667_240, [2, 2, 4, 4, 4]),
        ["vgg19_bn"] = Row(143_678_248, [2, 2, 4, 4, 4], hasNorms: true),
    };

    private static ModelRegistration Row(long parameters, int[] convolutions, bool hasNorms = false) => ModelRegistration.ImageNet(
        parameters, (name, classes, seed) => new Vgg(name, convolutions, hasNorms, classes) { Seed = seed });

    private static Linear Linear(int inputs, int outputs) => new(inputs, outputs, initialiser: Narrow, biasInitialiser: Initialiser.Zeros);
}
