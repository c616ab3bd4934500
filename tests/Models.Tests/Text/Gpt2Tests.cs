using System.Text;
using Graft.Autograd;
using Graft.Tensors;
using Graft.Testing;

namespace Graft.Models.Tests;

/// <summary>GPT-2 beside PyTorch's numbers of published weights, and what it takes for its own files.</summary>
public sealed class Gpt2Tests : IDisposable
{
    private const string Small = """
        {"architectures": ["GPT2LMHeadModel"], "vocab_size": 20, "n_embd": 16, "n_layer": 2, "n_head": 2, "n_positions": 12}
        """;

    private readonly TemporaryFolder folder = new();
    private readonly CpuDevice device = new(2);

    public void Dispose()
    {
        device.Dispose();
        folder.Dispose();
    }

    [Fact]
    public void Published_weights_give_PyTorchs_logits_and_losses()
    {
        string published = RealData.Require("gpt2-smiles");
        using var model = PretrainedModel.Open(Path.Combine(published, "model"), withoutDropout: true);
        Assert.Equal((TextHead.CausalLanguageModel, "gpt2", 64), (model.Head, model.ModelType, model.Sizes.PaddingToken));
        using var reference = Checkpoint.Open(Path.Combine(published, "reference.safetensors"));
        for (int molecule = 0; molecule < 4; molecule++)
        {
            int[] ids = [.. reference[$"ids.{molecule}"].ToInt64Array().Select(id => (int)id)];
            using var pass = Pass.Infer(device);
            Close(reference[$"logits.{molecule}"].ToSingleArray(), model.Forward(pass, model.Pad([ids]))["logits"].Value.ToArray());
        }
        int[][] zinc = Read(published, "zinc-16.txt");
        Assert.Equal(702, zinc.Sum(ids => ids.Length - 1));
        Assert.Equal(0.6738807699958823, Loss(model, zinc), 1e-5);
        Assert.Equal(1.3382134438606044, Loss(model, Read(published, "pubchemqc-heldout.txt")), 1e-5);
    }

    [Fact]
    public void Files_of_every_age_are_read()
    {
        using var model = Make(Small);
        model.Save(Path.Combine(folder.Path, "own.safetensors"));
        var entries = model.Parameters().Select(parameter => TensorEntry.From(parameter.Name["transformer.".Length..], parameter.Value))
            .Append(TensorEntry.From("h.0.attn.bias", [1, 1, 12, 12], new float[144])).Append(TensorEntry.From("h.1.attn.masked_bias", [], new[] { -1e4f })).ToList();
        SafetensorsWriter.Write(Path.Combine(folder.Path, "bare.safetensors"), entries);
        SafetensorsWriter.Write(
            Path.Combine(folder.Path, "tied.safetensors"),
            model.Parameters().Select(parameter => TensorEntry.From(parameter.Name, parameter.Value))
                .Append(TensorEntry.From("lm_head.weight", model.Parameters().First().Value)));
        foreach (string file in (string[])["own", "bare", "tied"])
        {
            using var other = Make(Small, seed: 7);
            using var checkpoint = Checkpoint.Open(Path.Combine(folder.Path, file + ".safetensors"));
            other.Load(checkpoint);
            Assert.Equal(Logits(model), Logits(other));
            using var bare = Make(Small.Replace("LMHead", "", StringComparison.Ordinal), seed: 8);
            Assert.Equal("GPT2Model", bare.Name);
            bare.Load(checkpoint);
            Assert.Equal(model.Parameters().Select(parameter => parameter.Name), bare.Parameters().Select(parameter => "transformer." + parameter.Name));
        }
    }

    [Fact]
    public void No_word_sees_one_that_comes_later_or_padding()
    {
        using var model = Make(Small);
        float[] alone = Logits(model, [3, 5, 7]), longer = Logits(model, [3, 5, 7, 9, 2]);
        Close(alone, longer[..alone.Length]);
        using var pass = Pass.Infer(device);
        var padded = model.Forward(pass, TextBatch.Pad([[3, 5, 7], [3, 5, 7, 9, 2]], paddingToken: 0, side: PaddingSide.Left))["logits"].Value.ToArray();
        Close(alone, padded[(2 * 20)..(5 * 20)]);
    }

    [Fact]
    public void The_head_may_have_weights_of_its_own()
    {
        using var model = Make(Small.Replace("{", "{\"tie_word_embeddings\": false, ", StringComparison.Ordinal));
        Assert.Contains(model.Parameters(), parameter => parameter.Name == "lm_head.weight");
        Assert.Equal("lm_head.weight", model.Parameters().Last().Name);
    }

    [Theory]
    [InlineData("\"n_head\": 2", "\"n_head\": 3", "n_head")]
    [InlineData("\"n_head\": 2", "\"n_head\": 2, \"scale_attn_by_inverse_layer_idx\": true", "scale_attn_by_inverse_layer_idx")]
    [InlineData("GPT2LMHeadModel", "GPT2DoubleHeadsModel", "GPT2DoubleHeadsModel")]
    public void What_is_not_built_is_named(string part, string instead, string said) =>
        Assert.Contains(said, Assert.Throws<CheckpointException>(() => Make(Small.Replace(part, instead, StringComparison.Ordinal))).Message, StringComparison.Ordinal);

    private static TextModel Make(string config, ulong seed = 1) => PretrainedModel.Create(JsonFile.Parse(Encoding.UTF8.GetBytes(config), "config.json"), seed);

    private static void Close(float[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++) Assert.True(Math.Abs(expected[i] - actual[i]) <= 1e-5 * (1 + Math.Abs(expected[i])), $"[{i}] is {actual[i]}, not {expected[i]}");
    }

    private float[] Logits(TextModel model) => Logits(model, [3, 5, 7, 9]);

    private float[] Logits(TextModel model, int[] ids)
    {
        using var pass = Pass.Infer(device);
        return model.Forward(pass, model.Pad([ids]))["logits"].Value.ToArray();
    }

    /// <summary>The mean loss of a token, each text between the first and the last word.</summary>
    private double Loss(TextModel model, int[][] texts)
    {
        double sum = 0;
        int count = 0;
        foreach (var chunk in texts.Chunk(32))
        {
            var batch = model.Pad(chunk);
            int[] labels = [.. batch.TokenIds.Select((id, at) => batch.AttentionMask is null || batch.AttentionMask[at] == 1 ? id : TextTargets.Ignored)];
            using var pass = Pass.Infer(device);
            var targets = new TextTargets { Labels = labels };
            float loss = model.Loss(pass, batch, targets).Value.ToArray()[0];
            Assert.Equal(loss, model.Loss(model.Forward(pass, batch), targets).Value.ToArray()[0], 1e-5f);
            int tokens = chunk.Sum(ids => ids.Length - 1);
            sum += (double)loss * tokens;
            count += tokens;
        }
        return sum / count;
    }

    /// <summary>Molecules as words: an atom in brackets, Br, Cl or one letter.</summary>
    private static int[][] Read(string published, string name)
    {
        var vocabulary = JsonFile.Read(Path.Combine(published, "model", "tokenizer.json")).Object("model")!.Value.Object("vocab")!.Value;
        return [.. File.ReadLines(Path.Combine(published, name)).Select(line => line.Trim()).Where(line => line.Length > 0).Select(line =>
            (int[])[13, .. System.Text.RegularExpressions.Regex.Matches(line, @"\[[^\]]+\]|Br|Cl|.").Select(match => vocabulary.Integer(match.Value) ?? 65), 14])];
    }
}
