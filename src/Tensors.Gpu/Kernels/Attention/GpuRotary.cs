using ILGPU;

namespace Graft.Tensors.Gpu;

// Letters: R rows, H heads, D numbers a head, W of them turned, P positions.
public sealed partial class GpuDevice
{
    public override void Rotate(
        RotarySettings settings, Tensor<float> x, Tensor<float> cosines, Tensor<float> sines, Tensor<int>? positions, Tensor<float> y)
    {
        using var none = Rent<int>([1]);
        var kernel = new RotaryKernel(
            settings, ViewOf(x), ViewOf(cosines), ViewOf(sines), ViewOf(positions ?? none), positions is null ? 0 : 1, ViewOf(y), x.Shape[1] / settings.Heads, cosines.Shape[1]);
        LaunchElements(kernel, CountOf(y), x, cosines, sines, positions, y);
    }
}

/// <summary>A thread a number.</summary>
internal readonly struct RotaryKernel(
    RotarySettings settings, ArrayView<float> x, ArrayView<float> cosines, ArrayView<float> sines, ArrayView<int> positions, int hasPositions, ArrayView<float> y, int depth, int half)
    : IElementKernel
{
    private readonly int heads = settings.Heads;
    private readonly int tokens = settings.Tokens;
    private readonly float sign = settings.IsInverse ? -1f : 1f;

    public void Run(int index)
    {
        int headOfAll = index / depth, number = index - headOfAll * depth, row = headOfAll / heads;
        if (number >= 2 * half)
        {
            y[index] = x[index];
            return;
        }
        int place = hasPositions != 0 ? positions[row] : row % tokens;
        int column = number < half ? number : number - half, angle = place * half + column;
        float sine = sign * sines[angle], other = number < half ? -(sine * x[index + half]) : sine * x[index - half];
        y[index] = GpuMath.FusedMultiplyAdd(x[index], cosines[angle], other);
    }
}
