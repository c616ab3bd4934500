using System.Globalization;
using Google.Protobuf;
using Graft.Onnx.Protocol;
using DataType = Graft.Onnx.Protocol.TensorProto.Types.DataType;

namespace Graft.Onnx.Export;

/// <summary>Writes an ONNX file: the messages, and the numbers one tensor after another, so that no second copy of the weights is ever
/// held.</summary>
internal static class ModelFile
{
    /// <summary>Protocol buffers end here; a larger model's numbers go into a file beside it.</summary>
    private const long MostBytes = int.MaxValue - (1 << 20);

    /// <summary>What is smaller stays in the model's file: runtimes look at lengths and axes before they read anything else.</summary>
    private const long LeastExternal = 1024;

    private const int Alignment = 4096;
    private const int GraphField = 7;
    private const int InitialiserField = 5;
    private const int RawDataField = 9;
    private const int LengthDelimited = 2;

    /// <summary>Writes beside the target and moves the whole file into place.</summary>
    /// <param name="path">The file.</param>
    /// <param name="model">The model without its graph.</param>
    /// <param name="graph">The graph without its initialisers.</param>
    /// <param name="initialisers">The numbers.</param>
    /// <param name="isExternal">Whether the numbers go into a file beside it, <c>NAME.data</c>, whatever the size.</param>
    /// <param name="interrupt">Stops in between; nothing is left behind.</param>
    /// <returns>The bytes of both.</returns>
    public static long Write(
        string path, ModelProto model, GraphProto graph, IReadOnlyList<(string Name, Initialiser Numbers)> initialisers, bool isExternal, CancellationToken interrupt)
    {
        isExternal |= initialisers.Sum(static entry => entry.Numbers.ByteCount) > MostBytes;
        string data = path + ".data", partial = AtomicFile.Partial(path), partialData = AtomicFile.Partial(data);
        try
        {
            var tensors = initialisers.Select(static entry => Header(entry.Name, entry.Numbers)).ToList();
            if (isExternal) AtomicFile.WriteAside(partialData, stream => WriteData(stream, Path.GetFileName(data), tensors, initialisers, interrupt));
            AtomicFile.WriteAside(partial, stream => WriteModel(stream, model, graph, tensors, initialisers, interrupt));
            if (isExternal) File.Move(partialData, data, overwrite: true);
            File.Move(partial, path, overwrite: true);
            return new FileInfo(path).Length + (isExternal ? new FileInfo(data).Length : 0);
        }
        finally
        {
            // after the moves there is nothing under these names
            File.Delete(partial);
            File.Delete(partialData);
        }
    }

    private static TensorProto Header(string name, Initialiser numbers)
    {
        var tensor = new TensorProto { Name = name, DataType = (int)(numbers is IntegerInitialiser or SizesInitialiser ? DataType.Int64 : DataType.Float) };
        foreach (int length in numbers.Shape) tensor.Dims.Add(length);
        return tensor;
    }

    private static void WriteData(
        FileStream stream, string location, List<TensorProto> tensors, IReadOnlyList<(string Name, Initialiser Numbers)> initialisers, CancellationToken interrupt)
    {
        for (int at = 0; at < tensors.Count; at++)
        {
            interrupt.ThrowIfCancellationRequested();
            var numbers = initialisers[at].Numbers;
            if (numbers.ByteCount < LeastExternal) continue;
            stream.Position = (stream.Length + Alignment - 1) / Alignment * Alignment;
            tensors[at].DataLocation = TensorProto.Types.DataLocation.External;
            tensors[at].ExternalData.Add(
            [
                new StringStringEntryProto { Key = "location", Value = location },
                new StringStringEntryProto { Key = "offset", Value = stream.Position.ToString(CultureInfo.InvariantCulture) },
                new StringStringEntryProto { Key = "length", Value = numbers.ByteCount.ToString(CultureInfo.InvariantCulture) },
            ]);
            numbers.WriteTo(stream);
        }
    }

    private static void WriteModel(
        Stream stream, ModelProto model, GraphProto graph, List<TensorProto> tensors, IReadOnlyList<(string Name, Initialiser Numbers)> initialisers, CancellationToken interrupt)
    {
        model.WriteTo(stream);
        long length = graph.CalculateSize();
        for (int at = 0; at < tensors.Count; at++)
        {
            long own = BytesOf(tensors[at], initialisers[at].Numbers);
            length += LengthOf(Tag(InitialiserField)) + LengthOf((ulong)own) + own;
        }
        WriteNumber(stream, Tag(GraphField));
        WriteNumber(stream, (ulong)length);
        graph.WriteTo(stream);
        for (int at = 0; at < tensors.Count; at++)
        {
            interrupt.ThrowIfCancellationRequested();
            var numbers = initialisers[at].Numbers;
            WriteNumber(stream, Tag(InitialiserField));
            WriteNumber(stream, (ulong)BytesOf(tensors[at], numbers));
            tensors[at].WriteTo(stream);
            if (IsExternal(tensors[at])) continue;
            WriteNumber(stream, Tag(RawDataField));
            WriteNumber(stream, (ulong)numbers.ByteCount);
            numbers.WriteTo(stream);
        }
    }

    private static bool IsExternal(TensorProto tensor) => tensor.DataLocation == TensorProto.Types.DataLocation.External;

    /// <summary>The bytes of a tensor's message with its numbers.</summary>
    private static long BytesOf(TensorProto tensor, Initialiser numbers) => tensor.CalculateSize()
        + (IsExternal(tensor) ? 0 : LengthOf(Tag(RawDataField)) + LengthOf((ulong)numbers.ByteCount) + numbers.ByteCount);

    private static ulong Tag(int field) => (ulong)((field << 3) | LengthDelimited);

    private static int LengthOf(ulong number)
    {
        int bytes = 1;
        while ((number >>= 7) > 0) bytes++;
        return bytes;
    }

    private static void WriteNumber(Stream stream, ulong number)
    {
        for (; number > 0x7F; number >>= 7) stream.WriteByte((byte)(number | 0x80));
        stream.WriteByte((byte)number);
    }
}
