using Graft.Autograd;
using Graft.Tensors;
using Graft.Testing;

namespace Graft.Formats.Tests;

/// <summary>A network that Keras trained, built from our layers and loaded by its own names, gives its logits.</summary>
public class KerasResNet8Tests
{
    public KerasResNet8Tests() => KerasFormat.Register();

    [Fact]
    public void Its_logits_are_those_of_its_weights()
    {
        using var reference = Checkpoint.Open(RealData.Require("keras-resnet8/reference-100.safetensors"));
        using var checkpoint = Checkpoint.Open(RealData.Require("keras-resnet8/pretrainedResnet.h5"));
        var model = new ResNet8();
        var report = model.Load(checkpoint);
        Assert.Equal((checkpoint.Tensors.Count, checkpoint.Tensors.Count), (report.Loaded, report.Expected));

        using var device = new CpuDevice(2);
        using var pass = Pass.Infer(device);
        using var images = Tensor.From<float>([100, 32, 32, 3], reference["pixels"].ToSingleArray(), device).Permute(0, 3, 1, 2);
        float[] logits = model.Forward(pass.Constant(images)).Value.ToArray(), expected = reference["logits"].ToSingleArray();
        Assert.Equal(expected.Length, logits.Length);
        double largest = logits.Zip(expected, (left, right) => Math.Abs((double)left - right)).Max();
        Assert.True(largest <= 1e-4, $"largest difference of a logit {largest}");
        long[] labels = reference["labels"].ToInt64Array();
        Assert.Equal(88, labels.Where((label, row) => Enumerable.Range(0, 10).MaxBy(column => logits[row * 10 + column]) == label).Count());
    }

    /// <summary>Three blocks of two convolutions; convolutions have biases beside their norms, and TensorFlow's SAME padding puts the odd pixel
    /// behind.</summary>
    private sealed class ResNet8 : ImageModel
    {
        public ResNet8() : base("keras-resnet8")
        {
            var stem = Add("", new NormedConvolution(0, 0, 3, 16, 3, 1));
            AddStage("stem", x => stem.Forward(x).Relu(), stem);
            Stage("stage1", new Block(16, 16, stride: 1, convolution: 1, norm: 1));
            Stage("stage2", new Block(16, 32, stride: 2, convolution: 3, norm: 3));
            Stage("stage3", new Block(32, 64, stride: 2, convolution: 6, norm: 5));
            AddStage("dense", new Linear(64, 10));
        }

        private void Stage(string name, Block block) => AddStage(name, Add("", block));
    }

    private sealed class Block : Layer
    {
        private readonly NormedConvolution first;
        private readonly NormedConvolution second;
        private readonly Conv2d? shortcut;

        public Block(int inputs, int outputs, int stride, int convolution, int norm)
        {
            first = Add("", new NormedConvolution(convolution, norm, inputs, outputs, 3, stride));
            second = Add("", new NormedConvolution(convolution + 1, norm + 1, outputs, outputs, 3, 1));
            if (stride > 1) shortcut = Add($"conv2d_{convolution + 2}", new Conv2d(inputs, outputs, (1, 1), Conv2dGeometry.Square(stride)));
        }

        protected override Variable Compute(Variable x) =>
            (second.Forward(first.Forward(x).Relu()) + (shortcut?.Forward(x) ?? x)).Relu();
    }

    private sealed class NormedConvolution : Layer
    {
        private readonly Conv2d convolution;
        private readonly BatchNorm2d norm;

        public NormedConvolution(int convolution, int norm, int inputs, int outputs, int kernel, int stride)
        {
            // of an even length, a window of 3 at every other pixel needs one pixel more, which comes last
            var geometry = new Conv2dGeometry(stride, stride, PadTop: 2 - stride, PadLeft: 2 - stride, PadBottom: 1, PadRight: 1, 1, 1, 1);
            this.convolution = Add(Numbered("conv2d", convolution), new Conv2d(inputs, outputs, (kernel, kernel), geometry));
            this.norm = Add(Numbered("batch_normalization", norm), new BatchNorm2d(outputs, epsilon: 1e-3f));
        }

        protected override Variable Compute(Variable x) => norm.Forward(convolution.Forward(x));

        private static string Numbered(string kind, int number) => number == 0 ? kind : $"{kind}_{number}";
    }
}
