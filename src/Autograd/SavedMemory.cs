using Graft.Tensors;

namespace Graft.Autograd;

/// <summary>Memory that something holds for later, each block with the version of its numbers when it was saved. The list behind it is
/// the thread's, so that a training step makes none.</summary>
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

    /// <summary>Gives back what was saved, and the list that held it to the thread's next.</summary>
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
