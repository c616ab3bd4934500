namespace Graft.Tensors;

/// <summary>A block that a recording asked for: a name for memory which is there only once the recording is planned. It is never
/// handed out twice, so that a block has one life.</summary>
internal sealed class RecordedMemory(Recorder recorder, long bytes) : DeviceMemory(recorder, bytes)
{
    /// <summary>Whether the caller of a replay fills it.</summary>
    public bool IsInput { get; init; }

    /// <summary>Whether it stays from replay to replay, in memory of its own.</summary>
    public bool IsState { get; init; }

    /// <summary>Whether the host wrote its numbers while the pass was recorded: they are part of the recording.</summary>
    public bool IsOfHost { get; set; }

    /// <summary>Whether a call reads or writes it, or it is an output.</summary>
    public bool IsUsed { get; set; }

    /// <summary>Whether its numbers differ from replay to replay.</summary>
    public bool Varies { get; set; }

    /// <summary>The device memory that the plan assigned; null until then.</summary>
    public DeviceMemory? Target { get; private set; }

    /// <summary>Where in <see cref="Target"/> it begins.</summary>
    public long FirstByte { get; private set; }

    public void Assign(DeviceMemory target, long firstByte) => (Target, FirstByte) = (target, firstByte);

    protected override void Recycle()
    {
    }
}
