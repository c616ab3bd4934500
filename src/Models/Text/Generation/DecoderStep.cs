using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Models;

/// <summary>The steps of a decoder with a language model's head: prompts are read at once, then a recorded pass reads one token of each row and keeps the
/// keys and values.</summary>
internal sealed class DecoderStep(TextModel model, Device device) : DecodingStep
{
    /// <summary>Recordings are made for multiples of so many tokens, so that one serves texts of about a length.</summary>
    private const int CapacityStep = 64;

    private Captured? captured;
    private SequenceState? state;
    private int[] past = [];

    public override int Vocabulary => model.Sizes.Vocabulary;

    public override int MaximumLength => model.Sizes.MaximumLength;

    public override void Begin(IReadOnlyList<int[]> prompts, int copies, int capacity, Span<float> logits)
    {
        if (model.VirtualTokens is not null)
            throw new InvalidOperationException($"{model.Name} has virtual tokens, and a key-value state has no place for them: detach them before it generates");
        int longest = prompts.Max(static prompt => prompt.Length), rows = prompts.Count * copies;
        Prepare(rows, Math.Min(MaximumLength, (Math.Max(capacity, longest) + CapacityStep - 1) / CapacityStep * CapacityStep));
        if (copies == 1)
        {
            Read(prompts, longest, state!, logits);
            return;
        }
        using var read = new SequenceState(device, prompts.Count, state!.Capacity);
        float[] once = new float[prompts.Count * Vocabulary];
        Read(prompts, longest, read, once);
        int[] sources = [.. Enumerable.Range(0, rows).Select(row => row / copies)];
        state.CopyRows(read, sources);
        for (int row = 0; row < rows; row++) once.AsSpan(sources[row] * Vocabulary, Vocabulary).CopyTo(logits[(row * Vocabulary)..]);
    }

    public override void Continue(ReadOnlySpan<int> tokens, Span<float> logits)
    {
        state!.Lengths.CopyTo(past);
        state.Advance(1);
        using var run = captured!.Begin();
        run.Write("input_ids", tokens);
        run.Write<int>(SequenceState.PastLengthsName, past);
        run.Write(SequenceState.LengthsName, state.Lengths);
        run.Run();
        run.Read("logits", logits);
    }

    public override void Reorder(ReadOnlySpan<int> rows) => state!.CopyRows(state, rows);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            state?.Dispose();
            captured?.Dispose();
            (state, captured) = (null, null);
        }
        base.Dispose(disposing);
    }

    /// <summary>Records the pass of one token a row, where the one that is there is of another size.</summary>
    private void Prepare(int rows, int capacity)
    {
        if (state is not null && state.Sequences == rows && state.Capacity == capacity)
        {
            state.Clear();
            return;
        }
        Dispose(true);
        SequenceState? recorded = null;
        captured = Captured.Record(device, capture =>
        {
            recorded = SequenceState.In(capture, rows, capacity);
            var inputs = new TextInputs
            {
                Pass = capture.Pass,
                Sequences = rows,
                Length = 1,
                TokenIds = capture.Input<int>("input_ids", [rows]),
                Mask = AttentionMask.None,
                State = recorded,
            };
            capture.Output("logits", model.Forward(inputs)["logits"]);
        });
        state = recorded!.Kept(captured);
        past = new int[rows];
    }

    /// <summary>Reads prompts, each from its first place on, and forgets what filled the shorter ones up.</summary>
    private void Read(IReadOnlyList<int[]> prompts, int longest, SequenceState into, Span<float> logits)
    {
        int[] ids = new int[prompts.Count * longest], last = new int[prompts.Count];
        for (int row = 0; row < prompts.Count; row++)
        {
            prompts[row].CopyTo(ids, row * longest);
            last[row] = row * longest + prompts[row].Length - 1;
        }
        var batch = new TextBatch(prompts.Count, longest, ids);
        model.Require(batch);
        into.Begin(longest);
        using var pass = Pass.Infer(device);
        var inputs = TextInputs.Of(pass, batch) with { State = into, ScoredPlaces = pass.Upload<int>([last.Length], last) };
        model.Forward(inputs)["logits"].Value.CopyTo(logits);
        for (int row = 0; row < prompts.Count; row++) into.Truncate(row, prompts[row].Length);
    }
}
