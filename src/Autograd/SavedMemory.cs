using System.Runtime.InteropServices;
using Graft.Tensors;

namespace Graft.Autograd;

/// <summary>Memory saved for backward, each block with its version when it was saved (PyTorch's saved tensors and version counters). The
/// list behind it is the thread's, so that a training step makes none.</summary>
internal struct SavedMemory
{
    /// <summary>About as many as the calls of the deepest models.</summary>
    private const int MostIdle = 4096;

    [ThreadStatic]
    private static Stack<List<(DeviceMemory Memory, int Version)>>? idle;

    private List<(DeviceMemory Memory, int Version)>? held;

    /// <summary>Whether nothing that was saved has been overwritten since.</summary>
    public readonly bool IsUnchanged
    {
        get
        {
            if (held is null) return true;
            foreach (var (memory, version) in held)
                if (memory.Version != version) return false;
            return true;
        }
    }

    /// <summary>Holds a block until <see cref="Release"/>.</summary>
    public void Add(DeviceMemory memory)
    {
        memory.Retain();
        held ??= idle is { Count: > 0 } lists ? lists.Pop() : [];
        held.Add((memory, memory.Version));
    }

    /// <summary>Holds what another holds too, as it was when that one came to hold it.</summary>
    public void AddAll(in SavedMemory other)
    {
        if (other.held is null) return;
        foreach (var (memory, version) in other.held)
        {
            Add(memory);
            CollectionsMarshal.AsSpan(held)[^1].Version = version;
        }
    }

    /// <summary>Adds what was saved to a set.</summary>
    public readonly void AddTo(HashSet<DeviceMemory> memories)
    {
        if (held is null) return;
        foreach (var (memory, _) in held) memories.Add(memory);
    }

    /// <summary>Releases what was saved, and the list that held it to the thread's next.</summary>
    public void Release()
    {
        if (held is null) return;
        foreach (var (memory, _) in held) memory.Release();
        held.Clear();
        idle ??= [];
        if (idle.Count < MostIdle) idle.Push(held);
        held = null;
    }
}
