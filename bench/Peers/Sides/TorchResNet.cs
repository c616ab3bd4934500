using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Graft.Peers;

/// <summary>The ResNet of torchvision in TorchSharp's modules.</summary>
internal sealed class TorchResNet : Module<Tensor, Tensor>
{
    private readonly Module<Tensor, Tensor> stem;
    private readonly Module<Tensor, Tensor> stages;
    private readonly Linear fc;

    public TorchResNet(ResNetShape shape) : base("resnet")
    {
        stem = Sequential(Convolution(3, 64, kernel: 7, stride: 2), BatchNorm2d(64), ReLU(inplace: true), MaxPool2d(3, stride: 2, padding: 1));
        var chain = new List<Module<Tensor, Tensor>>();
        int inputs = 64;
        for (int stage = 0; stage < shape.Blocks.Count; stage++)
        {
            int planes = 64 << stage;
            for (int block = 0; block < shape.Blocks[stage]; block++)
            {
                chain.Add(new Block(inputs, planes, shape, stride: stage > 0 && block == 0 ? 2 : 1));
                inputs = planes * shape.Expansion;
            }
        }
        stages = Sequential(chain);
        fc = Linear(inputs, ResNetShape.Classes);
        RegisterComponents();
    }

    /// <summary>The parameters of the last layer.</summary>
    public IEnumerable<Parameter> HeadParameters => fc.parameters();

    public override Tensor forward(Tensor input) => fc.forward(stages.forward(stem.forward(input)).mean([2, 3]));

    private static Conv2d Convolution(int inputs, int outputs, int kernel, int stride)
    {
        var convolution = Conv2d(inputs, outputs, kernel, stride: stride, padding: kernel / 2, bias: false);
        init.kaiming_normal_(convolution.weight!, mode: init.FanInOut.FanOut, nonlinearity: init.NonlinearityType.ReLU);
        return convolution;
    }

    private sealed class Block : Module<Tensor, Tensor>
    {
        private readonly Module<Tensor, Tensor> body;
        private readonly Module<Tensor, Tensor>? downsample;

        public Block(int inputs, int planes, ResNetShape shape, int stride) : base("block")
        {
            int outputs = planes * shape.Expansion;
            body = shape.Bottleneck
                ? Sequential(
                    Convolution(inputs, planes, 1, 1), BatchNorm2d(planes), ReLU(inplace: true),
                    Convolution(planes, planes, 3, stride), BatchNorm2d(planes), ReLU(inplace: true),
                    Convolution(planes, outputs, 1, 1), BatchNorm2d(outputs))
                : Sequential(
                    Convolution(inputs, planes, 3, stride), BatchNorm2d(planes), ReLU(inplace: true),
                    Convolution(planes, planes, 3, 1), BatchNorm2d(planes));
            if (stride != 1 || inputs != outputs) downsample = Sequential(Convolution(inputs, outputs, 1, stride), BatchNorm2d(outputs));
            RegisterComponents();
        }

        public override Tensor forward(Tensor input)
        {
            var y = body.forward(input);
            return y.add_(downsample?.forward(input) ?? input).relu_();
        }
    }
}
