using Graft.Tensors;

namespace Graft.Autograd;

/// <summary>What a pass has rented, in the order in which it did: a scope is a mark in that order.</summary>
internal sealed class Temporaries
{
    private readonly List<IDisposable> tensors = [];

    /// <summary>The memory of each.</summary>
    private readonly List<DeviceMemory> memories = [];

    /// <summary>The count: a mark at which a scope begins.</summary>
    public int Count => tensors.Count;

    /// <summary>Adds a tensor.</summary>
    public Tensor<T> Add<T>(Tensor<T> tensor) where T : unmanaged
    {
        tensors.Add(tensor);
        memories.Add(tensor.Memory);
        return tensor;
    }

    /// <summary>Releases what was rented since a mark, except the memory behind <paramref name="keep"/>. What the tape has saved stays until
    /// its backward.</summary>
    public void GiveBackSince(int mark, Tensor<float>? keep)
    {
        int kept = mark;
        for (int i = mark; i < tensors.Count; i++)
        {
            if (keep is not null && memories[i] == keep.Memory)
            {
                (tensors[kept], memories[kept]) = (tensors[i], memories[i]);
                kept++;
            }
            else
            {
                tensors[i].Dispose();
            }
        }
        tensors.RemoveRange(kept, tensors.Count - kept);
        memories.RemoveRange(kept, memories.Count - kept);
    }

    /// <summary>The memory of each that was not given back, in order.</summary>
    public IReadOnlyList<DeviceMemory> Memories => memories;

    /// <summary>Adds the memory of all to a set.</summary>
    public void AddTo(HashSet<DeviceMemory> held) => held.UnionWith(memories);

    /// <summary>Releases everything.</summary>
    public void Clear() => GiveBackSince(0, keep: null);
}
