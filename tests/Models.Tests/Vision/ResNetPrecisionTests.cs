using System.Text.Json;
using Graft.Autograd;
using Graft.Tensors;
using Graft.Testing;

namespace Graft.Models.Tests;

/// <summary>How far log-probabilities of deep networks are from double precision, beside PyTorch's float32 on the same numbers (precision.json, made by precision.py): never more than
/// three times as far.</summary>
public sealed class ResNetPrecisionTests
{
    private const double Most = 3;
    private const int Images = 2, Size = 224, Classes = 100;

    private static readonly string Golden = Path.Combine(RealData.Repository, "tests", "Models.Tests", "Vision", "Golden", "precision.json");

    [Theory]
    [InlineData("resnet50", 0.7)]
    [InlineData("resnet50", 1)]
    [InlineData("resnet101", 0.7)]
    [InlineData("resnet101", 1)]
    public void Log_probabilities_are_as_near_as_PyTorchs(string name, double scale)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(Golden));
        var golden = document.RootElement.EnumerateArray().Single(row => row.GetProperty("name").GetString() == name && row.GetProperty("scale").GetDouble() == scale);
        double[] expected = [.. golden.GetProperty("log_probabilities").EnumerateArray().Select(static number => number.GetDouble())];
        using var device = new CpuDevice(2);
        using var model = ModelRegistry.Create(name, Classes);
        GoldenWeights.Fill(model, scale);
        foreach (var norm in model.Descendants().OfType<BatchNorm2d>()) norm.Policy = BatchNormPolicy.AlwaysRunningStatistics;
        using var pixels = Tensor.From<float>([Images, 3, Size, Size], GoldenWeights.Images("0", Images, Size), device);
        using var pass = Pass.Infer(device);
        float[] found = model.Forward(pass.Constant(pixels)).LogSoftmax().Value.ToArray();
        double error = expected.Zip(found, static (exact, single) => Math.Abs(exact - single)).Max() / expected.Max(Math.Abs), theirs = golden.GetProperty("error").GetDouble();
        Assert.True(error <= Most * theirs, $"{name}, {scale}: {error:g2}, PyTorch {theirs:g2}");
    }
}
