using Graft.Tensors;

namespace Graft.Testing;

/// <summary>Convolution by its definition, one term after another; all tensors in the order of their axes.</summary>
internal sealed record ReferenceConv2d(Conv2dGeometry Geometry, int Images, int Channels, int Height, int Width, int Outputs, int KernelHeight, int KernelWidth)
{
    public int OutputHeight => Geometry.OutputHeight(Height, KernelHeight);

    public int OutputWidth => Geometry.OutputWidth(Width, KernelWidth);

    public Shape X => [Images, Channels, Height, Width];

    public Shape Y => [Images, Outputs, OutputHeight, OutputWidth];

    public Shape Weight => [Outputs, Channels / Geometry.Groups, KernelHeight, KernelWidth];

    public Expected Forward(float[] x, float[] weight)
    {
        var y = new Expected(Y.ElementCount);
        ForEachTerm((atX, atWeight, atY) => y.Add(atY, (double)x[atX] * weight[atWeight]));
        return y;
    }

    public Expected BackwardInput(float[] dy, float[] weight)
    {
        var dx = new Expected(X.ElementCount);
        ForEachTerm((atX, atWeight, atY) => dx.Add(atX, (double)dy[atY] * weight[atWeight]));
        return dx;
    }

    public Expected BackwardWeight(float[] x, float[] dy)
    {
        var dweight = new Expected(Weight.ElementCount);
        ForEachTerm((atX, atWeight, atY) => dweight.Add(atWeight, (double)x[atX] * dy[atY]));
        return dweight;
    }

    private void ForEachTerm(Action<int, int, int> term)
    {
        int groupInputs = Channels / Geometry.Groups, groupOutputs = Outputs / Geometry.Groups;
        int atY = 0;
        for (int image = 0; image < Images; image++)
            for (int output = 0; output < Outputs; output++)
                for (int row = 0; row < OutputHeight; row++)
                    for (int column = 0; column < OutputWidth; column++, atY++)
                        for (int channel = 0; channel < groupInputs; channel++)
                            for (int i = 0; i < KernelHeight; i++)
                                for (int j = 0; j < KernelWidth; j++)
                                {
                                    int h = row * Geometry.StrideHeight - Geometry.PadTop + i * Geometry.DilationHeight;
                                    int w = column * Geometry.StrideWidth - Geometry.PadLeft + j * Geometry.DilationWidth;
                                    if (h < 0 || h >= Height || w < 0 || w >= Width) continue;
                                    int source = output / groupOutputs * groupInputs + channel;
                                    term(
                                        ((image * Channels + source) * Height + h) * Width + w,
                                        ((output * groupInputs + channel) * KernelHeight + i) * KernelWidth + j,
                                        atY);
                                }
    }
}
