using Graft.Autograd;
using Graft.Tensors;
using Graft.Testing;

namespace Graft.Models.Tests;

public sealed class CapturedTextTests : IDisposable
{
    private readonly CpuDevice device = new(2);

    private static int Length => Berts.Padded.Length;

    public void Dispose() => device.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Batches_of_any_tokens_and_lengths_give_the_eager_bits(int threads)
    {
        using var own = new CpuDevice(threads);
        var model = new EncoderForTokenClassification(Berts.Small) { Seed = 3 };
        using var captured = model.Capture(own, Berts.Padded);
        Assert.Equal(["logits"], captured.OutputNames);
        var logits = new float[captured.ShapeOf(0).ElementCount];
        foreach (var batch in (TextBatch[])[Berts.Padded, Drawn(3, [7, 1, 4], 1), Drawn(3, [7, 7, 7], 2), Drawn(3, [2, 7, 6], 3, types: false), Berts.Padded])
        {
            captured.Run(batch, logits);
            Check.SameBits("logits", logits, Berts.Logits(model, own, batch));
        }
    }

    [Fact]
    public void One_sequence_without_a_mask_gives_the_eager_bits()
    {
        var model = new EncoderForSequenceClassification(Berts.Small) { Seed = 4 };
        using var captured = model.Capture(device, new TextBatch(1, 5, [1, 2, 3, 4, 5]));
        var logits = new float[3];
        foreach (int[] tokens in (int[][])[[2, 7, 19, 4, 3], [2, 2, 2, 2, 29], [2, 7, 19, 4, 3]])
        {
            captured.Run(new TextBatch(1, 5, tokens), logits);
            Check.SameBits("logits", logits, Berts.Logits(model, device, new TextBatch(1, 5, tokens)));
        }
    }

    [Fact]
    public void Hidden_places_between_others_and_positions_are_followed()
    {
        var model = new EncoderForTokenClassification(Berts.Small) { Seed = 3 };
        int[] hidden = [0, 1, 1, 0, 1, 1, 1], shifted = [5, 6, 7, 8, 9, 10, 11];
        TextBatch first = Of([1, 1, 1, 1, 1, 0, 1], shifted), second = Of(hidden, [0, 0, 1, 2, 2, 3, 4]), plain = Of(null, null);
        using var captured = model.Capture(device, first);
        var logits = new float[Length * 3];
        foreach (var batch in (TextBatch[])[first, second, plain, first])
        {
            captured.Run(batch, logits);
            Check.SameBits("logits", logits, Berts.Logits(model, device, batch));
        }

        static TextBatch Of(int[]? mask, int[]? positions) => new(1, 7, [2, 5, 5, 29, 8, 13, 3], null, mask, positions);
    }

    [Fact]
    public void Every_output_of_a_model_comes_in_its_order()
    {
        foreach (var model in (TextModel[])[new EncoderModel(Berts.Small), new EncoderForQuestionAnswering(Berts.Small), new EncoderForMaskedLM(Berts.Small)])
        {
            using var captured = model.Capture(device, Berts.Padded);
            float[][] results = [.. captured.OutputNames.Select((_, output) => new float[captured.ShapeOf(output).ElementCount])];
            for (int run = 0; run < 2; run++)
            {
                captured.Run(Berts.Padded, results);
                using var pass = Pass.Infer(device);
                var outputs = model.Forward(pass, Berts.Padded);
                for (int i = 0; i < results.Length; i++) Check.SameBits(captured.OutputNames[i], results[i], outputs[captured.OutputNames[i]].Value.ToArray());
            }
        }
    }

    [Fact]
    public void A_warmed_up_run_allocates_nothing()
    {
        var model = new EncoderForSequenceClassification(Berts.Small) { Seed = 4 };
        var batch = Berts.Padded;
        using var captured = model.Capture(device, batch);
        var logits = new float[9];
        for (int i = 0; i < 5; i++) captured.Run(batch, logits);
        long taken = device.BytesTaken;
        Allocations.None(() => captured.Run(batch, logits));
        Assert.Equal(taken, device.BytesTaken);
    }

    [Fact]
    public void Disposal_gives_all_memory_back()
    {
        var model = new EncoderForTokenClassification(Berts.Small) { Seed = 4 };
        var logits = new float[3 * Length * 3];
        long taken = 0;
        for (int i = 0; i < 4; i++)
        {
            using (var captured = model.Capture(device, Berts.Padded)) captured.Run(Berts.Padded, logits);
            if (i == 0) taken = device.BytesTaken;
        }
        Assert.Equal(taken, device.BytesTaken);
    }

    /// <summary>Types and positions that a batch does not give are rows of tables as they lie: there is nothing to look up for them,
    /// neither in a run nor beforehand.</summary>
    [Fact]
    public void What_no_batch_gives_costs_no_call()
    {
        var model = new EncoderForTokenClassification(Berts.Small);
        using var plain = model.Capture(device, new TextBatch(3, Length, Berts.Padded.TokenIds));
        using var typed = model.Capture(device, Berts.Padded);
        Assert.Equal((0, 0), (plain.Captured.Replay.FoldedCalls, typed.Captured.Replay.FoldedCalls));
        Assert.Equal(1, typed.Captured.Replay.ReplayedCalls - plain.Captured.Replay.ReplayedCalls);
    }

    [Fact]
    public void Memory_is_used_again_within_a_pass()
    {
        var model = new EncoderForTokenClassification(Berts.Small);
        using var captured = model.Capture(device, Berts.Padded);
        Assert.InRange(captured.PlannedBytes, captured.Captured.Replay.LeastBytes, captured.Captured.Replay.LeastBytes * 11 / 10);
        Assert.InRange(captured.PlannedBytes, 1, captured.Captured.Replay.UnsharedBytes / 3);
    }

    [Fact]
    public void What_does_not_fit_the_recording_is_refused()
    {
        var model = new EncoderForTokenClassification(Berts.Small);
        using var captured = model.Capture(device, new TextBatch(1, 2, [1, 2]));
        var logits = new float[6];
        Refused<ShapeException>("batch [1, 3] does not fit [1, 2]", new TextBatch(1, 3, [1, 2, 3]));
        Refused<ArgumentException>("has token types", new TextBatch(1, 2, [1, 2], [0, 1]));
        Refused<ArgumentException>("has positions of its own", new TextBatch(1, 2, [1, 2], positions: [1, 2]));
        Refused<ArgumentException>("has padding", new TextBatch(1, 2, [1, 2], attentionMask: [1, 0]));
        Refused<ArgumentException>("the id 30 is none of the 30", new TextBatch(1, 2, [1, 30]));
        Assert.Throws<ArgumentException>(() => captured.Run(new TextBatch(1, 2, [1, 2])));
        Assert.Throws<ShapeException>(() => captured.Run(new TextBatch(1, 2, [1, 2]), new float[5]));
        using (var padded = model.Capture(device, new TextBatch(1, 3, [1, 2, 3], attentionMask: [1, 1, 0])))
        {
            string message = Assert.Throws<ArgumentException>(() => padded.Run(new TextBatch(1, 3, [1, 2, 3], attentionMask: [1, 0, 1]), new float[9])).Message;
            Assert.Contains("masked tokens between others", message, StringComparison.Ordinal);
        }
        Assert.Contains("the id 31", Assert.Throws<ArgumentException>(() => model.Capture(device, new TextBatch(1, 1, [31]))).Message, StringComparison.Ordinal);
        captured.Dispose();
        Assert.Throws<ObjectDisposedException>(() => captured.Run(new TextBatch(1, 2, [1, 2]), logits));

        void Refused<TException>(string reason, TextBatch batch) where TException : Exception =>
            Assert.Contains(reason, Assert.Throws<TException>(() => captured.Run(batch, logits)).Message, StringComparison.Ordinal);
    }

    private static TextBatch Drawn(int sequences, int[] lengths, int seed, bool types = true)
    {
        int[] Numbers(string name, int below) => [.. Draw.Uniform($"{name} {seed}", sequences * Length, 0, below).Select(number => Math.Min(below - 1, (int)number))];
        int[] mask = [.. Enumerable.Range(0, sequences * Length).Select(place => place % Length < lengths[place / Length] ? 1 : 0)];
        return new TextBatch(sequences, Length, Numbers("tokens", 30), types ? Numbers("types", 2) : null, mask);
    }
}
