using Graft.Testing;

namespace Graft.Models.Tests;

/// <summary>The files that people have: tied or not, with or without a head, of this year or of 2018.</summary>
public sealed class BertCheckpointTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("bert-model")]
    [InlineData("bert-seqcls")]
    [InlineData("bert-qa")]
    [InlineData("bert-tokencls")]
    [InlineData("bert-mlm")]
    public void Saved_is_what_save_pretrained_writes(string golden)
    {
        string source = RealData.Require($"hf-goldens/{golden}");
        PretrainedModel.Open(source).Save(folder.At("saved.safetensors"), new Dictionary<string, string> { ["format"] = "pt" });
        Assert.Equal(File.ReadAllBytes(Path.Combine(source, "model.safetensors")), File.ReadAllBytes(folder.At("saved.safetensors")));
    }

    [Fact]
    public void Tied_weights_may_be_there_twice_or_only_as_the_decoder()
    {
        var saved = new EncoderForMaskedLM(Berts.Small) { Seed = 1 };
        Assert.DoesNotContain(saved.Tensors(), tensor => tensor.Name.Contains("decoder", StringComparison.Ordinal));
        foreach (bool keepWords in (bool[])[true, false])
        {
            string file = Rewrite(saved, key => key switch
            {
                "bert.embeddings.word_embeddings.weight" => keepWords ? [key, "cls.predictions.decoder.weight"] : ["cls.predictions.decoder.weight"],
                "cls.predictions.bias" => [key, "cls.predictions.decoder.bias"],
                _ => [key],
            });
            var loaded = new EncoderForMaskedLM(Berts.Small);
            Load(loaded, file);
            AssertSame(saved, loaded);
        }
    }

    [Fact]
    public void Untied_the_decoder_is_a_parameter_of_its_own()
    {
        var model = new EncoderForMaskedLM(Berts.Small with { TieWordEmbeddings = false });
        Assert.Contains(model.Tensors(), tensor => tensor.Name == "cls.predictions.decoder.weight");
        string file = folder.At("untied.safetensors");
        model.Save(file);
        Load(new EncoderForMaskedLM(Berts.Small with { TieWordEmbeddings = false }), file);
    }

    [Fact]
    public void Files_of_earlier_years_name_the_norms_otherwise_and_carry_buffers()
    {
        var saved = new EncoderForSequenceClassification(Berts.Small) { Seed = 1 };
        string file = Rewrite(saved, key => key.EndsWith("embeddings.position_embeddings.weight", StringComparison.Ordinal)
            ? [key, "bert.embeddings.position_ids"]
            : [key.Replace("LayerNorm.weight", "LayerNorm.gamma", StringComparison.Ordinal).Replace("LayerNorm.bias", "LayerNorm.beta", StringComparison.Ordinal)]);
        var loaded = new EncoderForSequenceClassification(Berts.Small);
        Load(loaded, file);
        AssertSame(saved, loaded);
    }

    [Fact]
    public void A_bare_encoder_fills_a_model_with_a_head_and_the_other_way_round()
    {
        var bare = new EncoderModel(Berts.Small) { Seed = 1 };
        bare.Save(folder.At("bare.safetensors"));
        var classifier = new EncoderForSequenceClassification(Berts.Small) { Seed = 2 };
        Assert.Contains("classifier.weight", Refused(classifier, folder.At("bare.safetensors")), StringComparison.Ordinal);
        Assert.False(classifier.IsHeadNew);
        var report = Load(classifier, folder.At("bare.safetensors"), replaceHead: true);
        Assert.Equal(["classifier.weight", "classifier.bias"], report.Replaced);
        Assert.True(classifier.IsHeadNew);
        AssertSame(bare, classifier);

        classifier.Save(folder.At("classifier.safetensors"));
        var again = new EncoderModel(Berts.Small) { Seed = 3 };
        Load(again, folder.At("classifier.safetensors"));
        AssertSame(bare, again);
    }

    [Fact]
    public void The_head_of_another_task_is_passed_over_when_the_head_is_replaced()
    {
        var source = new EncoderForMaskedLM(Berts.Small) { Seed = 1 };
        source.Save(folder.At("mlm.safetensors"));
        var tagger = new EncoderForTokenClassification(Berts.Small) { Seed = 2 };
        string problem = Refused(tagger, folder.At("mlm.safetensors"));
        Assert.Contains("cls.predictions.bias", problem, StringComparison.Ordinal);
        Assert.Equal(2, Load(tagger, folder.At("mlm.safetensors"), replaceHead: true).Replaced.Count);
        Assert.Equal(
            source.Tensors().First().Value.ToArray(), tagger.Tensors().First().Value.ToArray());
    }

    [Fact]
    public void What_does_not_fit_is_named_and_nothing_is_changed()
    {
        var saved = new EncoderForSequenceClassification(Berts.Small) { Seed = 1 };
        string file = Rewrite(saved, key => key == "bert.pooler.dense.weight" ? ["bert.pooler.dance.weight"] : [key]);
        var model = new EncoderForSequenceClassification(Berts.Small with { Labels = 5 }) { Seed = 2 };
        float[] before = model.Tensors().First().Value.ToArray();
        string problem = Refused(model, file);
        Assert.Contains("it does not fit BertForSequenceClassification", problem, StringComparison.Ordinal);
        Assert.Contains("bert.pooler.dense.weight (nearest: bert.pooler.dance.weight)", problem, StringComparison.Ordinal);
        Assert.Contains("classifier.weight is [3, 16], not [5, 16]", problem, StringComparison.Ordinal);
        Assert.Equal(before, model.Tensors().First().Value.ToArray());
        Assert.Contains("unexpected: bert.pooler.dance.weight", Refused(model, file, replaceHead: true), StringComparison.Ordinal);
    }

    private string Rewrite(Model model, Func<string, string[]> keys)
    {
        string file = folder.At("rewritten.safetensors");
        SafetensorsWriter.Write(file, model.Tensors().SelectMany(tensor => keys(tensor.Name).Select(key => TensorEntry.From(key, tensor.Value))));
        return file;
    }

    private static LoadReport Load(Model model, string file, bool replaceHead = false)
    {
        using var checkpoint = Checkpoint.Open(file);
        return model.Load(checkpoint, replaceHead);
    }

    private static string Refused(Model model, string file, bool replaceHead = false) =>
        Assert.Throws<CheckpointException>(() => Load(model, file, replaceHead)).Message;

    /// <summary>Every tensor of the first is in the second, whether under <c>bert.</c> or not.</summary>
    private static void AssertSame(Model first, Model second)
    {
        var there = second.Tensors().ToDictionary(tensor => Bare(tensor.Name), tensor => tensor.Value.ToArray());
        foreach (var tensor in first.Tensors()) Assert.Equal(tensor.Value.ToArray(), there[Bare(tensor.Name)]);

        static string Bare(string key) => key.StartsWith("bert.", StringComparison.Ordinal) ? key[5..] : key;
    }
}
