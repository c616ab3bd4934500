using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Models;

/// <summary>ResNet as in torchvision (He et al. 2015; the stride of a bottleneck stands on its 3x3 convolution), and with the same
/// code ResNeXt (Xie et al. 2016) and Wide ResNet (Zagoruyko and Komodakis 2016).</summary>
public sealed class ResNet : ImageModel
{
    private readonly Conv2d conv1;
    private readonly BatchNorm2d bn1;
    private readonly Sequential[] layers = new Sequential[4];
    private readonly Linear fc;

    internal ResNet(string name, bool bottleneck, int[] blocks, int classes, int groups = 1, int widthPerGroup = 64)
    {
        Name = name;
        int expansion = bottleneck ? 4 : 1, inputs = 64;
        conv1 = Add("conv1", new Conv2d(3, 64, 7, stride: 2, padding: 3, hasBias: false, initialiser: Initialiser.KaimingNormal(fanOut: true)));
        bn1 = Add("bn1", new BatchNorm2d(64));
        for (int stage = 0; stage < layers.Length; stage++)
        {
            int planes = 64 << stage, width = planes * widthPerGroup / 64 * groups;
            var chain = new List<Layer>();
            for (int block = 0; block < blocks[stage]; block++)
            {
                int stride = stage > 0 && block == 0 ? 2 : 1;
                chain.Add(new Block(inputs, planes * expansion, bottleneck ? width : planes, stride, groups, bottleneck));
                inputs = planes * expansion;
            }
            layers[stage] = Add($"layer{stage + 1}", new Sequential(chain));
        }
        fc = Add("fc", new Linear(inputs, classes));
        Stages =
        [
            new("stem", [conv1, bn1]), new("layer1", [layers[0]]), new("layer2", [layers[1]]),
            new("layer3", [layers[2]]), new("layer4", [layers[3]]), new("head", [fc]),
        ];
    }

    /// <inheritdoc/>
    public override string Name { get; }

    internal override IReadOnlyList<Stage> Stages { get; }

    private protected override Variable ComputeFeatures(Variable x)
    {
        int mark = x.Pass.Enter();
        x = conv1.Forward(x, bn1, relu: true);
        x = Only(mark, Pooling.Max(x, Pool2dGeometry.Square(kernel: 3, stride: 2, padding: 1)));
        foreach (var layer in layers) x = Only(mark, layer.Forward(x));
        return x.Mean(2, 3).Reshape([x.Shape[0], x.Shape[1]]);
    }

    private protected override Variable ComputeHead(Variable features) => fc.Forward(features);

    /// <summary>A basic block (3x3, 3x3) or a bottleneck (1x1, 3x3, 1x1), each convolution followed by its batch norm.</summary>
    private sealed class Block : Layer
    {
        private readonly List<(Conv2d Convolution, BatchNorm2d Norm)> steps = [];
        private readonly (Conv2d Convolution, BatchNorm2d Norm)? downsample;

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
            {
                (Conv2d Convolution, BatchNorm2d Norm) way = (Convolution(inputs, outputs, 1, stride, 1), new BatchNorm2d(outputs));
                Add("downsample", new Sequential(way.Convolution, way.Norm));
                downsample = way;
            }
        }

        private protected override Variable Compute(Variable x)
        {
            var shortcut = downsample is { } way ? way.Convolution.Forward(x, way.Norm, relu: false) : x;
            for (int i = 0; i < steps.Count - 1; i++) x = steps[i].Convolution.Forward(x, steps[i].Norm, relu: true);
            return steps[^1].Convolution.Forward(x, steps[^1].Norm, relu: true, shortcut);
        }

        private void Step(int inputs, int outputs, int kernel, int stride = 1, int groups = 1)
        {
            int number = steps.Count + 1;
            steps.Add((
                Add($"conv{number}", Convolution(inputs, outputs, kernel, stride, groups)), Add($"bn{number}", new BatchNorm2d(outputs))));
        }

        private static Conv2d Convolution(int inputs, int outputs, int kernel, int stride, int groups) => new(
            inputs, outputs, kernel, stride, padding: kernel / 2, groups: groups, hasBias: false, initialiser: Initialiser.KaimingNormal(fanOut: true));
    }
}
