namespace Graft.Formats;

/// <summary>TensorFlow Lite's <c>.tflite</c> models: their constants, which are the weights (and whatever tables the graph uses beside them).</summary>
/// <remarks>Tensors have the file's names and types and are read in place. Those that are quantised are whole numbers as they are stored; how they are
/// scaled stands in the metadata (<c>quantization.KEY</c>), and <see cref="Dequantise"/> gives what they stand for. A tensor of another graph than
/// the first has <c>subgraphN/</c> before its name.</remarks>
public sealed class TensorFlowLiteFormat : CheckpointFormat
{
    private static readonly TensorFlowLiteFormat Instance = new();

    private TensorFlowLiteFormat()
    {
    }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Extensions => [".tflite"];

    /// <summary>Lets <see cref="Checkpoint.Open"/> read such files from now on; again does nothing.</summary>
    public static void Register() => Checkpoint.Register(Instance);

    /// <summary>The numbers that a tensor stands for: scale * (stored - zero point), one scale or one for each place on an axis; of a tensor that is
    /// not quantised its own.</summary>
    /// <param name="checkpoint">A checkpoint.</param>
    /// <param name="key">The tensor's name.</param>
    /// <exception cref="KeyNotFoundException">There is no such tensor.</exception>
    /// <exception cref="CheckpointException">The file cannot be read.</exception>
    public static float[] Dequantise(Checkpoint checkpoint, string key)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        var tensor = checkpoint[key];
        float[] numbers = tensor.ToSingleArray();
        (checkpoint as TensorFlowLiteCheckpoint)?.QuantisationOf(key)?.Apply(numbers, tensor.Lengths);
        return numbers;
    }

    /// <inheritdoc/>
    public override bool Recognises(ReadOnlySpan<byte> start, CheckpointFile file) => start is [_, _, _, _, (byte)'T', (byte)'F', (byte)'L', (byte)'3', ..];

    /// <inheritdoc/>
    public override Checkpoint Open(CheckpointFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        return TensorFlowLiteCheckpoint.Read(file);
    }
}
