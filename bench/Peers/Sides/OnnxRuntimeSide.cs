using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace Graft.Peers;

/// <summary>A model of ours in ONNX Runtime, with every optimisation of its graph, forward alone. What it computes is compared with
/// what ours does before anything is timed.</summary>
internal sealed class OnnxRuntimeSide : ISide
{
    private const float Tolerance = 1e-3f;

    private readonly InferenceSession session;
    private readonly RunOptions runOptions;
    private readonly string[] names;
    private readonly OrtValue[] values;

    public OnnxRuntimeSide(string workload, IOnnxModel model, int threads)
    {
        using var exported = ExportedFile.Of(workload);
        ParameterCount = exported.ParameterCount;
        session = Open(exported.Model, threads);
        runOptions = new RunOptions();
        var inputs = model.MakeInputs();
        (names, values) = ([.. inputs.Select(input => input.Name)], [.. inputs.Select(input => input.Value)]);
        using var outputs = session.Run(runOptions, names, values, [IOnnxModel.Logits]);
        RequireSame(MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(exported.Logits)), outputs[0].GetTensorDataAsSpan<float>());
    }

    public long ParameterCount { get; }

    public float Run()
    {
        using var outputs = session.Run(runOptions, names, values, [IOnnxModel.Logits]);
        return outputs[0].GetTensorDataAsSpan<float>()[0];
    }

    public void Dispose()
    {
        foreach (var value in values) value.Dispose();
        runOptions.Dispose();
        session.Dispose();
    }

    internal static InferenceSession Open(string file, int threads)
    {
        try
        {
            using var options = new SessionOptions
            {
                GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,
                IntraOpNumThreads = threads,
                LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR,
            };
            return new InferenceSession(file, options);
        }
        catch (Exception exception) when (exception.GetBaseException() is DllNotFoundException or BadImageFormatException or EntryPointNotFoundException)
        {
            throw new PeerMissingException(
                $"ONNX Runtime cannot load its native library here ({exception.GetBaseException().Message.Split('\n')[0]}): "
                + $"run with --without {WorkloadTable.OnnxRuntime}");
        }
    }

    /// <summary>Refuses logits that are not ours.</summary>
    internal static void RequireSame(ReadOnlySpan<float> ours, ReadOnlySpan<float> theirs)
    {
        if (theirs.Length != ours.Length)
            throw new BenchmarkException($"ONNX Runtime gives {theirs.Length} logits and graft {ours.Length}: the ONNX file is not our model");
        float largest = 0, difference = 0;
        for (int i = 0; i < ours.Length; i++)
        {
            largest = MathF.Max(largest, MathF.Abs(ours[i]));
            difference = MathF.Max(difference, MathF.Abs(ours[i] - theirs[i]));
        }
        // not 'greater': a difference that is no number has to fail as well
        if (!(difference <= Tolerance * largest))
        {
            throw new BenchmarkException(string.Create(
                CultureInfo.InvariantCulture,
                $"the logits of ONNX Runtime and graft differ by {difference:g3}, and the largest is {largest:g3}: {Tolerance:g1} of that is allowed"));
        }
    }
}
