using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Models;

/// <summary>A text model's pass of inference for batches of one shape, recorded once and replayed without allocating: what
/// <see cref="Captured"/> is for images.</summary>
/// <remarks>Letters: B sequences, T places. Several threads may run it; one waits for the other.</remarks>
internal sealed class CapturedText : IDisposable
{
    private readonly Lock oneAtATime = new();
    private readonly WeightLock[] weights;
    private readonly TextModel model;
    private readonly int sequences;
    private readonly int length;
    private readonly Replay replay;
    private readonly Tensor<int> tokenIds;
    private readonly Tensor<int>? tokenTypes;
    private readonly Tensor<int>? positions;
    private readonly Tensor<int>? lengths;
    private readonly Tensor<float>? bias;
    private readonly int[] lengthNumbers;
    private readonly float[] biasNumbers;
    private readonly int[] firstTypes;
    private readonly int[] places;
    private readonly Tensor<float>[] outputs;
    private bool isDisposed;

    public CapturedText(TextModel model, Device device, TextBatch example)
    {
        model.Require(example);
        this.model = model;
        (sequences, length) = (example.Sequences, example.Length);
        lengthNumbers = new int[sequences];
        biasNumbers = new float[sequences * length];
        firstTypes = new int[sequences * length];
        places = [.. Enumerable.Range(0, sequences * length).Select(place => place % length)];

        var recorder = new Recorder(device);
        using var pass = Pass.Infer(recorder);
        var inputs = TextInputs.Of(pass, example) with { TokenIds = recorder.Input<int>([sequences * length]) };
        if (example.TokenTypes is not null) inputs = inputs with { TokenTypes = recorder.Input<int>([sequences * length]) };
        if (example.Positions is not null) inputs = inputs with { Positions = recorder.Input<int>([sequences * length]) };
        if (inputs.Mask.Lengths is not null)
        {
            lengths = recorder.Input<int>([sequences]);
            bias = inputs.Mask.Bias is null ? null : recorder.Input<float>([sequences, length]);
            inputs = inputs with { Mask = AttentionMask.Of(lengths, bias, length) };
        }
        var computed = model.Forward(inputs);
        OutputNames = [.. computed.Names];
        outputs = [.. OutputNames.Select(name => pass.Contiguous(computed[name].Value))];
        weights = pass.Locks.ToArray();
        using (new WeightReading(weights)) replay = recorder.Finish(outputs);

        tokenIds = Replay.Placed(inputs.TokenIds);
        tokenTypes = inputs.TokenTypes is { } types ? Replay.Placed(types) : null;
        positions = inputs.Positions is { } own ? Replay.Placed(own) : null;
        lengths = lengths is null ? null : Replay.Placed(lengths);
        bias = bias is null ? null : Replay.Placed(bias);
        outputs = Array.ConvertAll(outputs, Replay.Placed);
    }

    /// <summary>The names of the outputs, in the order in which <see cref="Run"/> gives them.</summary>
    public IReadOnlyList<string> OutputNames { get; }

    /// <summary>Bytes of memory for all that a run computes, its inputs and outputs among them.</summary>
    public long PlannedBytes => replay.PlannedBytes;

    internal Replay Replay => replay;

    /// <summary>The lengths of an output's axes.</summary>
    public Shape ShapeOf(int output) => outputs[output].Shape;

    /// <summary>Runs the recording on one batch.</summary>
    /// <param name="batch">[B, T] as the example's. What the example has and the batch leaves out is as it is for a batch without: no padding, the
    /// first type, positions 0, 1, 2 ...</param>
    /// <param name="results">An array for the numbers of each output.</param>
    /// <exception cref="ShapeException">The batch has another shape, or an output another number of places.</exception>
    /// <exception cref="ArgumentException">The batch has what the example left out, or a token, type or position lies outside the model's tables.</exception>
    /// <exception cref="InvalidOperationException">The model was used on another device since: capture it again.</exception>
    /// <exception cref="ObjectDisposedException">It was disposed of.</exception>
    public void Run(TextBatch batch, params ReadOnlySpan<float[]> results)
    {
        if (batch.Sequences != sequences || batch.Length != length)
            ShapeException.Throw(
                "captured", $"batch [{batch.Sequences}, {batch.Length}] does not fit [{sequences}, {length}]", "a recording is of one shape; capture one for each, or pad");
        Refuse(batch.TokenTypes is not null && tokenTypes is null, "token types");
        Refuse(batch.Positions is not null && positions is null, "positions of its own");
        Refuse(batch.AttentionMask is not null && lengths is null, "places that were filled up");
        model.Require(batch);
        if (results.Length != outputs.Length)
            throw new ArgumentException($"{results.Length} arrays are not one for each of the outputs {string.Join(", ", OutputNames)}");
        for (int i = 0; i < outputs.Length; i++)
            if (results[i].Length != outputs[i].ElementCount)
                ShapeException.Throw("captured", $"{OutputNames[i]} of {results[i].Length} numbers does not fit {outputs[i].Shape}", $"it has {outputs[i].ElementCount} places");
        lock (oneAtATime)
        {
            ObjectDisposedException.ThrowIf(isDisposed, this);
            Place(batch);
            using (new WeightReading(weights)) replay.Run();
            for (int i = 0; i < outputs.Length; i++) outputs[i].CopyTo(results[i]);
        }
    }

    /// <summary>Gives all memory back, after the run that is under way.</summary>
    public void Dispose()
    {
        lock (oneAtATime)
        {
            isDisposed = true;
            replay.Dispose();
        }
    }

    private void Place(TextBatch batch)
    {
        if (lengths is not null)
        {
            for (int i = 0; i < biasNumbers.Length; i++) biasNumbers[i] = batch.AttentionMask is { } counts && counts[i] == 0 ? float.NegativeInfinity : 0f;
            bool isPadding = AttentionMask.LengthsOf(biasNumbers, lengthNumbers);
            Refuse(!isPadding && bias is null, "hidden places between others");
            lengths.CopyFrom(lengthNumbers);
            bias?.CopyFrom(biasNumbers);
        }
        tokenIds.CopyFrom(batch.TokenIds);
        tokenTypes?.CopyFrom(batch.TokenTypes ?? firstTypes);
        positions?.CopyFrom(batch.Positions ?? places);
    }

    private static void Refuse(bool isMore, string what)
    {
        if (isMore) throw new ArgumentException($"captured: the batch has {what}, the one that the recording was made with has none: capture it with such a batch");
    }
}
