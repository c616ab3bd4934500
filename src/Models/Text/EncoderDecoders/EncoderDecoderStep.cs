using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Models;

/// <summary>The steps of an encoder-decoder: texts are read once, with the keys and values that each layer makes of them; then a recorded pass writes one token
/// of each row and keeps the keys and values of what was written (Hugging Face's <c>past_key_values</c>). The model has to outlive it.</summary>
/// <remarks>Letters: N texts, K copies of each, R = N K rows, S tokens read, C tokens at most written. The K rows of a text are K queries of it: its keys and
/// values are there once.</remarks>
/// <example><code>
/// using var step = new EncoderDecoderStep(model, Device.Cpu);
/// step.Read([[71, 9, 1], [12, 1]]);
/// var written = TokenGenerator.Generate(step, step.Starts, new GenerationOptions { MaximumNewTokens = 20, Beams = 4, EndTokens = [1] });
/// </code></example>
public sealed class EncoderDecoderStep : DecodingStep
{
    /// <summary>Recordings are made for multiples of so many tokens written or read, so that one serves texts of about a length.</summary>
    private const int CapacityStep = 32, SourceStep = 8;

    private const int Unlimited = 1 << 20;

    private const string SourceLengths = "source_lengths", Buckets = "buckets", Ids = "input_ids", Logits = "logits";

    private readonly EncoderDecoderModel model;
    private readonly Device device;
    private Recording? recording;
    private IReadOnlyList<int[]> sources = [];

    /// <summary>Makes the steps of a model; nothing is read yet.</summary>
    /// <param name="model">A model with a head.</param>
    /// <param name="device">Where to compute.</param>
    /// <exception cref="ArgumentException">The model has no head.</exception>
    public EncoderDecoderStep(EncoderDecoderModel model, Device device)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(device);
        if (model.Head != TextHead.SequenceToSequence) throw new ArgumentException($"{model.Name} has no head and so writes nothing");
        (this.model, this.device) = (model, device);
    }

    /// <inheritdoc/>
    public override int Vocabulary => model.Sizes.Vocabulary;

    /// <inheritdoc/>
    public override int MaximumLength => model.MostWritten ?? Unlimited;

    /// <summary>What the decoder begins with, for each text that was read: the start token.</summary>
    public IReadOnlyList<int[]> Starts => [.. sources.Select(_ => new[] { model.DecoderStartToken })];

    /// <summary>Takes the texts that the next search is about, one a prompt.</summary>
    /// <param name="texts">The tokens of each text [N], one or more each, of any lengths.</param>
    /// <exception cref="ArgumentException">There is none, one is empty or too long, or a token is none of the vocabulary.</exception>
    public void Read(IReadOnlyList<int[]> texts)
    {
        ArgumentNullException.ThrowIfNull(texts);
        if (texts.Count == 0) throw new ArgumentException($"{model.Name}: there is no text to read");
        int empty = texts.TakeWhile(static text => text.Length > 0).Count();
        if (empty < texts.Count) throw new ArgumentException($"{model.Name}: text {empty} has no token");
        model.Trunk.Encoder.Require(model.Pad(texts));
        sources = texts;
    }

    /// <summary>Begins rows with prompts of one length; <see cref="DecodingStep.Begin"/> says the rest.</summary>
    /// <inheritdoc/>
    /// <exception cref="ArgumentException">There are not as many prompts as texts, or they have several lengths.</exception>
    public override void Begin(IReadOnlyList<int[]> prompts, int copies, int capacity, Span<float> logits)
    {
        ArgumentNullException.ThrowIfNull(prompts);
        if (prompts.Count != sources.Count) throw new ArgumentException($"{model.Name}: {prompts.Count} prompts are not one for each of the {sources.Count} texts that were read");
        int length = prompts[0].Length;
        if (prompts.Any(prompt => prompt.Length != length)) throw new ArgumentException($"{model.Name}: what it is to go on from has to be as long for every text");
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
        if (model.Trunk.Decoder.Relative is { } relative)
        {
            relative.WriteBuckets(now.Past[0], now.Numbers);
            run.Write<int>(Buckets, now.Numbers);
        }
        run.Run();
        run.Read(Logits, logits);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">A row would go on from one of another text.</exception>
    public override void Reorder(ReadOnlySpan<int> rows)
    {
        var now = recording ?? throw new InvalidOperationException($"{model.Name} has not begun to write");
        for (int row = 0; row < rows.Length; row++)
            if (rows[row] / now.Copies != row / now.Copies) throw new ArgumentException($"{model.Name}: row {row} cannot go on from row {rows[row]}, which is of another text");
        now.State.CopyRows(now.State, rows);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing) recording?.Dispose();
        recording = null;
    }

    /// <summary>Records the pass of one token a row, where the one that is there is of another size, and reads the texts.</summary>
    private void Prepare(int copies, int capacity)
    {
        int read = Math.Min(model.MostWritten ?? Unlimited, Rounded(sources.Max(static text => text.Length), SourceStep)), count = sources.Count;
        if (recording is not { } kept || kept.Copies != copies || kept.State.Capacity != capacity || kept.Lengths.Length != count || kept.Source != read)
        {
            recording?.Dispose();
            recording = null;
            recording = Record(count, copies, capacity, read);
        }
        recording.State.Clear();
        Encode(recording);
    }

    private Recording Record(int count, int copies, int capacity, int read)
    {
        SequenceState? recorded = null;
        int rows = count * copies;
        var captured = Captured.Record(device, capture =>
        {
            using var reading = capture.Pass.ReadWeights(model.Weights);
            recorded = SequenceState.In(capture, rows, capacity);
            var decoder = model.Trunk.Decoder;
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

    /// <summary>Writes the keys and values of the texts into the recording.</summary>
    private void Encode(Recording into)
    {
        var ids = new int[sources.Count * into.Source];
        var counts = new int[ids.Length];
        Array.Fill(ids, model.Sizes.PaddingToken ?? 0);
        for (int text = 0; text < sources.Count; text++)
        {
            sources[text].CopyTo(ids, text * into.Source);
            counts.AsSpan(text * into.Source, into.Lengths[text] = sources[text].Length).Fill(1);
        }
        using var pass = Pass.Infer(device);
        using var reading = pass.ReadWeights(model.Weights);
        var encoded = model.Trunk.Encode(TextInputs.Of(pass, new TextBatch(sources.Count, into.Source, ids, attentionMask: counts)));
        var projected = model.Trunk.Decoder.Projected(encoded);
        for (int layer = 0; layer < projected.Length; layer++)
        {
            device.Copy(projected[layer].Keys.Value, into.Captured.State<float>(KeysOf(layer)));
            device.Copy(projected[layer].Values.Value, into.Captured.State<float>(ValuesOf(layer)));
        }
    }

    private static string KeysOf(int layer) => FormattableString.Invariant($"source.{layer}.keys");

    private static string ValuesOf(int layer) => FormattableString.Invariant($"source.{layer}.values");

    private static int Rounded(int count, int step) => checked((count + step - 1) / step * step);

    /// <summary>A recorded pass with what it keeps.</summary>
    /// <param name="Captured">The pass.</param>
    /// <param name="State">The keys and values of what was written.</param>
    /// <param name="Copies">K.</param>
    /// <param name="Source">S.</param>
    /// <param name="Past">How many tokens each row had [R].</param>
    /// <param name="Lengths">How many tokens each text has [N].</param>
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
