namespace Graft.Tensors;

/// <summary>Floats from the device's pool for as long as a kernel runs, contents anything. They are no tensor: a training step asks
/// for hundreds of them, and nobody but the kernel sees them.</summary>
internal readonly unsafe ref struct Borrowed(DeviceMemory memory)
{
    public float* Pointer { get; } = memory.Pointer();

    public void Dispose() => memory.Release();
}
