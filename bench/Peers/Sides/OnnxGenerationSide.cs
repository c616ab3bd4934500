using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Graft.Peers;

/// <summary>The same in ONNX Runtime: keys and values go from a run's outputs to the next one's inputs.</summary>
internal sealed class OnnxGenerationSide : ISide
{
    private readonly Gpt2Shape shape;
    private readonly InferenceSession session;
    private readonly RunOptions runOptions = new();
    private readonly string[] inputNames = [OnnxGpt2.TokenIds, OnnxGpt2.PositionIds, OnnxGpt2.Mask, .. OnnxGpt2.PastNames];
    private readonly string[] outputNames = [IOnnxModel.Logits, .. OnnxGpt2.PresentNames];
    private readonly int[][] prompts;
    private readonly int[][] following;
    private IReadOnlyList<OrtValue> state = [];
    private int written = Gpt2Shape.Written;

    public OnnxGenerationSide(string workload, Gpt2Shape shape, int threads)
    {
        this.shape = shape;
        (prompts, following) = (shape.Prompts, shape.Following);
        using var exported = ExportedFile.Of(workload);
        ParameterCount = exported.ParameterCount;
        session = OnnxRuntimeSide.Open(exported.Model, threads);
        var ours = MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(exported.Logits));
        float[] read = Read().ToArray();
        OnnxRuntimeSide.RequireSame(ours, [.. read, .. Continue()]);
    }

    public long ParameterCount { get; }

    public void Prepare()
    {
        if (shape.Part == GenerationPart.Decode) Read();
    }

    public float Run()
    {
        if (shape.Part == GenerationPart.Prefill) return Read()[0];
        if (written == Gpt2Shape.Written) Read();
        return Continue()[0];
    }

    public void Dispose()
    {
        Keep([]);
        runOptions.Dispose();
        session.Dispose();
    }

    private ReadOnlySpan<float> Read()
    {
        Keep([.. OnnxGpt2.PastNames.Select(_ => OrtValue.CreateAllocatedTensorValue(
            OrtAllocator.DefaultInstance, TensorElementType.Float, [shape.Batch, Gpt2Shape.Heads, 0, Gpt2Shape.HeadSize]))]);
        written = 0;
        return Feed([.. prompts.SelectMany(static prompt => prompt)], Gpt2Shape.Prompt, first: 0);
    }

    private ReadOnlySpan<float> Continue()
    {
        int[] tokens = following[written];
        return Feed(tokens, 1, Gpt2Shape.Prompt + written++);
    }

    private ReadOnlySpan<float> Feed(int[] tokens, int length, int first)
    {
        long[] ids = Array.ConvertAll(tokens, static id => (long)id), places = [.. Enumerable.Range(first, length).Select(static place => (long)place)];
        float[] mask = new float[length * (first + length)];
        for (int row = 0; row < length; row++) mask.AsSpan(row * (first + length) + first + row + 1, length - row - 1).Fill(-10000f);
        using OrtValue idsValue = OrtValue.CreateTensorValueFromMemory(ids, [shape.Batch, length]), placesValue = OrtValue.CreateTensorValueFromMemory(places, [length]),
            maskValue = OrtValue.CreateTensorValueFromMemory(mask, [length, first + length]);
        var outputs = session.Run(runOptions, inputNames, [idsValue, placesValue, maskValue, .. state.Skip(state.Count - OnnxGpt2.PastNames.Count)], outputNames);
        Keep(outputs);
        return outputs[0].GetTensorDataAsSpan<float>();
    }

    private void Keep(IReadOnlyList<OrtValue> next)
    {
        foreach (var value in state) value.Dispose();
        state = next;
    }
}
