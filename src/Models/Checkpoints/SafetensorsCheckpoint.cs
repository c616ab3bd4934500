using System.Buffers.Binary;

namespace Graft.Models;

/// <summary>A safetensors file: the header's length, a header in JSON, the tensors' bytes.</summary>
internal sealed class SafetensorsCheckpoint : Checkpoint
{
    /// <summary>The longest header that the format's own library reads.</summary>
    private const int LongestHeader = 100_000_000;

    private readonly CheckpointFile file;

    private SafetensorsCheckpoint(CheckpointFile file, SafetensorsHeader header)
        : base(file.Path, "safetensors", file.Length, header.Metadata, header.Tensors) => this.file = file;

    public static SafetensorsCheckpoint Read(CheckpointFile file)
    {
        Span<byte> prefix = stackalloc byte[8];
        file.Read(0, prefix);
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (length > (ulong)file.Length - 8)
            throw file.Fail($"truncated or damaged: it says that its header has {length} bytes, but only {file.Length - 8} follow; fetch it again");
        if (length > LongestHeader)
            throw file.Fail($"damaged: a header of {length} bytes is beyond the {LongestHeader} that safetensors allows; fetch it again");
        return new SafetensorsCheckpoint(file, SafetensorsHeader.Parse(file, file.Read(8, (int)length)));
    }

    protected override void Close() => file.Dispose();
}
