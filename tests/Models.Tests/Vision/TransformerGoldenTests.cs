using System.Text.Json;
using Graft.Autograd;
using Graft.Tensors;
using Graft.Testing;

namespace Graft.Models.Tests;

/// <summary>ConvNeXt, ViT and Swin against torchvision 0.14 in double precision: logits, loss and every gradient of a step, with weights that a
/// formula gives (<c>Golden/transformers.py</c>).</summary>
public sealed class TransformerGoldenTests : IDisposable
{
    private const double Tolerance = 5e-5;

    private readonly CpuDevice device = new(2);

    public void Dispose() => device.Dispose();

    [Theory]
    [InlineData("convnext_tiny")]
    [InlineData("vit_b_16")]
    [InlineData("swin_t")]
    public void Logits_loss_and_gradients_are_torchvisions(string name)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(RealData.Repository, "tests/Models.Tests/Vision/Golden/transformers.json")));
        var golden = document.RootElement.GetProperty(name);
        using var model = Model(name);
        GoldenWeights.Fill(model);
        Assert.Equal(golden.GetProperty("keys").GetString(), GoldenWeights.HashOfKeys(model));
        Assert.Equal(golden.GetProperty("parameters").GetInt64(), model.Parameters().Sum(parameter => parameter.Shape.ElementCount));

        int size = golden.GetProperty("size").GetInt32();
        using var images = Tensor.From<float>([2, 3, size, size], GoldenWeights.Images(name, 2, size), device);
        double[] logits = [.. golden.GetProperty("logits").EnumerateArray().Select(number => number.GetDouble())];
        double largest = logits.Max(Math.Abs);
        using (var evaluation = Pass.Infer(device)) Compare(model.Forward(evaluation.Constant(images)));
        using var pass = Pass.Train(device, seed: 1);
        var outputs = model.Forward(pass.Constant(images));
        Compare(outputs);
        var loss = outputs.CrossEntropy(GoldenWeights.Labels(2));
        Assert.Equal(golden.GetProperty("loss").GetDouble(), loss.Value.ToArray()[0], Tolerance);

        var gradients = pass.Backward(loss);
        var expected = golden.GetProperty("gradients").EnumerateObject().ToDictionary(
            member => member.Name, member => member.Value.EnumerateArray().Select(number => number.GetDouble()).ToArray());
        // what is zero but for rounding (attention's key bias) is measured against the others
        double smallest = 1e-6 * expected.Values.Max(numbers => numbers[1]);
        double worst = 0;
        foreach (var parameter in model.Parameters())
        {
            Assert.True(expected.Remove(parameter.Name, out double[]? summary), parameter.Name);
            double[] actual = GoldenWeights.Summary(parameter.Name, gradients.Of(parameter)!.ToArray());
            double norm = Math.Max(summary[0], smallest), entry = Math.Max(summary[1], smallest);
            double[] scales = [norm, entry, 4 * norm, 4 * norm, entry, entry];
            for (int i = 0; i < summary.Length; i++)
            {
                double apart = Math.Abs(actual[i] - summary[i]) / scales[i];
                worst = Math.Max(worst, apart);
                Assert.True(apart <= Tolerance, $"{parameter.Name}: number {i} is {actual[i]}, not {summary[i]}");
            }
        }
        Assert.Empty(expected);
        TestContext.Current.TestOutputHelper?.WriteLine($"{name}: largest difference of a gradient's summary {worst:g2}");

        void Compare(Variable answer)
        {
            float[] actual = answer.Value.ToArray();
            for (int i = 0; i < logits.Length; i++) Assert.Equal(logits[i], actual[i], Tolerance * largest);
        }
    }

    private static ImageModel Model(string name) => name switch
    {
        "convnext_tiny" => new ConvNeXt(name, new() { Classes = 10 }, ConvNeXtKeys.Torchvision),
        "swin_t" => new SwinTransformer(name, new() { Classes = 10 }, SwinKeys.Torchvision),
        _ => new VisionTransformer(name, new() { Image = new(48, 48), Layers = 2, Classes = 10 }, VisionTransformerStyle.Torchvision(16)),
    };
}
