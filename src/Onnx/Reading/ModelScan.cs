using System.Buffers;
using Google.Protobuf;
using Graft.Onnx.Protocol;

namespace Graft.Onnx;

/// <summary>Reads a model's structure without its numbers: what is in tensors stays in the file, and each tensor of the structure is given
/// its place in the list of payloads by the field <c>segment</c>, which nobody uses.</summary>
internal sealed class ModelScan
{
    // graphs within attributes of nodes of graphs
    private const int MostNested = 64;

    // a structure of more bytes than the largest published ones have by far
    private const long MostStructure = 256 << 20;

    private readonly WireReader reader;
    private readonly List<TensorPayload> payloads = [];
    private long structure;

    private ModelScan(CheckpointFile file) => reader = new WireReader(file);

    private enum Kind
    {
        Other,
        Model,
        Graph,
        Function,
        Node,
        Attribute,
        Tensor,
        Sparse,
    }

    /// <summary>Reads a model.</summary>
    /// <exception cref="CheckpointException">The file is damaged or no model.</exception>
    public static (ModelProto Model, IReadOnlyList<TensorPayload> Payloads) Read(CheckpointFile file)
    {
        var scan = new ModelScan(file);
        return (scan.Parse(ModelProto.Parser, Kind.Model), scan.payloads);
    }

    /// <summary>Reads a tensor that is a file by itself.</summary>
    /// <exception cref="CheckpointException">The file is damaged or no tensor.</exception>
    public static (TensorProto Tensor, IReadOnlyList<TensorPayload> Payloads) ReadTensor(CheckpointFile file)
    {
        var scan = new ModelScan(file);
        return (scan.Parse(TensorProto.Parser, Kind.Tensor), scan.payloads);
    }

    /// <summary>Whether the fields of a file are those of a model: each in its kind, to the file's last byte, a graph among them.</summary>
    public static bool IsModel(CheckpointFile file)
    {
        const long Strings = 1 << 20;
        bool hasGraph = false;
        try
        {
            var reader = new WireReader(file);
            while (reader.Position < file.Length)
            {
                var field = reader.Next(file.Length);
                bool fits = field.Number switch
                {
                    1 or 5 => field.Kind == WireField.Varint,
                    2 or 3 or 4 or 6 => field.Kind == WireField.Bytes && field.Length < Strings,
                    7 or 8 or 14 or 20 or 25 or 26 => field.Kind == WireField.Bytes,
                    _ => false,
                };
                if (!fits) return false;
                hasGraph |= field.Number == 7;
            }
        }
        catch (CheckpointException)
        {
            return false;
        }
        return hasGraph;
    }

    private T Parse<T>(MessageParser<T> parser, Kind kind) where T : IMessage<T>
    {
        var bytes = Message(0, reader.File.Length, kind, depth: 0);
        try
        {
            return parser.ParseFrom(bytes.WrittenSpan);
        }
        catch (InvalidProtocolBufferException exception)
        {
            throw reader.File.Fail($"damaged: its structure is not that of an ONNX model ({Printable.Text(exception.Message)}); fetch it again", exception);
        }
    }

    private static Kind Child(Kind parent, int field) => (parent, field) switch
    {
        (Kind.Model, 7) => Kind.Graph,
        (Kind.Model, 25) => Kind.Function,
        (Kind.Graph, 1) or (Kind.Function, 7) => Kind.Node,
        (Kind.Graph, 5) => Kind.Tensor,
        (Kind.Graph, 15) or (Kind.Attribute, 22 or 23) => Kind.Sparse,
        (Kind.Node, 5) => Kind.Attribute,
        (Kind.Attribute, 5 or 10) or (Kind.Sparse, 1 or 2) => Kind.Tensor,
        (Kind.Attribute, 6 or 11) => Kind.Graph,
        _ => Kind.Other,
    };

    /// <summary>A message without the numbers of its tensors.</summary>
    private ArrayBufferWriter<byte> Message(long from, long end, Kind kind, int depth)
    {
        if (depth > MostNested) throw reader.File.Fail($"its graphs are nested more than {MostNested} deep, as no model's are");
        var written = new ArrayBufferWriter<byte>();
        if (kind == Kind.Tensor) Tensor(from, end, written);
        else
        {
            reader.Position = from;
            while (reader.Position < end)
            {
                var field = reader.Next(end);
                var child = field.Kind == WireField.Bytes ? Child(kind, field.Number) : Kind.Other;
                if (child == Kind.Other)
                {
                    Count(field.End - field.Start);
                    reader.Copy(field.Start, field.End - field.Start, written);
                    continue;
                }
                var inner = Message(field.Value, field.End, child, depth + 1);
                reader.Position = field.End;
                Varint(written, ((ulong)field.Number << 3) | WireField.Bytes);
                Varint(written, (ulong)inner.WrittenCount);
                written.Write(inner.WrittenSpan);
            }
        }
        return written;
    }

    private void Tensor(long from, long end, ArrayBufferWriter<byte> written)
    {
        reader.Position = from;
        int count = 0;
        WireField only = default;
        while (reader.Position < end)
        {
            var field = reader.Next(end);
            if (TensorPayload.IsPayload(field))
            {
                count++;
                only = field;
            }
            else if (field.Number != TensorProto.SegmentFieldNumber)
            {
                Count(field.End - field.Start);
                reader.Copy(field.Start, field.End - field.Start, written);
            }
        }
        if (count == 0) return;
        payloads.Add(new TensorPayload(reader.File, from, end, count == 1 ? only : null));
        var place = new TensorProto { Segment = new TensorProto.Types.Segment { Begin = payloads.Count, End = -1 } };
        Count(place.CalculateSize() + 24);
        written.Write(place.ToByteArray());
    }

    private void Count(long bytes)
    {
        structure += bytes;
        if (structure > MostStructure) throw reader.File.Fail($"its structure without the numbers has more than {MostStructure} bytes, as no model's has");
    }

    private static void Varint(ArrayBufferWriter<byte> to, ulong value)
    {
        var span = to.GetSpan(10);
        int count = 0;
        for (; value >= 0x80; value >>= 7) span[count++] = (byte)(value | 0x80);
        span[count++] = (byte)value;
        to.Advance(count);
    }
}
