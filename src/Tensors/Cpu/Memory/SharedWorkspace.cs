namespace Graft.Tensors;

/// <summary>Workspace that all workers of a kernel share: floats from the device's pool for as long as it runs, contents anything. They are no tensor: a training step asks
/// for hundreds of them, and nobody but the kernel sees them.</summary>
internal readonly unsafe ref struct SharedWorkspace(DeviceMemory memory)
{
    public float* Pointer { get; } = memory.Pointer();

    public void Dispose() => memory.Release();
}
