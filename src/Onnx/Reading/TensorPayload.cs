using System.Buffers;
using System.Buffers.Binary;
using Graft.Onnx.Protocol;

namespace Graft.Onnx;

/// <summary>The numbers of a tensor, as they lie in the file: in one of six fields, packed or one by one.</summary>
/// <param name="file">The file.</param>
/// <param name="start">The first byte of the tensor's message.</param>
/// <param name="end">The byte behind its last.</param>
/// <param name="only">The field with the numbers, where there is a single one.</param>
internal sealed class TensorPayload(CheckpointFile file, long start, long end, WireField? only)
{
    /// <summary>The file.</summary>
    public CheckpointFile File => file;

    /// <summary>Whether a field of a tensor's message holds numbers.</summary>
    public static bool IsPayload(in WireField field) => field.Number is TensorProto.FloatDataFieldNumber or TensorProto.Int32DataFieldNumber
        or TensorProto.Int64DataFieldNumber or TensorProto.RawDataFieldNumber or TensorProto.DoubleDataFieldNumber or TensorProto.Uint64DataFieldNumber;

    /// <summary>Where the elements lie one after another, little-endian, as they are in memory; null where they have to be unpacked.</summary>
    public (long Position, long Length)? Plain(OnnxType type)
    {
        if (only is not { Kind: WireField.Bytes } field) return null;
        bool isPlain = field.Number == TensorProto.RawDataFieldNumber
            || (field.Number == TensorProto.FloatDataFieldNumber && type.IsOfSingles) || (field.Number == TensorProto.DoubleDataFieldNumber && type.IsOfDoubles);
        return isPlain ? (field.Value, field.Length) : null;
    }

    /// <summary>The elements, little-endian.</summary>
    /// <param name="type">What they are.</param>
    /// <param name="most">The bytes that the shape asks for: no more are made.</param>
    /// <exception cref="CheckpointException">The file is damaged.</exception>
    public byte[] Unpack(OnnxType type, long most)
    {
        if (Plain(type) is { } plain) return file.Read(plain.Position, checked((int)Math.Min(plain.Length, most + 1)));
        var written = new ArrayBufferWriter<byte>();
        var reader = new WireReader(file) { Position = start };
        while (reader.Position < end && written.WrittenCount <= most)
        {
            var field = reader.Next(end);
            if (!IsPayload(field)) continue;
            long next = reader.Position;
            if (field.Number == TensorProto.RawDataFieldNumber) reader.Copy(field.Value, field.Length, written);
            else Numbers(reader, field, type, written, most);
            reader.Position = next;
        }
        return written.WrittenSpan.ToArray();
    }

    private static void Numbers(WireReader reader, in WireField field, OnnxType type, ArrayBufferWriter<byte> written, long most)
    {
        if (field.Number is TensorProto.FloatDataFieldNumber or TensorProto.DoubleDataFieldNumber)
        {
            reader.Copy(field.Value, field.Length, written);
            return;
        }
        if (field.Kind is not (WireField.Bytes or WireField.Varint)) throw reader.File.Fail($"damaged at byte {field.Start}: numbers of an impossible kind; fetch it again");
        int size = Math.Max(1, type.Size);
        reader.Position = field.Value;
        Span<byte> bytes = stackalloc byte[8];
        while (reader.Position < field.End && written.WrittenCount <= most)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes, reader.Varint(field.End));
            written.Write(bytes[..size]);
        }
    }
}
