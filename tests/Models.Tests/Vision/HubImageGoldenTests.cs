using Graft.Tensors;
using Graft.Testing;

namespace Graft.Models.Tests;

/// <summary>Hugging Face's image classifiers against Hugging Face's own code: hidden states, attentions, logits, loss, every gradient.</summary>
public sealed class HubImageGoldenTests : IDisposable
{
    private readonly CpuDevice device = new(2);

    public void Dispose() => device.Dispose();

    [Theory]
    [InlineData("resnet-imgcls", "ResNetForImageClassification")]
    [InlineData("convnext-imgcls", "ConvNextForImageClassification")]
    [InlineData("vit-imgcls", "ViTForImageClassification")]
    [InlineData("deit-imgcls", "DeiTForImageClassification")]
    [InlineData("swin-imgcls", "SwinForImageClassification")]
    public void Outputs_loss_and_gradients_are_Hugging_Faces(string golden, string architecture)
    {
        string folder = RealData.Require($"hf-goldens/{golden}");
        string path = Path.Combine(folder, "reference.safetensors");
        var report = ReferenceCheck.Run(folder, path, device);

        string figures = string.Join("; ", report.Kinds.Select(kind => $"{kind.Kind} {kind.Largest:g2} at {kind.At}"));
        TestContext.Current.TestOutputHelper?.WriteLine($"{golden}: {figures}");
        Assert.True(report.IsWithin(1e-5, 1e-4), figures);
        Assert.Equal(architecture, report.Architecture);
        using var reference = Checkpoint.Open(path);
        int compared = reference.Tensors.Count(tensor => !tensor.Key.StartsWith("input.", StringComparison.Ordinal));
        Assert.Equal(compared, report.Kinds.Sum(kind => kind.Tensors));
        // a gradient for each parameter
        Assert.Equal(
            PretrainedImageModel.Open(folder).Model.Parameters().Count(), report.Kinds.Single(kind => kind.Kind == "gradients").Tensors);
    }
}
