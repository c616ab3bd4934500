using Graft.Text;

namespace Graft.Tasks.Tests;

/// <summary>T5's span corruption: its counts are those of the published rule, and nothing is lost.</summary>
public sealed class SpanCorruptionTests
{
    private static readonly Tokeniser Letters = BpeTrainer.Train(
        ["ab"], new BpeTrainerOptions
        {
            Size = 300,
            SpecialTokens = [.. new BpeTrainerOptions().SpecialTokens, .. Enumerable.Range(0, 30).Select(static id => $"<extra_id_{id}>")],
        }).ToTokeniser();

    private static readonly int[] Sentinels = [.. Enumerable.Range(0, 30).Select(static id => Letters.IdOf($"<extra_id_{id}>")!.Value)];

    [Theory]
    [InlineData(512, 568, 114)]
    [InlineData(1024, 1137, 229)]
    [InlineData(128, 141, 29)]
    public void Lengths_are_those_of_the_published_rule(int source, int tokens, int target) =>
        Assert.Equal((tokens, target), new SpanCorruption(Letters, seed: 0).LengthsFor(source));

    [Theory]
    [InlineData(1, 0.15, 3)]
    [InlineData(2, 0.15, 3)]
    [InlineData(7, 0.15, 3)]
    [InlineData(100, 0.15, 3)]
    [InlineData(100, 0.5, 3)]
    [InlineData(40, 0.9, 1)]
    public void Spans_leave_sentinels_and_come_in_the_target(int length, double density, double mean)
    {
        var spans = new SpanCorruption(Letters, seed: 3) { Density = density, MeanLength = mean };
        int[] text = [.. Enumerable.Range(0, length).Select(static place => Sentinels[^1] + 1 + place % 100)];
        int end = Letters.EndId!.Value, noise = length == 1 ? 1 : Math.Clamp((int)Math.Round(length * density), 1, length - 1);
        var seen = new HashSet<string>();
        for (int epoch = 0; epoch < 50; epoch++)
        {
            var pair = spans.Corrupt([.. text, end], number: 4, epoch);
            Assert.Equal((end, end), (pair.Source[^1], pair.Target[^1]));
            int count = pair.Source.Count(Sentinels.Contains);
            Assert.Equal(Sentinels[..count], pair.Source.Where(Sentinels.Contains));
            Assert.Equal(Sentinels[..count], pair.Target.Where(Sentinels.Contains));
            Assert.Equal((length - noise + count + 1, noise + count + 1), (pair.Source.Length, pair.Target.Length));
            Assert.Equal(Math.Clamp((int)Math.Round(noise / mean), 1, Math.Max(1, Math.Min(noise, length - noise))), count);
            Assert.Equal(text, Restored(pair));
            seen.Add(string.Join(' ', pair.Source));
        }
        // a single span stands at the end, as in the published rule
        Assert.True(length <= 7 ? seen.Count == 1 : seen.Count > 3, $"{seen.Count} ways");
        Assert.Equal(spans.Corrupt(text, 4, 2).Source, spans.Corrupt(text, 4, 2).Source);
        if (length == 100) Assert.NotEqual(spans.Corrupt(text, 4, 2).Source, spans.Corrupt(text, 5, 2).Source);
    }

    [Fact]
    public void Every_place_is_noise_about_as_often()
    {
        var spans = new SpanCorruption(Letters, seed: 1);
        int[] text = [.. Enumerable.Range(0, 100).Select(static place => Sentinels[^1] + 1 + place)], noise = new int[text.Length];
        for (int number = 0; number < 2000; number++)
            foreach (int token in spans.Corrupt(text, number, 0).Target)
                if (token >= text[0]) noise[token - text[0]]++;
        Assert.Equal(15 * 2000, noise.Sum());
        // the first token is always kept, and the last always in a span, as in the published rule
        Assert.Equal((0, 2000), (noise[0], noise[^1]));
        Assert.All(noise[20..80], static count => Assert.InRange(count, 200, 400));
    }

    [Fact]
    public void Pairs_are_made_anew_in_each_epoch()
    {
        var spans = new SpanCorruption(Letters, seed: 1);
        int[] text = [.. Enumerable.Range(0, 40).Select(static place => Sentinels[^1] + 1 + place)];
        var asked = new List<(int Number, int Epoch)>();
        using var model = PretrainedModel.Create(JsonFile.Parse("""
            {"model_type": "marian", "vocab_size": 300, "d_model": 16, "encoder_layers": 1, "decoder_layers": 1, "encoder_attention_heads": 2, "decoder_attention_heads": 2,
            "encoder_ffn_dim": 32, "decoder_ffn_dim": 32, "max_position_embeddings": 64, "eos_token_id": 2, "pad_token_id": 1, "decoder_start_token_id": 1,
            "scale_embedding": true, "static_position_embeddings": true, "dropout": 0}
            """u8.ToArray(), "config.json"), TextHead.SequenceToSequence, labels: null, seed: 0);
        var set = new SequencePairBatches((EncoderDecoderModel)model, [new SequencePair(text, text)], new SequencePairOptions
        {
            Corrupt = (pair, number, epoch) =>
            {
                asked.Add((number, epoch));
                return spans.Corrupt(pair.Source, number, epoch);
            },
        });
        for (int epoch = 0; epoch < 2; epoch++)
            foreach (var batch in set.Epoch(epoch, TestContext.Current.CancellationToken))
            {
                using var pass = Graft.Autograd.Pass.Train(Graft.Tensors.Device.Cpu, 0);
                Assert.True(float.IsFinite(batch.Loss(pass).Value.ToArray()[0]));
            }
        Assert.Equal([(0, 0), (0, 1)], asked);
    }

    [Fact]
    public void What_cannot_be_corrupted_is_refused()
    {
        var plain = BpeTrainer.Train(["ab"], new BpeTrainerOptions { Size = 261 }).ToTokeniser();
        Assert.Contains("<extra_id_0>", Assert.Throws<ArgumentException>(() => new SpanCorruption(plain, 0)).Message, StringComparison.Ordinal);
        var spans = new SpanCorruption(Letters, 0);
        Assert.Throws<ArgumentException>(() => spans.Corrupt([Letters.EndId!.Value], 0, 0));
        var many = Assert.Throws<ArgumentException>(() => spans.Corrupt([.. Enumerable.Repeat(Sentinels[^1] + 1, 2000)], 0, 0));
        Assert.Contains("100 spans, and the tokeniser 30 sentinels", many.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => spans.LengthsFor(2));
        Assert.Throws<ArgumentOutOfRangeException>(() => new SpanCorruption(Letters, 0) { Density = 1 }.Corrupt([50, 51], 0, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new SpanCorruption(Letters, 0) { MeanLength = 0.5 }.Corrupt([50, 51], 0, 0));
    }

    private static List<int> Restored(SequencePair pair)
    {
        var spans = new Dictionary<int, List<int>>();
        foreach (int token in pair.Target[..^1])
            if (Sentinels.Contains(token)) spans[token] = [];
            else spans.Last().Value.Add(token);
        return [.. pair.Source[..^1].SelectMany(token => spans.TryGetValue(token, out var span) ? span : [token])];
    }
}
