using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Models;

/// <summary>What GoogLeNet and Inception share.</summary>
internal static class InceptionParts
{
    private const float Epsilon = 1e-3f;

    /// <summary>A convolution, its norm and a ReLU (torchvision's <c>BasicConv2d</c>).</summary>
    public static ConvNormActivation Convolution(
        int inputs, int outputs, int kernel, Initialiser initialiser, int stride = 1, int padding = 0) =>
        Convolution(inputs, outputs, (kernel, kernel), Conv2dGeometry.Square(stride, padding), initialiser);

    /// <summary>The same with an oblong window that keeps the size.</summary>
    public static ConvNormActivation Convolution(int inputs, int outputs, (int Height, int Width) kernel, Initialiser initialiser)
    {
        int rows = kernel.Height / 2, columns = kernel.Width / 2;
        return Convolution(inputs, outputs, kernel, new Conv2dGeometry(1, 1, rows, columns, rows, columns, 1, 1, 1), initialiser);
    }

    /// <summary>What these networks were trained on, (pixel - 0.5) / 0.5, of pixels normalised by ImageNet's mean and deviation (torchvision's
    /// <c>transform_input</c>, which its published weights have).</summary>
    public static Variable Transform(Variable x)
    {
        if (x.Shape.Rank != 4 || x.Shape[1] != RgbValues.Channels)
            ShapeException.Throw("transform_input", $"input {x.Shape}", "the input has to be [N, 3, H, W]");
        return Variable.Concat([Channel(0), Channel(1), Channel(2)], 1);

        Variable Channel(int at) => x.Slice(1, at, 1).Map(new Then<Scale, AddScalar>(new Scale(Factor(at)), new AddScalar(Shift(at))));
    }

    /// <summary>The mean and deviation behind which <see cref="Transform"/> gives what others give without it.</summary>
    public static ImagePreprocessing BeforeTransform(ImagePreprocessing network)
    {
        RgbValues mean = network.Mean, deviation = network.StandardDeviation;
        return network with { Mean = new(Mean(0), Mean(1), Mean(2)), StandardDeviation = new(Deviation(0), Deviation(1), Deviation(2)) };

        float Mean(int at) => mean[at] + Shift(at) * deviation[at];

        float Deviation(int at) => deviation[at] * Factor(at);
    }

    private static float Factor(int channel) => RgbValues.ImageNetStandardDeviation[channel] / 0.5f;

    private static float Shift(int channel) => (RgbValues.ImageNetMean[channel] - 0.5f) / 0.5f;

    private static ConvNormActivation Convolution(
        int inputs, int outputs, (int Height, int Width) kernel, Conv2dGeometry geometry, Initialiser initialiser) => new(
            new Conv2d(inputs, outputs, kernel, geometry, hasBias: false, initialiser: initialiser), new BatchNorm2d(outputs, Epsilon), Activation.Relu, ("conv", "bn"));
}

/// <summary>Branches over one input, their outputs one after another along the channels (Szegedy et al. 2014).</summary>
internal sealed class ParallelBranches : Layer
{
    private readonly Layer[][] branches;

    /// <param name="branches">The layers of each branch in sequence, with their keys; a layer without parameters needs none.</param>
    public ParallelBranches(params (string Key, Layer Layer)[][] branches) =>
        this.branches = [.. branches.Select(branch => branch.Select(step => Add(step.Key, step.Layer)).ToArray())];

    protected override Variable Compute(Variable x)
    {
        var outputs = new Variable[branches.Length];
        for (int i = 0; i < outputs.Length; i++)
            outputs[i] = LayerScope.Chain(branches[i].AsSpan(), x, (object?)null, static (layer, input, _) => layer.Forward(input));
        return Variable.Concat(outputs, 1);
    }
}
