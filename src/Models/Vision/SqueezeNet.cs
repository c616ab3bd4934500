using Graft.Autograd;

namespace Graft.Models;

/// <summary>SqueezeNet as in torchvision (Iandola et al. 2016). Its head is a convolution over the trunk's map, whose planes are averaged
/// afterwards: <see cref="ImageModel.Features"/> are the means of the map, which no head of this model takes.</summary>
public sealed class SqueezeNet : ImageModel
{
    private const int Channels = 512;

    internal SqueezeNet(string name, bool isFirstVersion, int classes) : base(name)
    {
        var (width, kernel) = isFirstVersion ? (96, 7) : (64, 3);
        int at = 3, inputs = width;
        var stem = Add("features.0", new ConvActivation(Convolution(3, width, kernel, stride: 2), Activation.Relu));
        AddSequence("stem", stem, Pool());
        // how many Fire modules stand between two poolings
        int[] blocks = isFirstVersion ? [3, 4, 1] : [2, 2, 4];
        int fires = 0;
        for (int block = 0; block < blocks.Length; block++)
        {
            var layers = new List<Layer>();
            for (int i = 0; i < blocks[block]; i++, fires++)
            {
                int squeeze = 16 * (fires / 2 + 1), expand = 4 * squeeze;
                layers.Add(Add($"features.{at++}", new Fire(inputs, squeeze, expand)));
                inputs = 2 * expand;
            }
            if (block < blocks.Length - 1)
            {
                layers.Add(Pool());
                at++;
            }
            AddSequence($"block{block + 2}", layers);
        }
        AddStage("head", Add("classifier", new ConvolutionHead(classes)));
    }

    internal static OrderedDictionary<string, ModelRegistration> Rows => new()
    {
        ["squeezenet1_0"] = Row(1_248_424, isFirstVersion: true),
        ["squeezenet1_1"] = Row(1_235_496, isFirstVersion: false),
    };

    private protected override bool IsHeadOnPooled => false;

    private static ModelRegistration Row(long parameters, bool isFirstVersion) => ModelRegistration.ImageNet(
        parameters, (name, classes, seed) => new SqueezeNet(name, isFirstVersion, classes) { Seed = seed });

    private static MaxPool2d Pool() => new(3, stride: 2, ceilMode: true);

    private static Conv2d Convolution(int inputs, int outputs, int kernel, int stride = 1, int padding = 0) => new(
        inputs, outputs, kernel, stride, padding, initialiser: Initialiser.KaimingUniform, biasInitialiser: Initialiser.Zeros);

    /// <summary>Few channels, from which many are made by 1x1 and by 3x3 convolutions.</summary>
    private sealed class Fire : Layer
    {
        private readonly Conv2d squeeze;
        private readonly Conv2d narrow;
        private readonly Conv2d wide;

        public Fire(int inputs, int squeezed, int expanded)
        {
            squeeze = Add("squeeze", Convolution(inputs, squeezed, 1));
            narrow = Add("expand1x1", Convolution(squeezed, expanded, 1));
            wide = Add("expand3x3", Convolution(squeezed, expanded, 3, padding: 1));
        }

        protected override Variable Compute(Variable x)
        {
            x = squeeze.Forward(x, Activation.Relu);
            return Variable.Concat([narrow.Forward(x, Activation.Relu), wide.Forward(x, Activation.Relu)], 1);
        }
    }

    private sealed class ConvolutionHead : Layer
    {
        private readonly Dropout dropout;
        private readonly Conv2d convolution;

        public ConvolutionHead(int classes)
        {
            dropout = Add("0", new Dropout(0.5f));
            convolution = Add("1", new Conv2d(Channels, classes, 1, initialiser: Initialiser.Normal(0.01f), biasInitialiser: Initialiser.Zeros));
        }

        protected override Variable Compute(Variable x) => convolution.Forward(dropout.Forward(x), Activation.Relu).Mean(2, 3);
    }
}
