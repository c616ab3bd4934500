using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ILGPU;
using ILGPU.Runtime;

namespace Graft.Tensors.Gpu;

/// <summary>Page-locked memory of the host through which numbers go to the card (PyTorch's <c>pin_memory</c> and <c>non_blocking</c>): an upload is queued and waits for nothing, where
/// one from ordinary memory waits until all that was queued before is done.</summary>
/// <remarks>Used up from front to back. Whoever has waited for the queue says so, and all of it is free again; where it is full it waits itself.</remarks>
internal sealed class PinnedStaging(Accelerator accelerator, int capacity) : IDisposable
{
    private const int Alignment = 256;

    private readonly Lock gate = new();
    private PageLockedArray1D<byte>? block;
    private int used;
    private long uploads;

    /// <summary>How often it was full and had to wait.</summary>
    public int Waits { get; private set; }

    /// <summary>How many uploads there have been.</summary>
    public long Uploads => Interlocked.Read(ref uploads);

    /// <summary>Queues a copy; the numbers may change as soon as it returns.</summary>
    public void Upload<T>(ReadOnlySpan<T> source, ArrayView<T> destination) where T : unmanaged
    {
        int most = capacity / Unsafe.SizeOf<T>();
        lock (gate)
        {
            block ??= accelerator.AllocatePageLocked1D<byte>(capacity, uninitialized: true);
            Interlocked.Increment(ref uploads);
            for (int done = 0; done < source.Length;)
            {
                int room = (capacity - used) / Unsafe.SizeOf<T>();
                if (room == 0)
                {
                    accelerator.DefaultStream.Synchronize();
                    (used, room) = (0, most);
                    Waits++;
                }
                var piece = source.Slice(done, Math.Min(source.Length - done, room));
                int bytes = piece.Length * Unsafe.SizeOf<T>();
                MemoryMarshal.AsBytes(piece).CopyTo(block.Span[used..]);
                block.ArrayView.SubView(used, bytes).CopyTo(accelerator.DefaultStream, destination.SubView(done, piece.Length).Cast<byte>());
                done += piece.Length;
                used = Math.Min(capacity, (used + bytes + Alignment - 1) / Alignment * Alignment);
            }
        }
    }

    /// <summary>Takes everything back where the queue has been waited for since: whatever was queued up to then is done.</summary>
    /// <param name="seen">How many <see cref="Uploads"/> there were before the wait; with others since nothing is taken back.</param>
    public void Free(long seen)
    {
        lock (gate)
            if (uploads == seen) used = 0;
    }

    public void Dispose() => block?.Dispose();
}
