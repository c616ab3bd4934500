using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Models.Tests;

/// <summary>A sequence that is read piece by piece gives what it gives at once.</summary>
public sealed class SequenceStateTests : IDisposable
{
    private const int Sequences = 2, Length = 5, Width = 8, Heads = 4;

    private readonly CpuDevice device = new(2);

    public void Dispose() => device.Dispose();

    [Theory]
    [InlineData(Heads)]
    [InlineData(2)]
    public void Token_by_token_is_the_whole(int keyHeads)
    {
        using var model = new Reader(keyHeads);
        float[] tokens = Numbers(Sequences * Length * Width), whole = Whole(model, tokens);
        using var state = new SequenceState(device, Sequences, capacity: 7);
        foreach (int[] step in (int[][])[[0, 1, 2], [3], [4]])
        {
            state.Begin(step.Length);
            using var pass = Pass.Infer(device);
            var x = pass.Constant(pass.Upload<float>([Sequences * step.Length, Width], Pick(tokens, step)));
            float[] y = model.Attention.Forward(x, new AttentionInputs(Sequences, AttentionMask.Causal, State: state)).Value.ToArray();
            Close(Pick(whole, step), y);
        }
        Assert.Equal([5, 5], state.Lengths.ToArray());
        var exception = Assert.Throws<InvalidOperationException>(() => state.Begin(3));
        Assert.Contains("would have 8 tokens, and the state has room for 7", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Sequences_of_different_lengths_go_on_from_their_own_ends()
    {
        using var model = new Reader(Heads);
        float[] tokens = Numbers(Sequences * Length * Width), whole = Whole(model, tokens);
        using var state = new SequenceState(device, Sequences, capacity: 6);
        Step([0, 1, 2]);
        // the second sequence has two tokens only: the third was padding, and its own third comes now
        state.Truncate(1, 2);
        float[] y = Step([3], [2]);
        Close(Row(whole, 0, 3), y.AsSpan(0, Width).ToArray());
        Close(Row(whole, 1, 2), y.AsSpan(Width, Width).ToArray());

        float[] Step(int[] first, int[]? second = null)
        {
            state.Begin(first.Length);
            using var pass = Pass.Infer(device);
            float[] rows = [.. first.SelectMany(token => Row(tokens, 0, token)), .. (second ?? first).SelectMany(token => Row(tokens, 1, token))];
            var x = pass.Constant(pass.Upload<float>([Sequences * first.Length, Width], rows));
            return model.Attention.Forward(x, new AttentionInputs(Sequences, AttentionMask.Causal, State: state)).Value.ToArray();
        }
    }

    [Fact]
    public void A_captured_step_keeps_its_state_from_run_to_run()
    {
        using var model = new Reader(Heads);
        float[] tokens = Numbers(Sequences * Length * Width), whole = Whole(model, tokens);
        using var captured = Captured.Record(device, capture =>
        {
            var state = SequenceState.In(capture, Sequences, capacity: 6);
            var x = capture.Input("x", [Sequences, Width]);
            capture.Output("y", model.Attention.Forward(x, new AttentionInputs(Sequences, AttentionMask.Causal, State: state)));
        });
        foreach (int _ in (int[])[0, 1])
        {
            captured.Reset();
            for (int token = 0; token < Length; token++)
            {
                using var run = captured.Begin();
                run.Write<float>("x", Pick(tokens, [token]));
                run.Write<int>("past_lengths", [token, token]);
                run.Write<int>("lengths", [token + 1, token + 1]);
                run.Run();
                var y = new float[Sequences * Width];
                run.Read<float>("y", y);
                Close(Pick(whole, [token]), y);
            }
        }
    }

    private float[] Whole(Reader model, float[] tokens)
    {
        using var pass = Pass.Infer(device);
        var x = pass.Constant(pass.Upload<float>([Sequences * Length, Width], tokens));
        return model.Attention.Forward(x, new AttentionInputs(Sequences, AttentionMask.Causal)).Value.ToArray();
    }

    private static float[] Pick(float[] rows, int[] tokens) =>
        [.. Enumerable.Range(0, Sequences).SelectMany(sequence => tokens.SelectMany(token => Row(rows, sequence, token)))];

    private static float[] Row(float[] rows, int sequence, int token) => rows.AsSpan((sequence * Length + token) * Width, Width).ToArray();

    private static float[] Numbers(int count)
    {
        var numbers = new float[count];
        new RandomStream(4, "tokens").FillNormal(numbers, 0f, 1f);
        return numbers;
    }

    private static void Close(float[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i], actual[i], 1e-5f);
    }

    private sealed class Reader : TextModel
    {
        public Reader(int keyHeads) : base("reader")
        {
            Attention = Add("attention", new MultiHeadAttention(Width, Heads, keyHeads: keyHeads));
            AddStage("head", Attention);
        }

        public MultiHeadAttention Attention { get; }

        public override TextHead Head => TextHead.None;

        public override TextModelSizes Sizes => new(1, Length, Width);

        public override TextModel Remake(int labels, ulong seed) => throw new ArgumentException("it is one of its kind");

        public override void Require(TextBatch batch)
        {
        }

        public override Variable Loss(TextOutputs outputs, TextTargets targets) => throw new ArgumentException("it has none");

        protected override TextOutputs Compute(TextInputs inputs, ForwardTrace? trace) => throw new ArgumentException("it reads rows");
    }
}
