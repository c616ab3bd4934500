using System.Runtime.Intrinsics.X86;

namespace Graft.Tensors;

public sealed partial class CpuDevice
{
    public override unsafe void Dropout(DropoutMask mask, Tensor<float> x, Tensor<float> y)
    {
        nint count = (nint)x.ElementCount;
        var kernel = new DropoutKernel(mask, x.Pointer(), y.Pointer(), count);
        workers.Run(kernel, Ceiling.Divide(count, DropoutMask.Block), DropoutMask.Block * 4);
        KeepAlive(x, y);
    }
}

/// <summary>y = x times the mask's factors, a block of 64 at a time.</summary>
internal readonly unsafe struct DropoutKernel(DropoutMask mask, float* x, float* y, nint count) : IRangeKernel
{
    public void Run<S>(nint begin, nint end) where S : unmanaged, IVectorLane<S>
    {
        float* factors = stackalloc float[DropoutMask.Block];
        for (nint block = begin; block < end; block++)
        {
            DropoutFactors.Draw<S>(mask, (ulong)block, factors);
            nint first = block * DropoutMask.Block, length = Math.Min(DropoutMask.Block, count - first);
            nint i = 0;
            for (; i + S.Width <= length; i += S.Width) S.Store(S.Load(x + first + i) * S.Load(factors + i), y + first + i);
            for (; i < length; i++) y[first + i] = x[first + i] * factors[i];
        }
    }
}

/// <summary>The factors of a block of 64 numbers, as many counters at a time as the lane is wide.</summary>
internal static unsafe class DropoutFactors
{
    public static void Draw<S>(DropoutMask mask, ulong block, float* factors) where S : unmanaged, IVectorLane<S>
    {
        if (S.Width == 16 && Avx512F.IsSupported) Bits<Words8>(mask, block, factors);
        else if (S.Width == 8 && Avx2.IsSupported) Bits<Words4>(mask, block, factors);
        else Bits<Words1>(mask, block, factors);
        var threshold = S.Splat(mask.Threshold);
        for (int i = 0; i < DropoutMask.Block; i += S.Width)
            S.Store(S.WhereGreater(threshold, S.Load(factors + i), S.Splat(0f), S.Splat(mask.Scale)), factors + i);
    }

    /// <summary>Philox4x32-10 (<see cref="RandomStream"/>) over the block's sixteen counters.</summary>
    private static void Bits<W>(DropoutMask mask, ulong block, float* bits) where W : struct, IWords<W>
    {
        ulong position = block * DropoutMask.CountersPerBlock;
        var (left, right) = (W.Splat(0xD2511F53u), W.Splat(0xCD9E8D57u));
        for (int i = 0; i < DropoutMask.CountersPerBlock; i += W.Count)
        {
            // sixteen counters never carry into the upper half: the block's first is a multiple of sixteen
            var (c0, c1) = (W.Ascending((uint)position + (uint)i), W.Splat((uint)(position >> 32)));
            var (c2, c3) = (W.Splat(0u), W.Splat(0u));
            uint k0 = mask.KeyLow, k1 = mask.KeyHigh;
            for (int round = 0; round < 10; round++)
            {
                var (fromFirst, fromThird) = (W.Multiply(c0, left), W.Multiply(c2, right));
                (c0, c1) = (W.High(fromThird) ^ c1 ^ W.Splat(k0), fromThird);
                (c2, c3) = (W.High(fromFirst) ^ c3 ^ W.Splat(k1), fromFirst);
                k0 += 0x9E3779B9u;
                k1 += 0xBB67AE85u;
            }
            W.StoreUpperBits(c0, bits + i);
            W.StoreUpperBits(c1, bits + DropoutMask.CountersPerBlock + i);
            W.StoreUpperBits(c2, bits + 2 * DropoutMask.CountersPerBlock + i);
            W.StoreUpperBits(c3, bits + 3 * DropoutMask.CountersPerBlock + i);
        }
    }
}
