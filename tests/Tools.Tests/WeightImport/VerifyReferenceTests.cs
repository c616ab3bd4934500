using System.Text.Json;
using Graft.Testing;

namespace Graft.Tools.Tests;

public sealed class VerifyReferenceTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("graft-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void A_model_that_computes_what_the_reference_did_passes()
    {
        var run = CommandLine.Run("verify", Golden("bert-qa"), "--reference", Reference("bert-qa"), "--json");
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        using var document = JsonDocument.Parse(run.Output);
        var root = document.RootElement;
        Assert.Equal("BertForQuestionAnswering", root.GetProperty("architecture").GetString());
        Assert.True(root.GetProperty("within").GetBoolean());
        Assert.Equal((1e-5, 1e-4), (root.GetProperty("tolerance").GetDouble(), root.GetProperty("gradientTolerance").GetDouble()));
        var kinds = root.GetProperty("kinds").EnumerateArray().ToDictionary(kind => kind.GetProperty("kind").GetString()!);
        Assert.Equal(["attentions", "end_logits", "gradients", "hidden_states", "loss", "start_logits"], kinds.Keys.Order());
        Assert.All(kinds.Values, kind => Assert.InRange(kind.GetProperty("largestDifference").GetDouble(), 0, 1e-5));
        Assert.Equal((39, 4), (kinds["gradients"].GetProperty("tensors").GetInt32(), kinds["gradients"].GetProperty("vanishing").GetInt32()));
        Assert.StartsWith("grad.bert.", kinds["gradients"].GetProperty("at").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("resnet-imgcls", "train.gradients")]
    [InlineData("vit-imgcls", "attentions")]
    [InlineData("deit-imgcls", "attentions")]
    [InlineData("swin-imgcls", "reshaped_hidden_states")]
    [InlineData("convnext-imgcls", "gradients")]
    public void Image_models_are_verified_too(string golden, string kind)
    {
        var run = CommandLine.Run("verify", Golden(golden), "--reference", Reference(golden));
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Contains(kind, run.Output, StringComparison.Ordinal);
        Assert.Contains("all within tolerance", run.Output, StringComparison.Ordinal);
        CommandLine.Run("verify", Golden(golden), "--reference", Reference("bert-qa")).AssertFailed(2, "which ");
    }

    [Theory]
    [InlineData("distilbert-seqcls", "DistilBertForSequenceClassification")]
    [InlineData("roberta-seqcls", "RobertaForSequenceClassification")]
    [InlineData("albert-seqcls", "AlbertForSequenceClassification")]
    [InlineData("electra-seqcls", "ElectraForSequenceClassification")]
    [InlineData("mpnet-model", "MPNetModel")]
    [InlineData("gpt2-lm", "GPT2LMHeadModel")]
    [InlineData("llama-lm", "LlamaForCausalLM")]
    [InlineData("t5-s2s", "T5ForConditionalGeneration")]
    [InlineData("bart-s2s", "BartForConditionalGeneration")]
    [InlineData("marian-mt", "MarianMTModel")]
    [InlineData("wav2vec2-ctc", "Wav2Vec2ForCTC")]
    [InlineData("whisper-s2s", "WhisperForConditionalGeneration")]
    public void Every_family_of_text_and_speech_models_is_verified(string golden, string architecture)
    {
        var run = CommandLine.Run("verify", Golden(golden), "--reference", Reference(golden));
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Contains($"{architecture}: all within tolerance", run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("peft-lora-bert", "merged.weights", 6)]
    [InlineData("peft-ia3-bert", "merged.weights", 0)]
    [InlineData("peft-lora-gpt2", "merged.weights", 2)]
    public void Adapters_are_verified_on_their_base(string golden, string kind, int merged)
    {
        string folder = Golden(golden);
        var run = CommandLine.Run(
            "verify", Path.Combine(folder, "base"), "--adapter", Path.Combine(folder, "adapter"), "--reference", Path.Combine(folder, "reference.safetensors"), "--json");
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        using var document = JsonDocument.Parse(run.Output);
        var kinds = document.RootElement.GetProperty("kinds").EnumerateArray().ToDictionary(row => row.GetProperty("kind").GetString()!, row => row.GetProperty("tensors").GetInt32());
        foreach (string expected in (string[])["logits", "disabled.logits", "base.logits", "base.loss", "merged.logits", "loss", "gradients", kind]) Assert.Contains(expected, kinds.Keys);
        if (merged > 0) Assert.Equal(merged, kinds[kind]);
        CommandLine.Run("verify", Path.Combine(folder, "base"), "--adapter", Path.Combine(folder, "nowhere"), "--reference", Reference("bert-qa")).AssertFailed(2, "nowhere");
        CommandLine.Run("verify", Path.Combine(folder, "base"), "--adapter", Path.Combine(folder, "adapter")).AssertFailed(2, "--reference");
    }

    [Fact]
    public void The_table_names_each_kind_and_its_worst_tensor()
    {
        var run = CommandLine.Run("verify", Golden("bert-mlm"), "--reference", Reference("bert-mlm"));
        Assert.Equal(0, run.ExitCode);
        foreach (string word in (string[])["hidden_states", "logits", "loss", "gradients", "output.logits", "BertForMaskedLM: all within tolerance"])
            Assert.Contains(word, run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_difference_beyond_the_tolerance_fails_and_is_shown()
    {
        string reference = Altered(key => key == "output.logits", numbers => numbers[1] *= 1.001f);
        var run = CommandLine.Run("verify", Golden("bert-seqcls"), "--reference", reference, "--json");
        Assert.Equal(1, run.ExitCode);
        using var document = JsonDocument.Parse(run.Output);
        Assert.False(document.RootElement.GetProperty("within").GetBoolean());
        foreach (var kind in document.RootElement.GetProperty("kinds").EnumerateArray())
            Assert.Equal(kind.GetProperty("kind").GetString() != "logits", kind.GetProperty("within").GetBoolean());

        Assert.Equal(0, CommandLine.Run("verify", Golden("bert-seqcls"), "--reference", reference, "--tolerance", "0.01").ExitCode);
        Assert.Contains("beyond tolerance", CommandLine.Run("verify", Golden("bert-seqcls"), "--reference", reference).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Gradients_have_a_tolerance_of_their_own()
    {
        string reference = Altered(key => key == "grad.classifier.bias", numbers => numbers[0] *= 1.001f);
        Assert.Equal(1, CommandLine.Run("verify", Golden("bert-seqcls"), "--reference", reference).ExitCode);
        Assert.Equal(1, CommandLine.Run("verify", Golden("bert-seqcls"), "--reference", reference, "--tolerance", "0.01").ExitCode);
        Assert.Equal(0, CommandLine.Run("verify", Golden("bert-seqcls"), "--reference", reference, "--gradient-tolerance", "0.01").ExitCode);
    }

    [Fact]
    public void A_number_that_is_none_fails()
    {
        string reference = Altered(key => key == "loss", numbers => numbers[0] = float.NaN);
        var run = CommandLine.Run("verify", Golden("bert-seqcls"), "--reference", reference, "--json", "--tolerance", "1000");
        Assert.Equal(1, run.ExitCode);
        using var document = JsonDocument.Parse(run.Output);
        Assert.Contains(document.RootElement.GetProperty("kinds").EnumerateArray(), kind => kind.GetProperty("largestDifference").ValueKind == JsonValueKind.Null);
    }

    [Fact]
    public void An_architecture_that_is_not_built_is_not_understood()
    {
        string config = File.ReadAllText(Path.Combine(Golden("gpt2-lm"), "config.json"));
        File.WriteAllText(Path.Combine(folder, "config.json"), config.Replace("GPT2LMHeadModel", "GPT2DoubleHeadsModel", StringComparison.Ordinal));
        File.Copy(Path.Combine(Golden("gpt2-lm"), "model.safetensors"), Path.Combine(folder, "model.safetensors"));
        CommandLine.Run("verify", folder, "--reference", Reference("gpt2-lm")).AssertFailed(2, "GPT2DoubleHeadsModel");
    }

    [Fact]
    public void Files_that_are_not_understood_are_named()
    {
        string bert = Golden("bert-seqcls"), reference = Reference("bert-seqcls");
        CommandLine.Run("verify", folder, "--reference", reference).AssertFailed(2, "config.json");
        CommandLine.Run("verify", Path.Combine(bert, "model.safetensors"), "--reference", reference).AssertFailed(2, "give the folder");
        CommandLine.Run("verify", bert, "--reference", Path.Combine(folder, "none")).AssertFailed(2, "no such file");
        CommandLine.Run("verify", bert, "--reference", Path.Combine(bert, "config.json")).AssertFailed(2, "config.json");
        CommandLine.Run("verify", bert, "--reference", Path.Combine(bert, "model.safetensors")).AssertFailed(2, "no 'input.input_ids'");
        CommandLine.Run("verify", bert, "--reference", Reference("bert-qa")).AssertFailed(2, "which BertForSequenceClassification does not give");
        CommandLine.Run("verify", bert, "--reference", Without("input.labels")).AssertFailed(2, "learns from class numbers");
        CommandLine.Run("verify", bert, "--reference", Without("loss")).AssertFailed(2, "no 'loss'");
    }

    [Fact]
    public void Options_that_do_not_go_together_are_refused()
    {
        string bert = Golden("bert-seqcls"), reference = Reference("bert-seqcls");
        CommandLine.Run("verify", bert, "--reference", reference, "--architecture", "resnet18").AssertFailed(2, "exclude one another");
        CommandLine.Run("verify", bert, "--reference", reference, "--tolerance", "-1").AssertFailed(2, "--tolerance");
        CommandLine.Run("verify", bert, "--architecture", "resnet18", "--tolerance", "1").AssertFailed(2, "go with --reference");
    }

    private static string Golden(string name) => RealData.Require($"hf-goldens/{name}");

    private static string Reference(string name) => Path.Combine(Golden(name), "reference.safetensors");

    private string Without(string key)
    {
        using var reference = Checkpoint.Open(Reference("bert-seqcls"));
        string file = Path.Combine(folder, "without.safetensors");
        SafetensorsWriter.Write(file, reference.Tensors.Where(tensor => tensor.Key != key).Select(TensorEntry.From));
        return file;
    }

    private string Altered(Func<string, bool> which, Action<float[]> change)
    {
        using var reference = Checkpoint.Open(Reference("bert-seqcls"));
        string file = Path.Combine(folder, "altered.safetensors");
        SafetensorsWriter.Write(file, reference.Tensors.Select(tensor =>
        {
            if (!which(tensor.Key)) return TensorEntry.From(tensor);
            float[] numbers = tensor.ToSingleArray();
            change(numbers);
            return TensorEntry.From(tensor.Key, tensor.Shape, numbers);
        }));
        return file;
    }
}
