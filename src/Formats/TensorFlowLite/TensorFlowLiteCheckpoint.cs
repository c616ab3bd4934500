using System.Globalization;

namespace Graft.Formats;

/// <summary>The constants of a TFLite model: every tensor that has a buffer.</summary>
internal sealed class TensorFlowLiteCheckpoint : Checkpoint
{
    private const int MostAxes = 64;

    private readonly CheckpointFile file;
    private readonly Dictionary<string, Quantisation> quantisations;

    private TensorFlowLiteCheckpoint(
        CheckpointFile file, Dictionary<string, string> metadata, List<StoredTensor> tensors, Dictionary<string, Quantisation> quantisations)
        : base(file.Path, "tflite", file.Length, metadata, tensors) => (this.file, this.quantisations) = (file, quantisations);

    /// <summary>Reads the tables; the file's bytes are let go of, those of a tensor are read when they are asked for.</summary>
    public static TensorFlowLiteCheckpoint Read(CheckpointFile file)
    {
        if (file.Length > Array.MaxLength) throw file.Fail("a flat buffer of more than 2 GB, which the format does not have; fetch it again");
        var flat = new FlatFile(file, file.Read(0, (int)file.Length));
        try
        {
            return new Reader(file, flat).Run();
        }
        // the library's own, should a check above it have missed something
        catch (Exception exception) when (exception is ArgumentException or IndexOutOfRangeException or OverflowException)
        {
            throw flat.Damaged($"an offset leads nowhere ({Printable.Text(exception.Message)})");
        }
    }

    /// <summary>How a tensor's numbers are quantised; null where they are not.</summary>
    public Quantisation? QuantisationOf(string key) => quantisations.GetValueOrDefault(key);

    protected override void Close() => file.Dispose();

    private sealed class Reader(CheckpointFile file, FlatFile flat)
    {
        // the fields of the schema's tables that are read
        private const int ModelVersion = 0, ModelSubgraphs = 2, ModelDescription = 3, ModelBuffers = 4;
        private const int SubgraphTensors = 0;
        private const int TensorShape = 0, TensorKind = 1, TensorBuffer = 2, TensorName = 3, TensorQuantisation = 4, TensorSparsity = 6;
        private const int QuantisationScale = 2, QuantisationZeroPoint = 3, QuantisationAxis = 6;
        private const int BufferData = 0, BufferOffset = 1, BufferSize = 2;

        private readonly Dictionary<string, string> metadata = new(StringComparer.Ordinal);
        private readonly Dictionary<string, Quantisation> quantisations = new(StringComparer.Ordinal);
        private readonly List<StoredTensor> tensors = [];
        private readonly HashSet<string> keys = new(StringComparer.Ordinal);
        private readonly HashSet<int> seen = [];
        private long scalesLeft = file.Length / 8;

        public TensorFlowLiteCheckpoint Run()
        {
            var model = flat.Root;
            metadata["version"] = model.UInt32(ModelVersion).ToString(CultureInfo.InvariantCulture);
            if (model.Text(ModelDescription) is { Length: > 0 } description) metadata["description"] = description;
            var buffers = model.Vector(ModelBuffers, 4);
            var subgraphs = model.Vector(ModelSubgraphs, 4);
            for (int at = 0; at < subgraphs.Count; at++)
            {
                var subgraph = model.Element(subgraphs, at);
                if (!seen.Add(subgraph.Position)) throw flat.Damaged("two of its graphs are one");
                var listed = subgraph.Vector(SubgraphTensors, 4);
                for (int tensor = 0; tensor < listed.Count; tensor++)
                    Add(subgraph.Element(listed, tensor), model, buffers, at == 0 ? "" : $"subgraph{at}/", tensor);
            }
            return new TensorFlowLiteCheckpoint(file, metadata, tensors, quantisations);
        }

        private void Add(FlatTable tensor, FlatTable model, FlatVector buffers, string prefix, int index)
        {
            if (!seen.Add(tensor.Position)) throw flat.Damaged("two of its tensors are one");
            if (seen.Count > 64 + file.Length / 64) throw flat.Damaged($"more than {seen.Count - 1} tensors in {file.Length} bytes");
            uint buffer = tensor.UInt32(TensorBuffer);
            if (buffer == 0) return;
            if (buffer >= buffers.Count) throw flat.Damaged($"buffer {buffer} of {buffers.Count}");
            var (position, length) = Data(model.Element(buffers, (int)buffer));
            if (length == 0) return;
            string name = tensor.Text(TensorName);
            string key = prefix + (name.Length > 0 ? name : $"tensor_{index}");
            if (!keys.Add(key)) keys.Add(key = $"{key}#{index}");
            var shape = tensor.Vector(TensorShape, 4);
            if (shape.Count > MostAxes) throw flat.Damaged($"a tensor of {shape.Count} axes");
            var lengths = new long[shape.Count];
            for (int axis = 0; axis < lengths.Length; axis++) lengths[axis] = flat.Bytes.GetInt(shape.Position + 4 * axis);
            if (StoredShape.Problem(lengths) is { } problem) throw flat.Damaged($"tensor '{Printable.Text(key)}' {problem}");
            var (typeName, type, size, isUnsigned) = TensorFlowLiteTypes.Find(tensor.Byte(TensorKind));
            string? unread = tensor.Has(TensorSparsity) ? "sparse" : type == ElementType.Other ? $"of {typeName}" : StoredShape.TooManyAxes(lengths);
            if (unread is not null)
            {
                tensors.Add(StoredTensor.Listed(file, key, typeName, lengths, unread));
                return;
            }
            long wanted = lengths.Aggregate((long)size, static (product, axis) => product * axis);
            if (wanted > length) throw flat.Damaged($"tensor '{Printable.Text(key)}' takes {wanted} bytes, of which {length} are there");
            var axes = StoredShape.Of(lengths);
            tensors.Add(isUnsigned ? StoredTensor.Unsigned(file, position, key, size, axes) : StoredTensor.In(file, position, key, type, axes));
            if (tensor.Table(TensorQuantisation) is { } quantisation) AddQuantisation(quantisation, key, lengths);
        }

        private (long Position, long Length) Data(FlatTable buffer)
        {
            if (buffer.UInt64(BufferSize) is > 0 and var size && buffer.UInt64(BufferOffset) is > 1 and var offset)
                return offset <= (ulong)file.Length && size <= (ulong)file.Length - offset
                    ? ((long)offset, (long)size) : throw flat.Damaged($"a buffer of {size} bytes at {offset}");
            var data = buffer.Vector(BufferData, 1);
            return (data.Position, data.Count);
        }

        private void AddQuantisation(FlatTable table, string key, long[] lengths)
        {
            var scale = table.Vector(QuantisationScale, 4);
            var zero = table.Vector(QuantisationZeroPoint, 8);
            if (scale.Count == 0) return;
            int axis = table.Int32(QuantisationAxis);
            bool isFitting = scale.Count == 1 || (axis >= 0 && axis < lengths.Length && lengths[axis] == scale.Count);
            scalesLeft -= scale.Count + zero.Count;
            if (!isFitting || zero.Count > scale.Count || scalesLeft < 0)
                throw flat.Damaged($"tensor '{Printable.Text(key)}' has {scale.Count} scales and {zero.Count} zero points on axis {axis}");
            var scales = new float[scale.Count];
            for (int at = 0; at < scales.Length; at++) scales[at] = flat.Bytes.GetFloat(scale.Position + 4 * at);
            var zeros = new long[zero.Count];
            for (int at = 0; at < zeros.Length; at++) zeros[at] = flat.Bytes.GetLong(zero.Position + 8 * at);
            quantisations[key] = new Quantisation(scales, zeros, axis);
            metadata[$"quantization.{key}"] = quantisations[key].ToString();
        }
    }
}
