using Graft.Tasks;
using Graft.Tensors;
using Graft.Text;
using Microsoft.ML.OnnxRuntime;

namespace Graft.Peers;

/// <summary>Sentences embedded by ours, from strings to vectors.</summary>
internal sealed class SentenceSide : ISide
{
    private readonly CpuDevice device;
    private readonly TextEmbedder embedder;
    private readonly string[] lines = SentenceWork.Lines();

    public SentenceSide(int threads)
    {
        device = new CpuDevice(threads);
        embedder = TextEmbedder.FromPretrained(SentenceWork.Folder, null, device);
    }

    public long ParameterCount => 0;

    public float Run()
    {
        float sum = 0;
        foreach (float[] vector in embedder.Embed(lines)) sum += vector[0];
        return sum;
    }

    public void Dispose()
    {
        embedder.Dispose();
        device.Dispose();
    }
}

/// <summary>The same in ONNX Runtime with the published graph: our tokeniser and batches, its network, and the mean over tokens brought to length 1.</summary>
internal sealed class OnnxSentenceSide : ISide
{
    private const float Tolerance = 1e-3f;

    private readonly InferenceSession session;
    private readonly RunOptions runOptions = new();
    private readonly Tokeniser tokeniser = Tokeniser.Open(SentenceWork.Folder);
    private readonly string[] lines = SentenceWork.Lines();

    public OnnxSentenceSide(int threads)
    {
        session = OnnxRuntimeSide.Open(Path.Combine(SentenceWork.Folder, "model.onnx"), threads);
        RequireSame(threads);
    }

    public long ParameterCount => 0;

    public float Run() => Embed().Sum(static vector => vector[0]);

    public void Dispose()
    {
        runOptions.Dispose();
        session.Dispose();
    }

    private float[][] Embed()
    {
        var vectors = new float[lines.Length][];
        foreach (var (places, batch) in SentenceWork.Batches(Array.ConvertAll(lines, line => tokeniser.Encode(line))))
        {
            long[] shape = [batch.Sequences, batch.Length];
            using var ids = Input(batch.TokenIds, shape);
            using var mask = Input(batch.AttentionMask ?? [.. Enumerable.Repeat(1, batch.TokenIds.Length)], shape);
            using var types = Input(batch.TokenTypes ?? new int[batch.TokenIds.Length], shape);
            using var outputs = session.Run(runOptions, ["input_ids", "attention_mask", "token_type_ids"], [ids, mask, types], ["last_hidden_state"]);
            var states = outputs[0].GetTensorDataAsSpan<float>();
            int width = states.Length / batch.TokenIds.Length;
            for (int row = 0; row < places.Length; row++) vectors[places[row]] = Mean(states, batch.AttentionMask, row, batch.Length, width);
        }
        return vectors;
    }

    private static OrtValue Input(int[] numbers, long[] shape) => OrtValue.CreateTensorValueFromMemory(Array.ConvertAll(numbers, static number => (long)number), shape);

    private static float[] Mean(ReadOnlySpan<float> states, int[]? mask, int row, int length, int width)
    {
        var mean = new float[width];
        for (int place = 0; place < length; place++)
            if (mask is null || mask[row * length + place] == 1)
                System.Numerics.Tensors.TensorPrimitives.Add(mean, states.Slice((row * length + place) * width, width), mean);
        System.Numerics.Tensors.TensorPrimitives.Divide(mean, System.Numerics.Tensors.TensorPrimitives.Norm(mean), mean);
        return mean;
    }

    private void RequireSame(int threads)
    {
        using var device = new CpuDevice(threads);
        using var embedder = TextEmbedder.FromPretrained(SentenceWork.Folder, null, device);
        foreach (var (theirs, ours) in Embed().Zip(embedder.Embed(lines)))
            for (int i = 0; i < ours.Length; i++)
                if (!(MathF.Abs(ours[i] - theirs[i]) <= Tolerance)) throw new BenchmarkException("the embeddings of ONNX Runtime and graft differ");
    }
}
