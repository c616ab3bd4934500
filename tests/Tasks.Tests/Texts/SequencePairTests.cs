using Graft.Tensors;
using Graft.Text;
using Graft.Transfer;

namespace Graft.Tasks.Tests;

public sealed class SequencePairTests
{
    private const string Config = """
        {"model_type": "marian", "vocab_size": 300, "d_model": 16, "encoder_layers": 1, "decoder_layers": 1, "encoder_attention_heads": 2, "decoder_attention_heads": 2,
        "encoder_ffn_dim": 32, "decoder_ffn_dim": 32, "max_position_embeddings": 64, "eos_token_id": 2, "pad_token_id": 1, "decoder_start_token_id": 1, "init_std": 0.2,
        "scale_embedding": true, "static_position_embeddings": true, "dropout": 0}
        """;

    private static readonly Tokeniser Letters = BpeTrainer.Train(["ab"], new BpeTrainerOptions { Size = 261 }).ToTokeniser();

    [Fact]
    public void Batches_hold_every_pair_once_and_no_more_tokens_than_they_may()
    {
        using var model = Model();
        SequencePair[] pairs = [.. Enumerable.Range(1, 50).Select(static length => Pair(length % 17 + 1, length % 5 + 1))];
        var set = new SequencePairBatches(model, pairs, new SequencePairOptions { TokensPerBatch = 40 });
        for (int epoch = 0; epoch < 2; epoch++)
        {
            var batches = set.Epoch(epoch, default).ToList();
            Assert.Equal(set.BatchesPerEpoch, batches.Count);
            string[] names = [.. batches.SelectMany(static batch => batch.ExampleNames)];
            Assert.Equal(50, names.Distinct().Count());
            foreach (var batch in batches)
                Assert.True(batch.Count * batch.ExampleNames.Max(name => Longest(pairs[int.Parse(name[5..], System.Globalization.CultureInfo.InvariantCulture)])) <= 40);
        }
        var first = Names(set.Epoch(0, default));
        Assert.Equal(first, Names(set.Epoch(0, default)));
        Assert.NotEqual(first, Names(set.Epoch(1, default)));
        Assert.Equal(Names(set.Epoch(1, default).Skip(3)), Names(set.EpochFrom(1, 3, default)));
        Assert.Equal(pairs.Sum(static pair => pair.Target.Length), set.TargetTokens);

        static int Longest(SequencePair pair) => Math.Max(pair.Source.Length, pair.Target.Length);
        static List<string> Names(IEnumerable<ITrainingBatch> batches) => [.. batches.SelectMany(static batch => batch.ExampleNames)];
    }

    [Fact]
    public void A_model_learns_to_copy_and_the_loss_is_the_mean_over_tokens()
    {
        using var model = Model();
        var random = new Random(3);
        SequencePair[] pairs = [.. Enumerable.Range(0, 60).Select(_ =>
        {
            int[] tokens = [.. Enumerable.Range(0, random.Next(2, 5)).Select(_ => random.Next(5, 9)), 2];
            return new SequencePair(tokens, tokens);
        })];
        var set = new SequencePairBatches(model, pairs, new SequencePairOptions { TokensPerBatch = 60, LabelSmoothing = 0.1f });
        double whole = set.Evaluate(Device.Cpu).Loss;
        double alone = pairs.Sum(pair => new SequencePairBatches(model, [pair]).Evaluate(Device.Cpu).Loss * pair.Target.Length) / set.TargetTokens;
        Assert.Equal(alone, whole, 1e-4);
        var groups = new ParameterGroups(model);
        groups.Rates(head: 1e-2);
        using var optimiser = Optimiser.AdamW(groups, beta2: 0.98, weightDecay: 0, clipNorm: 1);
        new Trainer(optimiser, Device.Cpu).Fit(set, epochs: 30);
        Assert.True(set.Evaluate(Device.Cpu).Loss < 0.2 * whole);
    }

    [Fact]
    public void What_cannot_be_learnt_is_refused()
    {
        using var model = Model();
        Assert.Contains("no pair", Assert.Throws<ArgumentException>(() => new SequencePairBatches(model, [])).Message, StringComparison.Ordinal);
        Assert.Contains("pair 1 has no token", Assert.Throws<ArgumentException>(() => new SequencePairBatches(model, [Pair(1, 1), Pair(1, 0)])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => new SequencePairBatches(model, [Pair(1, 1)], new SequencePairOptions { TokensPerBatch = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new SequencePairBatches(model, [Pair(1, 1)], new SequencePairOptions { LabelSmoothing = 1 }));
    }

    [Fact]
    public void Infilling_masks_the_share_in_spans_and_keeps_the_rest_in_order()
    {
        int[] text = Letters.Encode(new string('a', 40)).Ids;
        Assert.Equal(2, text[^1]);
        var infilling = new TextInfilling(Letters, seed: 5);
        int mask = Letters.MaskId!.Value, body = text.Length - 1, masks = 0;
        for (int epoch = 0; epoch < 200; epoch++)
        {
            int[] corrupted = infilling.Corrupt(text, 7, epoch);
            Assert.Equal(corrupted, infilling.Corrupt(text, 7, epoch));
            Assert.Equal(2, corrupted[^1]);
            Assert.Equal(body - (int)Math.Round(0.3 * body), corrupted.Count(token => token != mask) - 1);
            masks += corrupted.Count(token => token == mask);
        }
        // spans have three tokens in the mean, and one of twenty is of none
        Assert.InRange(masks / 200.0, 0.3 * body / 3, 0.3 * body / 3 + 2.5);
        Assert.NotEqual(infilling.Corrupt(text, 7, 0), infilling.Corrupt(text, 8, 0));
        Assert.Equal([2], infilling.Corrupt([2], 0, 0));
        int[] distinct = [5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 2];
        int[] kept = [.. infilling.Corrupt(distinct, 1, 1).Where(token => token != mask)];
        Assert.Equal(kept, kept.Order().OrderBy(static token => token == 2));
    }

    [Fact]
    public void A_tokeniser_without_a_mask_masks_nothing()
    {
        var tokeniser = BpeTrainer.Train(["ab"], new BpeTrainerOptions { Size = 260, SpecialTokens = ["</s>"] }).ToTokeniser();
        Assert.Contains("no mask", Assert.Throws<ArgumentException>(() => new TextInfilling(tokeniser, 0)).Message, StringComparison.Ordinal);
    }

    private static SequencePair Pair(int source, int target) => new([.. Enumerable.Repeat(5, source)], [.. Enumerable.Repeat(6, target)]);

    private static EncoderDecoderModel Model() =>
        (EncoderDecoderModel)PretrainedModel.Create(JsonFile.Parse(System.Text.Encoding.UTF8.GetBytes(Config), "config.json"), TextHead.SequenceToSequence, seed: 2);
}
