using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Models.Tests;

public sealed class BertTests : IDisposable
{
    private static readonly int[] Classes = [0, 2, 1];

    private readonly CpuDevice device = new(2);

    public void Dispose() => device.Dispose();

    [Fact]
    public void Sequences_say_the_same_alone_and_filled_up()
    {
        var model = new EncoderForTokenClassification(Berts.Small) { Seed = 3 };
        float[] together = Berts.Logits(model, device);
        int length = Berts.Padded.Length;
        for (int row = 0; row < Berts.Sequences.Length; row++)
        {
            float[] alone = Berts.Logits(model, device, Berts.Alone(row));
            double difference = Berts.LargestDifference(together.AsSpan(row * length * 3, alone.Length), alone);
            Assert.True(difference <= 1e-6, $"sequence {row}: {difference}");
        }
    }

    [Fact]
    public void Sequences_teach_the_same_alone_and_filled_up()
    {
        var model = new EncoderForSequenceClassification(Berts.Small.WithoutDropout()) { Seed = 4 };
        using var together = Gradients(Berts.Padded, Classes);
        using var apart = new Gradients();
        for (int row = 0; row < 3; row++) Gradients(Berts.Alone(row), [Classes[row]], apart);
        foreach (var parameter in model.Parameters())
        {
            float[] expected = [.. apart.Of(parameter)!.ToArray().Select(sum => sum / 3)];
            double difference = Berts.LargestDifference(together.Of(parameter)!.ToArray(), expected);
            Assert.True(difference <= 1e-6 + 1e-5 * expected.Max(Math.Abs), $"{parameter.Name}: {difference}");
        }

        Gradients Gradients(TextBatch batch, int[] labels, Gradients? into = null)
        {
            into ??= new Gradients();
            using var pass = Pass.Train(device);
            pass.Backward(model.Loss(model.Forward(pass, batch), new TextTargets { Labels = labels }), into);
            return into;
        }
    }

    [Fact]
    public void What_stands_in_the_filled_places_is_seen_by_nobody()
    {
        var model = new EncoderForTokenClassification(Berts.Small) { Seed = 3 };
        var batch = Berts.Padded;
        int[] other = [.. batch.TokenIds.Zip(batch.AttentionMask!, (id, mask) => mask == 1 ? id : 17)];
        float[] before = Berts.Logits(model, device), after = Berts.Logits(model, device, new TextBatch(3, batch.Length, other, batch.TokenTypes, batch.AttentionMask));
        for (int place = 0; place < batch.TokenIds.Length; place++)
            if (batch.AttentionMask![place] == 1) Assert.Equal(before.AsSpan(place * 3, 3), after.AsSpan(place * 3, 3));
    }

    [Fact]
    public void Sequences_may_be_filled_up_in_front_where_the_positions_say_so()
    {
        var model = new EncoderForTokenClassification(Berts.Small) { Seed = 3 };
        var behind = Berts.Padded;
        int length = behind.Length;
        int[] ids = new int[3 * length], types = new int[ids.Length], mask = new int[ids.Length], positions = new int[ids.Length];
        for (int row = 0; row < 3; row++)
        {
            int count = Berts.Sequences[row].Length, filled = length - count;
            for (int place = 0; place < count; place++)
            {
                int from = row * length + place, to = from + filled;
                (ids[to], types[to], mask[to], positions[to]) = (behind.TokenIds[from], behind.TokenTypes![from], 1, place);
            }
        }
        float[] expected = Berts.Logits(model, device), actual = Berts.Logits(model, device, new TextBatch(3, length, ids, types, mask, positions));
        for (int row = 0; row < 3; row++)
        {
            int numbers = Berts.Sequences[row].Length * 3;
            double difference = Berts.LargestDifference(actual.AsSpan((row + 1) * length * 3 - numbers, numbers), expected.AsSpan(row * length * 3, numbers));
            Assert.True(difference <= 1e-6, $"sequence {row}: {difference}");
        }
    }

    [Fact]
    public void A_frozen_stage_leaves_nothing_on_the_tape()
    {
        Assert.Equal(["embeddings", "layer0", "layer1", "head"], Make().Stages.Select(stage => stage.Name));
        int all = Tape(0), withoutEmbeddings = Tape(1), oneLayer = Tape(2), head = Tape(3);
        Assert.True(all > withoutEmbeddings);
        Assert.True(withoutEmbeddings - oneLayer > 10);
        // the way from rows to sequences and the pooler's cut of the first place are on the tape only where something below learns
        Assert.Equal(withoutEmbeddings - oneLayer, oneLayer - (head + 3));
        Assert.Equal(3, head);      // pooler, tanh, classifier

        int Tape(int frozenStages)
        {
            var model = Make();
            foreach (var module in model.Stages.Take(frozenStages).SelectMany(stage => stage.Modules)) module.Freeze();
            using var pass = Pass.Train(device);
            var outputs = model.Forward(pass, Berts.Padded);
            int length = pass.TapeLength;
            var gradients = pass.Backward(model.Loss(outputs, new TextTargets { Labels = Classes }));
            foreach (var (stage, number) in model.Stages.Select((stage, number) => (stage, number)))
                foreach (var parameter in stage.Modules.SelectMany(module => module.Parameters()))
                    Assert.Equal(number < frozenStages, gradients.Of(parameter) is null);
            return length;
        }

        static EncoderForSequenceClassification Make() => new(Berts.Small.WithoutDropout());
    }

    [Fact]
    public void Dropout_follows_the_seed_and_stays_out_of_inference()
    {
        var model = new EncoderForSequenceClassification(Berts.Small) { Seed = 5 };
        var plain = new EncoderForSequenceClassification(Berts.Small.WithoutDropout()) { Seed = 5 };
        float first = Loss(model, 1);
        Assert.Equal(first, Loss(model, 1));
        Assert.NotEqual(first, Loss(model, 2));
        Assert.Equal(Loss(plain, 1), Loss(plain, 2));
        Assert.NotEqual(first, Loss(plain, 1));
        Assert.Equal(Berts.Logits(plain, device), Berts.Logits(model, device));

        float Loss(EncoderForSequenceClassification one, ulong seed)
        {
            using var pass = Pass.Train(device, seed);
            return Berts.Loss(one, pass, new TextTargets { Labels = Classes });
        }
    }

    [Fact]
    public void Positions_may_be_given()
    {
        var model = new EncoderForSequenceClassification(Berts.Small);
        var batch = Berts.Padded;
        int[] counted = [.. Enumerable.Range(0, batch.TokenIds.Length).Select(place => place % batch.Length)];
        float[] plain = Berts.Logits(model, device);
        Assert.Equal(plain, Berts.Logits(model, device, With(counted)));
        Assert.NotEqual(plain, Berts.Logits(model, device, With([.. counted.Select(place => place + 1)])));

        TextBatch With(int[] positions) => new(batch.Sequences, batch.Length, batch.TokenIds, batch.TokenTypes, batch.AttentionMask, positions);
    }

    [Fact]
    public void What_lies_outside_the_tables_is_named()
    {
        var model = new EncoderForSequenceClassification(Berts.Small);
        Refused("the id 30 is none of the 30 in the table", new TextBatch(1, 2, [2, 30]));
        Refused("bert.embeddings.word_embeddings", new TextBatch(1, 2, [2, -1]));
        Refused("bert.embeddings.token_type_embeddings", new TextBatch(1, 2, [2, 3], [0, 2]));
        Refused("bert.embeddings.position_embeddings", new TextBatch(1, 2, [2, 3], positions: [0, 12]));
        Refused("13 tokens are more than the 12 positions", new TextBatch(1, 13, new int[13]));

        void Refused(string reason, TextBatch batch) =>
            Assert.Contains(reason, Assert.Throws<ArgumentException>(() => Berts.Logits(model, device, batch)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_batch_has_to_be_whole()
    {
        Refused("token ids: 3 numbers are not the 2 x 2", () => new TextBatch(2, 2, [1, 2, 3]));
        Refused("token types: 1 numbers", () => new TextBatch(1, 2, [1, 2], [0]));
        Refused("has 2 at [0, 1]", () => new TextBatch(1, 2, [1, 2], attentionMask: [1, 2]));
        Refused("at least one token", () => TextBatch.Pad([[]], 0));
        Refused("leaves sequence 1 no token", () => TextBatch.Pad([[1, 2], []], 0));
        Refused("as many as the tokens", () => TextBatch.Pad([[1, 2]], 0, [[0]]));
        Assert.Null(new TextBatch(1, 2, [1, 2], attentionMask: [1, 1]).AttentionMask);

        static void Refused(string reason, Func<TextBatch> make) =>
            Assert.Contains(reason, Assert.ThrowsAny<ArgumentException>(make).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Published_sizes_have_their_published_numbers_of_parameters()
    {
        Assert.Equal(109_483_778, Count(EncoderConfig.Base));
        Assert.Equal(22_713_216 + 2 * 384 + 2, Count(EncoderConfig.MiniLm));

        static long Count(EncoderConfig config) =>
            new EncoderForSequenceClassification(config).Parameters().Sum(parameter => parameter.Shape.ElementCount);
    }

    [Fact]
    public void First_numbers_are_those_of_the_config()
    {
        var model = new EncoderForSequenceClassification(Berts.Small);
        var numbers = model.Parameters().ToDictionary(parameter => parameter.Name, parameter => parameter.Value.ToArray());
        float[] words = numbers["bert.embeddings.word_embeddings.weight"];
        Assert.All(words[..16], number => Assert.Equal(0f, number));
        Assert.Equal(0.2, Math.Sqrt(words[16..].Average(number => (double)number * number)), 0.02);
        Assert.All(numbers["bert.encoder.layer.0.attention.self.query.bias"], number => Assert.Equal(0f, number));
        Assert.All(numbers["bert.embeddings.LayerNorm.weight"], number => Assert.Equal(1f, number));
    }
}
