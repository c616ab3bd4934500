using ILGPU;

namespace Graft.Tensors.Gpu;

public sealed partial class GpuDevice
{
    public override void Dropout(DropoutMask mask, Tensor<float> x, Tensor<float> y) =>
        LaunchElements(new DropoutKernel(new MaskFactors(mask), ViewOf(x), ViewOf(y)), CountOf(x), x, y);
}

/// <summary>y = x times the mask's factor for each element.</summary>
internal readonly struct DropoutKernel(MaskFactors mask, ArrayView<float> x, ArrayView<float> y) : IElementKernel
{
    public void Run(int index) => y[index] = x[index] * mask.At(index / DropoutMask.Block, index % DropoutMask.Block);
}

/// <summary>A <see cref="DropoutMask"/> as a kernel's field: what ILGPU passes to a card has to be a type of this assembly.</summary>
internal readonly struct MaskFactors(DropoutMask mask)
{
    private readonly uint keyLow = mask.KeyLow;
    private readonly uint keyHigh = mask.KeyHigh;
    private readonly float threshold = mask.Threshold;
    private readonly float scale = mask.Scale;

    /// <summary>What number <paramref name="number"/> of a block is multiplied by: 0 or the scale.</summary>
    public float At(int block, int number)
    {
        int word = number / DropoutMask.CountersPerBlock;
        uint position = unchecked((uint)block * DropoutMask.CountersPerBlock + (uint)(number - word * DropoutMask.CountersPerBlock));
        var (first, second, third, fourth) = RandomStream.Philox((position, 0u, 0u, 0u), (keyLow, keyHigh));
        uint bits = word == 0 ? first : word == 1 ? second : word == 2 ? third : fourth;
        return GpuMath.WhereGreater(threshold, (int)(bits >> 8), 0f, scale);
    }
}
