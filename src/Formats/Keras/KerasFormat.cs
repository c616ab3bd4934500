using System.Text.Json;

namespace Graft.Formats;

/// <summary>Keras's files: <c>.h5</c> and <c>.weights.h5</c> (HDF5) and <c>.keras</c> (a zip archive of them), of Keras 1 to 3; also any other HDF5
/// file of plain data sets.</summary>
/// <remarks>
/// Tensors have the paths of the file as keys (<c>conv2d/conv2d/kernel:0</c> below <c>model_weights</c>, <c>layers/conv2d/vars/0</c>) and its
/// layouts; what is contiguous is read in place. A model is loaded from <see cref="Checkpoint.InPyTorchLayout"/>, by these rules: the layer's path
/// with '.' and PyTorch's name (<c>kernel</c> and <c>gamma</c> are <c>weight</c>, <c>beta</c> is <c>bias</c>, <c>moving_mean</c> and
/// <c>moving_variance</c> are <c>running_mean</c> and <c>running_var</c>), dense kernels [in, out] as [out, in], convolutions' [kh, kw, in, out]
/// as [out, in, kh, kw], depthwise [kh, kw, in, m] as [in * m, 1, kh, kw]. The optimiser's state is passed over. Soft and external links are not
/// followed, and no other file is opened.
/// </remarks>
public sealed class KerasFormat : CheckpointFormat
{
    private const string Weights = "model.weights.h5";
    private const string OldWeights = "model_weights";
    private const int LongestText = 4096;

    // the optimiser's state, of Keras 2 and 3
    private static readonly string[] PassedOver = ["optimizer_weights", "optimizer", "top_level_model_weights"];

    private static readonly KerasFormat Instance = new();

    private KerasFormat()
    {
    }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Extensions => [".h5", ".hdf5", ".keras"];

    /// <summary>Lets <see cref="Checkpoint.Open"/> read Keras's files from now on; again does nothing.</summary>
    public static void Register() => Checkpoint.Register(Instance);

    /// <inheritdoc/>
    public override bool Recognises(ReadOnlySpan<byte> start, CheckpointFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        return IsArchive(start) ? CheckpointArchive.Open(file).Names.Contains(Weights) : Hdf5File.Starts(file, 0, file.Length);
    }

    /// <inheritdoc/>
    public override Checkpoint Open(CheckpointFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        if (!IsArchive(file.Read(0, (int)Math.Min(file.Length, 4)))) return KerasCheckpoint.Make(file, "keras-h5", metadata, Read(file, Hdf5File.Open(file, 0, file.Length), metadata));
        var archive = CheckpointArchive.Open(file);
        foreach (string name in (string[])["metadata.json", "config.json"])
            if (archive.Names.Contains(name)) ReadJson(archive.Find(name), metadata);
        var (source, position, length) = archive.Find(Weights);
        return KerasCheckpoint.Make(file, "keras", metadata, Read(file, Hdf5File.Open(source, position, length), metadata));
    }

    private static bool IsArchive(ReadOnlySpan<byte> start) => start is [(byte)'P', (byte)'K', 3, 4, ..];

    private static List<KerasVariable> Read(CheckpointFile file, Hdf5Object root, Dictionary<string, string> metadata)
    {
        foreach (string name in (string[])["keras_version", "backend"])
            if (Hdf5Attributes.Texts(root, name) is [{ Length: <= LongestText } text]) metadata[name] = text;
        var outermost = Hdf5Group.Members(root);
        int weights = outermost.FindIndex(static member => member.Name == OldWeights);
        var group = weights >= 0 ? Hdf5Object.Read(root.Bytes, outermost[weights].Address) : root;
        return new KerasWalk(file, PassedOver).Run(group, weights >= 0 ? Hdf5Group.Members(group) : outermost);
    }

    private static void ReadJson((CheckpointFile File, long Position, long Length) member, Dictionary<string, string> metadata)
    {
        const int LongestJson = 64 << 20;
        if (member.Length > LongestJson) return;
        try
        {
            using var document = JsonDocument.Parse(member.File.Read(member.Position, (int)member.Length));
            if (document.RootElement.ValueKind != JsonValueKind.Object) return;
            foreach (var property in document.RootElement.EnumerateObject())
                if (property.Value.ValueKind == JsonValueKind.String && property.Value.GetString() is { Length: <= LongestText } text) metadata[property.Name] = text;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw member.File.Fail("damaged: its description is no JSON; fetch it again", exception);
        }
    }
}
