using System.Globalization;
using Graft.Autograd;

namespace Graft.Models;

/// <summary>DenseNet as in torchvision (Huang et al. 2017): each layer of a block sees the outputs of all before it. The keys of earlier years,
/// <c>norm.1</c> and <c>conv.1</c> for <c>norm1</c> and <c>conv1</c>, are loaded too.</summary>
public sealed class DenseNet : ImageModel
{
    private static readonly Initialiser Kaiming = Initialiser.KaimingNormal(fanOut: false);

    internal DenseNet(string name, int growth, int[] blocks, int width, int classes) : base(name)
    {
        var stem = Add("", new ConvNormActivation(
            Convolution(3, width, 7, stride: 2), new BatchNorm2d(width), Activation.Relu, ("features.conv0", "features.norm0")));
        AddSequence("stem", stem, new MaxPool2d(3, stride: 2, padding: 1));
        int channels = width;
        for (int block = 0; block < blocks.Length; block++)
        {
            string number = (block + 1).ToString(CultureInfo.InvariantCulture);
            var layers = new List<Layer> { Add($"features.denseblock{number}", new Block(channels, growth, blocks[block])) };
            channels += growth * blocks[block];
            if (block < blocks.Length - 1) layers.Add(Add($"features.transition{number}", new Transition(channels, channels /= 2)));
            else layers.Add(Add("features.norm5", new ActivatedNorm(channels)));
            AddSequence($"denseblock{number}", layers);
        }
        AddStage("head", Add("classifier", new Linear(channels, classes, biasInitialiser: Initialiser.Zeros)));
    }

    internal static OrderedDictionary<string, ModelRegistration> Rows => new()
    {
        ["densenet121"] = Row(7_978_856, 32, [6, 12, 24, 16], 64),
        ["densenet161"] = Row(28_681_000, 48, [6, 12, 36, 24], 96),
        ["densenet169"] = Row(14_149_480, 32, [6, 12, 32, 32], 64),
        ["densenet201"] = Row(20_013_928, 32, [6, 12, 48, 32], 64),
    };

    private static ModelRegistration Row(long parameters, int growth, int[] blocks, int width) => ModelRegistration.ImageNet(
        parameters, (name, classes, seed) => new DenseNet(name, growth, blocks, width, classes) { Seed = seed });

    private static Conv2d Convolution(int inputs, int outputs, int kernel, int stride = 1) =>
        new(inputs, outputs, kernel, stride, kernel / 2, hasBias: false, initialiser: Kaiming);

    private sealed class Block : Layer
    {
        private readonly DenseLayer[] layers;

        public Block(int inputs, int growth, int count) =>
            layers = [.. Enumerable.Range(0, count).Select(layer => Add(
                string.Create(CultureInfo.InvariantCulture, $"denselayer{layer + 1}"), new DenseLayer(inputs + layer * growth, growth)))];

        protected override Variable Compute(Variable x) => LayerScope.Chain(
            layers.AsSpan(), x, (object?)null, static (layer, input, _) => Variable.Concat([input, layer.Forward(input)], 1));
    }

    private sealed class DenseLayer : Layer
    {
        private const int Bottleneck = 4;

        private readonly ActivatedNorm norm;
        private readonly ConvNormActivation narrow;
        private readonly Conv2d convolution;

        public DenseLayer(int inputs, int growth)
        {
            int width = Bottleneck * growth;
            norm = Add("norm1", new ActivatedNorm(inputs));
            narrow = Add("", new ConvNormActivation(Convolution(inputs, width, 1), new BatchNorm2d(width), Activation.Relu, ("conv1", "norm2")));
            convolution = Add("conv2", Convolution(width, growth, 3));
            foreach (var tensor in Tensors().ToList())
            {
                int number = tensor.Name.IndexOfAny(['1', '2']);
                AddAlias($"{tensor.Name[..number]}.{tensor.Name[number..]}", tensor, "a key of earlier years");
            }
        }

        protected override Variable Compute(Variable x) => convolution.Forward(narrow.Forward(norm.Forward(x)));
    }

    private sealed class Transition : Layer
    {
        private readonly ActivatedNorm norm;
        private readonly Conv2d convolution;

        public Transition(int inputs, int outputs)
        {
            norm = Add("norm", new ActivatedNorm(inputs));
            convolution = Add("conv", Convolution(inputs, outputs, 1));
        }

        protected override Variable Compute(Variable x) => convolution.Forward(norm.Forward(x)).AveragePool2d(2);
    }

    /// <summary>A batch norm with the ReLU behind it, under the norm's own keys.</summary>
    private sealed class ActivatedNorm : Layer
    {
        private readonly BatchNorm2d norm;

        public ActivatedNorm(int channels) => norm = Add("", new BatchNorm2d(channels));

        protected override Variable Compute(Variable x) => norm.Forward(x, Activation.Relu);
    }
}
