using Graft.Tensors;

namespace Graft.Onnx.Export;

/// <summary>A block of memory of a pass that is exported: it knows which values were written where. Never handed out twice, so that a
/// block has one life.</summary>
internal sealed class ExportMemory(ExportDevice device, long bytes) : DeviceMemory(device, bytes)
{
    /// <summary>What was written, in order; a write over the whole block forgets those before it.</summary>
    public List<MemoryWrite> Writes { get; private set; } = [];

    /// <summary>Whether its numbers follow from the inputs; else they are computed while the pass is recorded.</summary>
    public bool Varies { get; private set; }

    /// <summary>Whether it stands for the lengths of sequences whose padding a mask describes.</summary>
    public bool IsAnyLength { get; init; }

    /// <summary>Where numbers that do not vary are computed; null where there are none.</summary>
    public DeviceMemory? Target { get; set; }

    /// <summary>Values that were read since the last write, by layout.</summary>
    public Dictionary<string, ExportValue> Reads { get; } = [];

    /// <summary>Of which variance a batch norm's factors in the block were computed, and what was added to it; null for other numbers.</summary>
    public (Tensor<float> Variance, float Epsilon)? Inverse { get; set; }

    /// <summary>Takes note of a write.</summary>
    public void Write(in MemoryWrite write, bool varies)
    {
        Reads.Clear();
        Inverse = null;
        Varies |= varies;
        if (Covers(write.Layout)) Writes.Clear();
        Writes.Add(write);
    }

    /// <summary>Puts what the block holds as a whole in the place of its parts.</summary>
    public void Replace(in MemoryWrite whole) => Writes = [whole];

    /// <summary>Whether a layout has every element of the block.</summary>
    public bool Covers(in ViewLayout layout) => layout.Offset == 0 && layout.IsDense && layout.Shape.ElementCount * sizeof(float) >= Bytes;

    protected override void Recycle()
    {
    }
}

/// <summary>A value in a part of a block.</summary>
/// <param name="Layout">Where it lies.</param>
/// <param name="Value">The value; null for one number throughout, or for numbers that were computed.</param>
/// <param name="Number">The number, where it is one throughout.</param>
internal readonly record struct MemoryWrite(ViewLayout Layout, ExportValue? Value, float? Number = null);
