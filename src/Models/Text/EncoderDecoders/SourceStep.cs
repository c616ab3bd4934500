using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Models;

/// <summary>What writes one token of each row after another and looks at something that was read before: a recorded pass that keeps the keys and values of what
/// was written (Hugging Face's <c>past_key_values</c>) and those of what was read.</summary>
/// <remarks>Letters: N sources, K copies of each, R = N K rows, S states read, C tokens at most written. The K rows of a source are K queries of it: its keys and
/// values are there once.</remarks>
public abstract class SourceStep : DecodingStep
{
    /// <summary>Recordings are made for multiples of so many tokens written, so that one serves texts of about a length.</summary>
    private const int CapacityStep = 32;

    private const int Unlimited = 1 << 20;

    private const string SourceLengths = "source_lengths", Buckets = "buckets", Ids = "input_ids", Logits = "logits";

    private readonly ISequenceWriter model;
    private readonly Device device;
    private Recording? recording;

    private protected SourceStep(ISequenceWriter model, Device device)
    {
        ArgumentNullException.ThrowIfNull(device);
        (this.model, this.device) = (model, device);
    }

    /// <inheritdoc/>
    public override int Vocabulary => model.Vocabulary;

    /// <inheritdoc/>
    public override int MaximumLength => model.MostWritten ?? Unlimited;

    /// <summary>N: how many there are.</summary>
    private protected abstract int Sources { get; }

    /// <summary>S: how many states each is given room for.</summary>
    private protected abstract int SourceLength { get; }

    /// <summary>Reads the sources.</summary>
    /// <param name="pass">The run to be part of.</param>
    /// <param name="length">S: how many states each gets, those that fill shorter ones up among them.</param>
    /// <param name="lengths">Receives how many of them count [N].</param>
    /// <returns>The states [N, S, D].</returns>
    private protected abstract Variable Encode(Pass pass, int length, Span<int> lengths);

    private protected IReadOnlyList<int[]> StartsWith(int token) => [.. Enumerable.Range(0, Sources).Select(_ => new[] { token })];

    /// <summary>Begins rows with prompts of one length; <see cref="DecodingStep.Begin"/> says the rest.</summary>
    /// <inheritdoc/>
    /// <exception cref="ArgumentException">There are not as many prompts as sources, or they have several lengths.</exception>
    public override void Begin(IReadOnlyList<int[]> prompts, int copies, int capacity, Span<float> logits)
    {
        ArgumentNullException.ThrowIfNull(prompts);
        if (prompts.Count != Sources) throw new ArgumentException($"{model.Name}: {prompts.Count} prompts are not one for each of the {Sources} that were read");
        int length = prompts[0].Length;
        if (prompts.Any(prompt => prompt.Length != length)) throw new ArgumentException($"{model.Name}: what it is to go on from has to be as long for every one");
        Prepare(copies, Math.Min(MaximumLength, Rounded(Math.Max(capacity, length), CapacityStep)));
        var tokens = new int[prompts.Count * copies];
        for (int place = 0; place < length; place++)
        {
            for (int row = 0; row < tokens.Length; row++) tokens[row] = prompts[row / copies][place];
            Continue(tokens, logits);
        }
    }

    /// <inheritdoc/>
    public override void Continue(ReadOnlySpan<int> tokens, Span<float> logits)
    {
        var now = recording ?? throw new InvalidOperationException($"{model.Name} has not begun to write");
        now.State.Lengths.CopyTo(now.Past);
        now.State.Advance(1);
        using var run = now.Captured.Begin();
        run.Write(Ids, tokens);
        run.Write<int>(SequenceState.PastLengthsName, now.Past);
        run.Write(SequenceState.LengthsName, now.State.Lengths);
        run.Write<int>(SourceLengths, now.Lengths);
        if (model.Decoder.Relative is { } relative)
        {
            relative.WriteBuckets(now.Past[0], now.Numbers);
            run.Write<int>(Buckets, now.Numbers);
        }
        run.Run();
        run.Read(Logits, logits);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">A row would go on from one of another source.</exception>
    public override void Reorder(ReadOnlySpan<int> rows)
    {
        var now = recording ?? throw new InvalidOperationException($"{model.Name} has not begun to write");
        for (int row = 0; row < rows.Length; row++)
            if (rows[row] / now.Copies != row / now.Copies) throw new ArgumentException($"{model.Name}: row {row} cannot go on from row {rows[row]}, which is of another source");
        now.State.CopyRows(now.State, rows);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing) recording?.Dispose();
        recording = null;
        base.Dispose(disposing);
    }

    /// <summary>Records the pass of one token a row, where the one that is there is of another size, and reads the sources.</summary>
    private void Prepare(int copies, int capacity)
    {
        int read = SourceLength, count = Sources;
        if (recording is not { } kept || kept.Copies != copies || kept.State.Capacity != capacity || kept.Lengths.Length != count || kept.Source != read)
        {
            recording?.Dispose();
            recording = null;
            recording = Record(count, copies, capacity, read);
        }
        recording.State.Clear();
        Fill(recording);
    }

    private Recording Record(int count, int copies, int capacity, int read)
    {
        SequenceState? recorded = null;
        int rows = count * copies;
        var captured = Captured.Record(device, capture =>
        {
            using var reading = capture.Pass.ReadWeights(model.Lock);
            recorded = SequenceState.In(capture, rows, capacity);
            var decoder = model.Decoder;
            var source = new (Variable Keys, Variable Values)[decoder.Layers];
            for (int layer = 0; layer < source.Length; layer++)
            {
                var shape = decoder.ProjectedShape(layer, count * read);
                source[layer] = (Constant(KeysOf(layer)), Constant(ValuesOf(layer)));

                Variable Constant(string name) => capture.Pass.Constant(capture.State<float>(name, shape));
            }
            var bias = decoder.Relative?.Forward(capture.Pass, capture.Input<int>(Buckets, [1, capacity]));
            var inputs = new TextInputs
            {
                Pass = capture.Pass,
                Sequences = rows,
                Length = 1,
                TokenIds = capture.Input<int>(Ids, [rows]),
                Mask = AttentionMask.None,
                Positions = recorded.Positions,
            };
            var mask = AttentionMask.Of(capture.Input<int>(SourceLengths, [count]), null, read);
            var states = decoder.Forward(
                inputs, new TransformerInputs(new AttentionInputs(rows, AttentionMask.None, Bias: bias, State: recorded), new AttentionInputs(count, mask)), source);
            capture.Output(Logits, model.Logits(states));
        });
        return new Recording(captured, recorded!.Kept(captured), copies, read, new int[rows], new int[count], new int[capacity]);
    }

    /// <summary>Writes the keys and values of the sources into the recording.</summary>
    private void Fill(Recording into)
    {
        using var pass = Pass.Infer(device);
        using var reading = pass.ReadWeights(model.Lock);
        var projected = model.Decoder.Projected(Encode(pass, into.Source, into.Lengths));
        for (int layer = 0; layer < projected.Length; layer++)
        {
            device.Copy(projected[layer].Keys.Value, into.Captured.State<float>(KeysOf(layer)));
            device.Copy(projected[layer].Values.Value, into.Captured.State<float>(ValuesOf(layer)));
        }
    }

    private static string KeysOf(int layer) => FormattableString.Invariant($"source.{layer}.keys");

    private static string ValuesOf(int layer) => FormattableString.Invariant($"source.{layer}.values");

    private protected static int Rounded(int count, int step) => checked((count + step - 1) / step * step);

    /// <summary>A recorded pass with what it keeps.</summary>
    /// <param name="Captured">The pass.</param>
    /// <param name="State">The keys and values of what was written.</param>
    /// <param name="Copies">K.</param>
    /// <param name="Source">S.</param>
    /// <param name="Past">How many tokens each row had [R].</param>
    /// <param name="Lengths">How many states each source has [N].</param>
    /// <param name="Numbers">The buckets of a row's distances [C].</param>
    private sealed record Recording(Captured Captured, SequenceState State, int Copies, int Source, int[] Past, int[] Lengths, int[] Numbers) : IDisposable
    {
        public void Dispose()
        {
            State.Dispose();
            Captured.Dispose();
        }
    }
}

/// <summary>A model that writes tokens while it looks at what it read.</summary>
internal interface ISequenceWriter
{
    /// <summary>What messages call it.</summary>
    string Name { get; }

    /// <summary>V.</summary>
    int Vocabulary { get; }

    /// <summary>How many tokens it may write; null for any number.</summary>
    int? MostWritten { get; }

    /// <summary>What guards its weights.</summary>
    WeightLock Lock { get; }

    /// <summary>What writes.</summary>
    TransformerStack Decoder { get; }

    /// <summary>The logits [..., V] of the decoder's states [..., D].</summary>
    Variable Logits(Variable states);
}
