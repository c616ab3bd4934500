using Graft.Tensors;
using Graft.Testing;

namespace Graft.Models.Tests;

/// <summary>The text models and their heads against Hugging Face's own code: hidden states, attentions, logits, loss, every gradient.</summary>
public sealed class EncoderGoldenTests : IDisposable
{
    private readonly CpuDevice device = new(2);

    public void Dispose() => device.Dispose();

    [Theory]
    [InlineData("bert-model", "BertModel", 39)]
    [InlineData("bert-seqcls", "BertForSequenceClassification", 41)]
    [InlineData("bert-qa", "BertForQuestionAnswering", 39)]
    [InlineData("bert-tokencls", "BertForTokenClassification", 39)]
    [InlineData("bert-mlm", "BertForMaskedLM", 42)]
    [InlineData("distilbert-seqcls", "DistilBertForSequenceClassification", 40)]
    [InlineData("roberta-seqcls", "RobertaForSequenceClassification", 41)]
    [InlineData("albert-seqcls", "AlbertForSequenceClassification", 27)]
    [InlineData("electra-seqcls", "ElectraForSequenceClassification", 43)]
    [InlineData("mpnet-model", "MPNetModel", 39)]
    [InlineData("gpt2-lm", "GPT2LMHeadModel", 28)]
    public void Outputs_loss_and_gradients_are_Hugging_Faces(string golden, string architecture, int gradients)
    {
        string folder = RealData.Require($"hf-goldens/{golden}");
        var report = ReferenceCheck.Run(folder, Path.Combine(folder, "reference.safetensors"), device);

        string figures = string.Join("; ", report.Kinds.Select(kind => $"{kind.Kind} {kind.Largest:g2} at {kind.At}"));
        TestContext.Current.TestOutputHelper?.WriteLine($"{golden}: {figures}");
        Assert.True(report.IsWithin(1e-5, 1e-4), figures);
        Assert.Equal(architecture, report.Architecture);
        Assert.Equal(gradients, report.Kinds.Single(kind => kind.IsGradient).Tensors);
        Assert.Contains(report.Kinds, kind => kind.Kind == "loss");
        Assert.Equal(golden == "albert-seqcls" ? 4 : 3, report.Kinds.Single(kind => kind.Kind == "hidden_states").Tensors);
    }
}
