using ILGPU;
using ILGPU.Runtime;

namespace Graft.Tensors.Gpu;

/// <summary>All of a card's memory as one view, whose number i lies at the address 4 i: a kernel that gets addresses by the hundred, in a table, reads through it.</summary>
internal sealed class WholeMemory : MemoryBuffer
{
    // CUDA's addresses have 49 bits at most, as those of the machine whose memory a simulated card has
    private const long Numbers = 1L << 47;

    public WholeMemory(Accelerator accelerator) : base(accelerator, Numbers, sizeof(float)) => View = new ArrayView<float>(this, 0, Numbers);

    public ArrayView<float> View { get; }

    /// <summary>Where the first number of a view lies in this one.</summary>
    public static long PlaceOf(ArrayView<float> view) => view.LoadEffectiveAddressAsPtr() / sizeof(float);

    protected override void MemSet(AcceleratorStream stream, byte value, in ArrayView<byte> targetView) => throw new NotSupportedException();

    protected override void CopyFrom(AcceleratorStream stream, in ArrayView<byte> sourceView, in ArrayView<byte> targetView) => throw new NotSupportedException();

    protected override void CopyTo(AcceleratorStream stream, in ArrayView<byte> sourceView, in ArrayView<byte> targetView) => throw new NotSupportedException();

    protected override void DisposeAcceleratorObject(bool disposing)
    {
    }
}
