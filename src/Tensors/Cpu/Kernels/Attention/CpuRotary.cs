namespace Graft.Tensors;

// Letters: R rows, H heads, D numbers a head, W of them turned, P positions.
public sealed partial class CpuDevice
{
    public override unsafe void Rotate(
        RotarySettings settings, Tensor<float> x, Tensor<float> cosines, Tensor<float> sines, Tensor<int>? positions, Tensor<float> y)
    {
        int depth = x.Shape[1] / settings.Heads;
        var kernel = new RotaryKernel(settings, x.Pointer(), cosines.Pointer(), sines.Pointer(), positions.PointerOrNull(), y.Pointer(), depth, cosines.Shape[1]);
        workers.Run(kernel, (nint)x.Shape[0] * settings.Heads, 2 * depth);
        KeepAlive(x, cosines, sines, positions, y);
    }
}

/// <summary>An item is a head of a row.</summary>
internal readonly unsafe struct RotaryKernel(
    RotarySettings settings, float* x, float* cosines, float* sines, int* positions, float* y, int depth, int half) : IRangeKernel
{
    public void Run<S>(nint begin, nint end) where S : unmanaged, IVectorLane<S>
    {
        float sign = settings.IsInverse ? -1f : 1f;
        for (nint item = begin; item < end; item++)
        {
            nint row = item / settings.Heads;
            nint place = positions is null ? row % settings.Tokens : positions[row];
            float* from = x + item * depth, to = y + item * depth, c = cosines + place * half, s = sines + place * half;
            int j = 0;
            for (; j + S.Width <= half; j += S.Width) Turn<S>(from + j, to + j, c + j, s + j, sign);
            for (; j < half; j++) Turn<Lane1>(from + j, to + j, c + j, s + j, sign);
            new ReadOnlySpan<float>(from + 2 * half, depth - 2 * half).CopyTo(new Span<float>(to + 2 * half, depth - 2 * half));
        }
    }

    private void Turn<S>(float* from, float* to, float* c, float* s, float sign) where S : unmanaged, IVectorLane<S>
    {
        S first = S.Load(from), second = S.Load(from + half), cosine = S.Load(c), sine = S.Splat(sign) * S.Load(s);
        S.Store(S.FusedMultiplyAdd(first, cosine, -(sine * second)), to);
        S.Store(S.FusedMultiplyAdd(second, cosine, sine * first), to + half);
    }
}
