using System.Runtime.InteropServices;
using Graft.Tensors;

namespace Graft.Models;

/// <summary>Gathers a view's elements in row-major order from their block of the file.</summary>
/// <remarks>The block is held in memory: reading a transposed matrix element by element from the disk would take a system call
/// each. It is never longer than the file.</remarks>
internal sealed unsafe class StridedStream : ElementStream
{
    private readonly long[] at = new long[Shape.MaximumRank];
    private readonly long[] lengths;
    private readonly long[] steps;
    private readonly int elementSize;
    private byte* block;
    private long offset;

    public StridedStream(CheckpointFile file, long position, int elementSize, Shape shape, long[] strides)
    {
        this.elementSize = elementSize;
        lengths = new long[shape.Rank];
        steps = new long[shape.Rank];
        long span = elementSize;
        for (int axis = 0; axis < shape.Rank; axis++)
        {
            lengths[axis] = shape[axis];
            steps[axis] = strides[axis] * elementSize;
            span += (shape[axis] - 1L) * steps[axis];
        }
        block = (byte*)NativeMemory.Alloc((nuint)span);
        try
        {
            for (long done = 0; done < span;)
            {
                int count = (int)Math.Min(span - done, 1 << 26);
                file.Read(position + done, new Span<byte>(block + done, count));
                done += count;
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public override void Read(Span<byte> next)
    {
        ObjectDisposedException.ThrowIf(block is null, this);
        fixed (byte* destination = next)
        {
            for (int done = 0; done < next.Length; done += elementSize)
            {
                switch (elementSize)
                {
                    case 1: destination[done] = block[offset]; break;
                    case 2: *(ushort*)(destination + done) = *(ushort*)(block + offset); break;
                    case 4: *(uint*)(destination + done) = *(uint*)(block + offset); break;
                    default: *(ulong*)(destination + done) = *(ulong*)(block + offset); break;
                }
                Advance();
            }
        }
    }

    public override void Dispose()
    {
        NativeMemory.Free(block);
        block = null;
        base.Dispose();
    }

    // The last axis moves fastest; one that has ended starts again and moves the axis before it.
    private void Advance()
    {
        for (int axis = lengths.Length - 1; axis >= 0; axis--)
        {
            offset += steps[axis];
            if (++at[axis] < lengths[axis]) return;
            offset -= lengths[axis] * steps[axis];
            at[axis] = 0;
        }
    }
}
