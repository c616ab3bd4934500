using System.Globalization;
using Graft.Autograd;

namespace Graft.Models;

/// <summary>ResNet as in torchvision (He et al. 2015; the stride of a bottleneck is on its 3x3 convolution, ResNet V1.5), and with the same
/// code ResNeXt (Xie et al. 2016) and Wide ResNet (Zagoruyko and Komodakis 2016); with other keys Hugging Face's.</summary>
public sealed class ResNet : ImageModel
{
    private readonly ResNetSettings settings;
    private readonly ResNetKeys keys;

    internal ResNet(string name, bool bottleneck, int[] blocks, int classes, int groups = 1, int widthPerGroup = 64)
        : this(name, ResNetSettings.Torchvision(bottleneck, blocks, classes, groups, widthPerGroup), ResNetKeys.Torchvision)
    {
    }

    internal ResNet(string name, ResNetSettings settings, ResNetKeys keys) : base(name)
    {
        (this.settings, this.keys) = (settings, keys);
        int inputs = settings.StemWidth;
        var stem = Add("", new ConvNormActivation(
            Convolution(settings.Channels, inputs, 7, stride: 2, groups: 1), new BatchNorm2d(inputs), settings.Activation, keys.Stem));
        AddStage("stem", x => stem.Forward(x).MaxPool2d(3, stride: 2, padding: 1), stem);
        for (int stage = 0; stage < settings.Depths.Length; stage++)
        {
            var chain = new Block[settings.Depths[stage]];
            for (int block = 0; block < chain.Length; block++)
            {
                int stride = block == 0 && (stage > 0 || settings.DownsamplesInFirstStage) ? 2 : 1;
                chain[block] = Add(keys.Block(stage, block), new Block(inputs, settings.Widths[stage], settings.InnerWidths[stage], stride, settings, keys));
                inputs = settings.Widths[stage];
            }
            AddStage(
                string.Create(CultureInfo.InvariantCulture, $"layer{stage + 1}"),
                x => LayerScope.Chain(chain.AsSpan(), x, (object?)null, static (block, input, _) => block.Forward(input)), chain);
        }
        AddStage("head", Add(keys.Head, new Linear(inputs, settings.Classes)));
    }

    /// <summary>Hugging Face's family.</summary>
    internal static ImageFamily Family { get; } = new("resnet", ["ResNetModel", "ResNetForImageClassification"], (name, config, classes, seed, _) =>
        new ResNet(name, ResNetSettings.Read(config, classes), ResNetKeys.HuggingFace) { Seed = seed });

    internal override string? TrunkKey => keys.Trunk;

    /// <inheritdoc/>
    public override ImageModel Remake(int classes, ulong seed) => new ResNet(Name, settings with { Classes = classes }, keys) { Seed = seed };

    internal static OrderedDictionary<string, ModelRegistration> Rows => new()
    {
        ["resnet18"] = Basic(11_689_512, 2, 2, 2, 2),
        ["resnet34"] = Basic(21_797_672, 3, 4, 6, 3),
        ["resnet50"] = Bottleneck(25_557_032, [3, 4, 6, 3]),
        ["resnet101"] = Bottleneck(44_549_160, [3, 4, 23, 3]),
        ["resnet152"] = Bottleneck(60_192_808, [3, 8, 36, 3]),
        ["resnext50_32x4d"] = Bottleneck(25_028_904, [3, 4, 6, 3], groups: 32, widthPerGroup: 4),
        ["resnext101_32x8d"] = Bottleneck(88_791_336, [3, 4, 23, 3], groups: 32, widthPerGroup: 8),
        ["resnext101_64x4d"] = Bottleneck(83_455_272, [3, 4, 23, 3], groups: 64, widthPerGroup: 4, shorterSide: 232),
        ["wide_resnet50_2"] = Bottleneck(68_883_240, [3, 4, 6, 3], widthPerGroup: 128),
        ["wide_resnet101_2"] = Bottleneck(126_886_696, [3, 4, 23, 3], widthPerGroup: 128),
    };

    private static ModelRegistration Basic(long parameters, params int[] blocks) => ModelRegistration.ImageNet(
        parameters, (name, classes, seed) => new ResNet(name, bottleneck: false, blocks, classes) { Seed = seed });

    private static ModelRegistration Bottleneck(long parameters, int[] blocks, int groups = 1, int widthPerGroup = 64, int shorterSide = 256) => ModelRegistration.ImageNet(
        parameters, (name, classes, seed) => new ResNet(name, bottleneck: true, blocks, classes, groups, widthPerGroup) { Seed = seed },
        ImagePreprocessing.ImageNet with { ResizeShorterSide = shorterSide });

    private static Conv2d Convolution(int inputs, int outputs, int kernel, int stride, int groups) => new(
        inputs, outputs, kernel, stride, padding: kernel / 2, groups: groups, hasBias: false, initialiser: Initialiser.KaimingNormal(fanOut: true));

    /// <summary>A basic block (3x3, 3x3) or a bottleneck (1x1, 3x3, 1x1), each convolution followed by its batch norm.</summary>
    private sealed class Block : Layer
    {
        private readonly List<ConvNormActivation> steps = [];
        private readonly ConvNormActivation? downsample;

        public Block(int inputs, int outputs, int width, int stride, ResNetSettings settings, ResNetKeys keys)
        {
            if (settings.IsBottleneck)
            {
                Step(inputs, width, kernel: 1, settings.StridesFirst ? stride : 1);
                Step(width, width, kernel: 3, settings.StridesFirst ? 1 : stride, settings.Groups);
                Step(width, outputs, kernel: 1);
            }
            else
            {
                Step(inputs, outputs, kernel: 3, stride);
                Step(outputs, outputs, kernel: 3);
            }
            if (stride != 1 || inputs != outputs)
                downsample = Add("", new ConvNormActivation(Convolution(inputs, outputs, 1, stride, 1), new BatchNorm2d(outputs), activation: null, keys.Shortcut));

            void Step(int from, int to, int kernel, int stride = 1, int groups = 1) => steps.Add(Add("", new ConvNormActivation(
                Convolution(from, to, kernel, stride, groups), new BatchNorm2d(to), settings.Activation, keys.Step(steps.Count))));
        }

        protected override Variable Compute(Variable x)
        {
            var shortcut = downsample?.Forward(x) ?? x;
            for (int i = 0; i < steps.Count - 1; i++) x = steps[i].Forward(x);
            return steps[^1].Forward(x, shortcut);
        }
    }
}
