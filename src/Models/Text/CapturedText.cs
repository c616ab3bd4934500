using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Models;

/// <summary>A text model's pass of inference for batches of one shape, recorded once and replayed without allocating: puts a batch into
/// the named inputs of a <see cref="Captured"/>.</summary>
/// <remarks>Letters: B sequences, T tokens. Several threads may run it; they take turns.</remarks>
public sealed class CapturedText : IDisposable
{
    private readonly TextModel model;
    private readonly Captured captured;
    private readonly int sequences;
    private readonly int length;
    private readonly int decoderLength;
    private readonly bool hasTypes;
    private readonly bool hasPositions;
    private readonly int[] lengths;
    private readonly int keys;
    private readonly float[] bias;
    private readonly int[] firstTypes;
    private readonly int[] countedPositions;
    private readonly float[] poolingWeights;
    private readonly int[] firstTokens;
    private readonly Shape[] outputShapes;
    private bool hasLengths;
    private bool hasBias;

    internal CapturedText(TextModel model, Device device, TextBatch example)
    {
        model.Require(example);
        this.model = model;
        decoderLength = example.Decoder?.Length ?? 0;
        if (example.Decoder is { } decoder) RefuseDecoder(decoder);
        (sequences, length) = (example.Sequences, example.Length);
        keys = length + (model.VirtualTokens?.Count ?? 0);
        hasTypes = example.TokenTypes is not null;
        hasPositions = (example.Positions is not null || model.FirstPosition > 0) && model.VirtualTokens is not { IsPrefix: false };
        lengths = new int[sequences];
        bias = new float[sequences * keys];
        firstTypes = new int[sequences * length];
        countedPositions = hasPositions ? new int[sequences * length] : [];
        firstTokens = new int[sequences];
        poolingWeights = new float[model.PoolingRows * sequences * length];
        captured = Captured.Record(device, capture => Record(capture, example));
        OutputNames = [.. captured.Outputs.Select(output => output.Name)];
        outputShapes = [.. captured.Outputs.Select(output => output.Shape)];
    }

    /// <summary>The names of the outputs, in the order in which <see cref="Run"/> gives them.</summary>
    public IReadOnlyList<string> OutputNames { get; }

    /// <summary>Bytes of memory for all that a run computes, its inputs and outputs among them.</summary>
    public long PlannedBytes => captured.PlannedBytes;

    internal Captured Captured => captured;

    /// <summary>The lengths of an output's axes.</summary>
    public Shape ShapeOf(int output) => outputShapes[output];

    /// <summary>Runs the recording on one batch.</summary>
    /// <param name="batch">[B, T] as the example's. What the example has and the batch leaves out is as it is for a batch without: no padding, the
    /// first type, positions 0, 1, 2 ...</param>
    /// <param name="results">An array for the values of each output.</param>
    /// <exception cref="ShapeException">The batch has another shape, or an output another number of elements.</exception>
    /// <exception cref="ArgumentException">The batch has what the example left out, or a token, type or position is outside the model's
    /// tables.</exception>
    /// <exception cref="InvalidOperationException">The model was used on another device since: capture it again.</exception>
    /// <exception cref="ObjectDisposedException">It was disposed of.</exception>
    public void Run(TextBatch batch, params ReadOnlySpan<float[]> results)
    {
        if (batch.Sequences != sequences || batch.Length != length)
            ShapeException.Throw(
                "captured", $"batch [{batch.Sequences}, {batch.Length}] does not fit [{sequences}, {length}]", "a recording is of one shape; capture one for each, or pad");
        Refuse(batch.TokenTypes is not null && !hasTypes, "token types");
        Refuse(batch.Positions is not null && !hasPositions && model.VirtualTokens is not { IsPrefix: false }, "positions of its own");
        Refuse(batch.AttentionMask is not null && !hasLengths, "padding");
        model.Require(batch);
        if (batch.Decoder is { } decoder)
        {
            if (decoder.Length != decoderLength)
                ShapeException.Throw("captured", $"a decoder's batch of {decoder.Length} tokens does not fit {decoderLength}", "a recording is of one shape; capture one for each, or pad");
            RefuseDecoder(decoder);
        }
        if (results.Length != OutputNames.Count)
            throw new ArgumentException($"{results.Length} arrays are not one for each of the outputs {string.Join(", ", OutputNames)}");
        for (int i = 0; i < results.Length; i++)
            if (results[i].Length != outputShapes[i].ElementCount)
                ShapeException.Throw("captured", $"{OutputNames[i]} of {results[i].Length} values does not fit {outputShapes[i]}", $"it has {outputShapes[i].ElementCount} elements");
        using var run = captured.Begin();
        if (hasLengths) WriteMask(batch, run);
        run.Write<int>("input_ids", batch.TokenIds);
        if (decoderLength > 0) run.Write<int>("decoder_input_ids", batch.Decoder!.TokenIds);
        if (hasTypes) run.Write<int>("token_type_ids", batch.TokenTypes ?? firstTypes);
        if (hasPositions)
        {
            if (batch.Positions is null) model.CountPositions(batch, countedPositions);
            else for (int i = 0; i < countedPositions.Length; i++) countedPositions[i] = batch.Positions[i] + model.PrefixLength;
            run.Write<int>("position_ids", countedPositions);
        }
        if (poolingWeights.Length > 0)
        {
            model.WritePoolingWeights(batch, poolingWeights);
            run.Write<float>("pooling_weights", poolingWeights);
        }
        run.Run();
        for (int i = 0; i < results.Length; i++) run.Read<float>(OutputNames[i], results[i]);
    }

    /// <summary>Gives all memory back, after the run that is under way.</summary>
    public void Dispose() => captured.Dispose();

    private void Record(Capture capture, TextBatch example)
    {
        Shape tokens = [sequences * length];
        var inputs = TextInputs.Of(capture.Pass, example, model.VirtualTokens) with { TokenIds = capture.Input<int>("input_ids", tokens) };
        if (hasTypes) inputs = inputs with { TokenTypes = capture.Input<int>("token_type_ids", tokens) };
        if (hasPositions) inputs = inputs with { Positions = capture.Input<int>("position_ids", tokens) };
        if (inputs.Decoder is { } decoder)
            inputs = inputs with { Decoder = decoder with { TokenIds = capture.Input<int>("decoder_input_ids", [sequences * decoderLength]) } };
        if (model.PoolingRows > 0) inputs = inputs with { PoolingWeights = capture.Input<float>("pooling_weights", [sequences, model.PoolingRows, length]) };
        (hasLengths, hasBias) = (inputs.Mask.Lengths is not null, inputs.Mask.Bias is not null);
        if (hasLengths)
        {
            var mask = AttentionMask.Of(
                capture.Input<int>("lengths", [sequences]), hasBias ? capture.Input<float>("attention_bias", [sequences, keys]) : null, keys);
            // where masked tokens may be anywhere, so may the first that is none
            inputs = inputs with { Mask = mask, FirstTokens = hasBias && model.VirtualTokens is not { IsPrefix: false } ? capture.Input<int>("first_tokens", [sequences]) : null };
        }
        var outputs = model.Forward(inputs);
        foreach (string name in outputs.Names) capture.Output(name, outputs[name]);
    }

    /// <summary>Writes the attention mask of a batch to the recording; the arrays are those of the run.</summary>
    private void WriteMask(TextBatch batch, CapturedRun run)
    {
        Array.Clear(bias);
        if (batch.AttentionMask is { } counts)
            for (int i = 0; i < counts.Length; i++)
                if (counts[i] == 0) bias[i / length * keys + keys - length + i % length] = float.NegativeInfinity;
        bool isPadding = AttentionMask.LengthsOf(bias, lengths);
        Refuse(!isPadding && !hasBias, "masked tokens between others");
        run.Write<int>("lengths", lengths);
        if (!hasBias) return;
        run.Write<float>("attention_bias", bias);
        if (model.VirtualTokens is { IsPrefix: false }) return;
        TextInputs.WriteFirstTokens(batch, firstTokens);
        run.Write<int>("first_tokens", firstTokens);
    }

    private static void RefuseDecoder(TextBatch decoder)
    {
        if (decoder.AttentionMask is not null || decoder.Positions is not null)
            throw new ArgumentException("captured: what a decoder reads has no padding in front and no positions of its own here");
    }

    private static void Refuse(bool isMore, string what)
    {
        if (isMore) throw new ArgumentException($"captured: the batch has {what}, the one that the recording was made with has none: capture it with such a batch");
    }
}
