using System.Runtime.InteropServices;

namespace Graft.Tensors;

/// <summary>Workspace of the thread that runs a kernel, 64-byte aligned, contents anything. Each thread keeps one block, as
/// large as was ever asked for, so that a kernel takes nothing from the system; a second one at a time is taken and given back.</summary>
internal readonly unsafe ref struct ThreadWorkspace
{
    [ThreadStatic]
    private static Block? mine;

    private readonly Block block;

    /// <param name="length">How many floats.</param>
    public ThreadWorkspace(nint length)
    {
        block = mine ??= new Block();
        if (block.InUse) block = new Block();
        block.InUse = true;
        Pointer = block.Of(length);
    }

    public float* Pointer { get; }

    /// <summary>So many floats, rounded up to whole cache lines.</summary>
    public static nint RoundUp(nint floats) => Ceiling.Multiple(floats, 16);

    public void Dispose()
    {
        block.InUse = false;
        if (block != mine) block.Free();
    }

    private sealed class Block
    {
        private float* start;
        private nint length;

        public bool InUse { get; set; }

        public float* Of(nint wanted)
        {
            if (wanted > length)
            {
                Free();
                length = wanted;
                start = (float*)LargePages.Allocate(wanted * sizeof(float));
            }
            return start;
        }

        public void Free()
        {
            NativeMemory.AlignedFree(start);
            start = null;
            length = 0;
        }

        ~Block() => Free();
    }
}
