using Graft.Autograd;

namespace Graft.Models;

/// <summary>ResNet as in torchvision (He et al. 2015; the stride of a bottleneck is on its 3x3 convolution, ResNet V1.5), and with the same
/// code ResNeXt (Xie et al. 2016) and Wide ResNet (Zagoruyko and Komodakis 2016).</summary>
public sealed class ResNet : ImageModel
{
    internal ResNet(string name, bool bottleneck, int[] blocks, int classes, int groups = 1, int widthPerGroup = 64) : base(name)
    {
        int expansion = bottleneck ? 4 : 1, inputs = 64;
        var stem = Add("", new ConvNormActivation(Convolution(3, 64, 7, stride: 2, groups: 1), new BatchNorm2d(64), Activation.Relu, ("conv1", "bn1")));
        AddStage("stem", x => stem.Forward(x).MaxPool2d(3, stride: 2, padding: 1), stem);
        for (int stage = 0; stage < blocks.Length; stage++)
        {
            int planes = 64 << stage, width = planes * widthPerGroup / 64 * groups;
            var chain = new List<Layer>();
            for (int block = 0; block < blocks[stage]; block++)
            {
                int stride = stage > 0 && block == 0 ? 2 : 1;
                chain.Add(new Block(inputs, planes * expansion, bottleneck ? width : planes, stride, groups, bottleneck));
                inputs = planes * expansion;
            }
            AddStage($"layer{stage + 1}", new Sequential(chain));
        }
        AddStage("head", Add("fc", new Linear(inputs, classes)));
    }

    internal static OrderedDictionary<string, ModelRegistration> Rows => new()
    {
        ["resnet18"] = Basic(11_689_512, 2, 2, 2, 2),
        ["resnet34"] = Basic(21_797_672, 3, 4, 6, 3),
        ["resnet50"] = Bottleneck(25_557_032, [3, 4, 6, 3]),
        ["resnet101"] = Bottleneck(44_549_160, [3, 4, 23, 3]),
        ["resnet152"] = Bottleneck(60_192_808, [3, 8, 36, 3]),
        ["resnext50_32x4d"] = Bottleneck(25_028_904, [3, 4, 6, 3], groups: 32, widthPerGroup: 4),
        ["resnext101_32x8d"] = Bottleneck(88_791_336, [3, 4, 23, 3], groups: 32, widthPerGroup: 8),
        ["resnext101_64x4d"] = Bottleneck(83_455_272, [3, 4, 23, 3], groups: 64, widthPerGroup: 4),
        ["wide_resnet50_2"] = Bottleneck(68_883_240, [3, 4, 6, 3], widthPerGroup: 128),
        ["wide_resnet101_2"] = Bottleneck(126_886_696, [3, 4, 23, 3], widthPerGroup: 128),
    };

    private static ModelRegistration Basic(long parameters, params int[] blocks) => ModelRegistration.ImageNet(
        parameters, (name, classes, seed) => new ResNet(name, bottleneck: false, blocks, classes) { Seed = seed });

    private static ModelRegistration Bottleneck(long parameters, int[] blocks, int groups = 1, int widthPerGroup = 64) => ModelRegistration.ImageNet(
        parameters, (name, classes, seed) => new ResNet(name, bottleneck: true, blocks, classes, groups, widthPerGroup) { Seed = seed });

    private static Conv2d Convolution(int inputs, int outputs, int kernel, int stride, int groups) => new(
        inputs, outputs, kernel, stride, padding: kernel / 2, groups: groups, hasBias: false, initialiser: Initialiser.KaimingNormal(fanOut: true));

    /// <summary>A basic block (3x3, 3x3) or a bottleneck (1x1, 3x3, 1x1), each convolution followed by its batch norm.</summary>
    private sealed class Block : Layer
    {
        private readonly List<ConvNormActivation> steps = [];
        private readonly ConvNormActivation? downsample;

        public Block(int inputs, int outputs, int width, int stride, int groups, bool bottleneck)
        {
            if (bottleneck)
            {
                Step(inputs, width, kernel: 1);
                Step(width, width, kernel: 3, stride, groups);
                Step(width, outputs, kernel: 1);
            }
            else
            {
                Step(inputs, outputs, kernel: 3, stride);
                Step(outputs, outputs, kernel: 3);
            }
            if (stride != 1 || inputs != outputs)
                downsample = Add("downsample", new ConvNormActivation(Convolution(inputs, outputs, 1, stride, 1), new BatchNorm2d(outputs), activation: null));
        }

        protected override Variable Compute(Variable x)
        {
            var shortcut = downsample?.Forward(x) ?? x;
            for (int i = 0; i < steps.Count - 1; i++) x = steps[i].Forward(x);
            return steps[^1].Forward(x, shortcut);
        }

        private void Step(int inputs, int outputs, int kernel, int stride = 1, int groups = 1)
        {
            int number = steps.Count + 1;
            steps.Add(Add("", new ConvNormActivation(
                Convolution(inputs, outputs, kernel, stride, groups), new BatchNorm2d(outputs), Activation.Relu, ($"conv{number}", $"bn{number}"))));
        }
    }
}
