using Graft.Autograd;
using Graft.Models;
using Graft.Tensors;

namespace Graft.Transfer.Tests;

/// <summary>DoRA against its equations in double precision.</summary>
public sealed class DoraTests : IDisposable
{
    private readonly CpuDevice device = new(2);

    public void Dispose() => device.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_linear_layer_is_decomposed(bool isTransposed)
    {
        var layer = new Linear(3, 2, isTransposed: isTransposed);
        using var model = new OneLayer(layer);
        float[] weight = AdapterNumbers.Of(2, 6);
        layer.Weight.Fill(numbers =>
        {
            for (int i = 0; i < 6; i++) numbers[isTransposed ? i % 3 * 2 + i / 3 : i] = weight[i];
        });
        layer.Bias!.Fill(AdapterNumbers.Of(3, 2).CopyTo);
        Compare(model, "dora-linear", [4, 3], [4, 2], 2, alpha: 8, numbers => isTransposed ? [.. Enumerable.Range(0, 6).Select(i => numbers[i % 3 * 2 + i / 3])] : numbers);
    }

    [Fact]
    public void A_convolution_is_decomposed()
    {
        var layer = new Conv2d(2, 3, 3, padding: 1);
        using var model = new OneLayer(layer);
        layer.Weight.Fill(AdapterNumbers.Of(2, 54).CopyTo);
        layer.Bias!.Fill(AdapterNumbers.Of(3, 3).CopyTo);
        Compare(model, "dora-conv", [2, 2, 4, 4], [2, 3, 4, 4], 2, alpha: 4, numbers => numbers);
    }

    [Fact]
    public void Dropped_inputs_are_dropped_for_the_layer_too()
    {
        var layer = new Linear(3, 2);
        using var model = new OneLayer(layer);
        var config = new LoraConfig { TargetModules = AdapterTargets.Named("layer"), Rank = 2, Alpha = 2, IsWeightDecomposed = true, Dropout = 0.5 };
        Adapters.Attach(model, config);
        using var numbers = Tensor.From<float>([4, 3], AdapterNumbers.Of(1, 12), device);
        float[] before = Output(model, numbers);
        // the lengths are the weight's own, so that dropping changes nothing until they have learnt
        using var pass = Pass.Train(device, seed: 3);
        float[] dropped = model.Forward(pass.Constant(numbers)).Value.ToArray();
        for (int i = 0; i < before.Length; i++) Assert.Equal(before[i], dropped[i], 1e-5f);
    }

    private void Compare(OneLayer model, string name, Shape inputs, Shape outputs, int rank, double alpha, Func<float[], float[]> weight)
    {
        using var numbers = Tensor.From<float>(inputs, AdapterNumbers.Of(1, (int)inputs.ElementCount), device);
        using var factors = Tensor.From<float>(outputs, AdapterNumbers.Of(9, (int)outputs.ElementCount), device);
        float[] before = Output(model, numbers), original = model.Parameters().First().Value.ToArray();
        var adapters = Adapters.Attach(model, new LoraConfig { TargetModules = AdapterTargets.Named("layer"), Rank = rank, Alpha = alpha, IsWeightDecomposed = true });
        float[] begun = Output(model, numbers);
        for (int i = 0; i < before.Length; i++) Assert.Equal(before[i], begun[i], 1e-5f);
        Parameter a = Named(model, "layer.lora_A.weight"), b = Named(model, "layer.lora_B.weight"), m = Named(model, "layer.lora_magnitude_vector");
        a.Fill(AdapterNumbers.Of(4, (int)a.Shape.ElementCount).CopyTo);
        b.Fill(AdapterNumbers.Of(5, (int)b.Shape.ElementCount).CopyTo);
        m.Fill(values =>
        {
            float[] waves = AdapterNumbers.Of(6, values.Length);
            for (int i = 0; i < values.Length; i++) values[i] = 1.5f + 0.3f * waves[i];
        });
        using (var pass = Pass.Train(device))
        {
            var y = model.Forward(pass.Constant(numbers));
            AdapterNumbers.Near($"{name}.y", y.Value.ToArray());
            var gradients = pass.Backward((y * pass.Constant(factors)).Sum());
            AdapterNumbers.Near($"{name}.da", gradients.Of(a)!.ToArray());
            AdapterNumbers.Near($"{name}.db", gradients.Of(b)!.ToArray());
            AdapterNumbers.Near($"{name}.dm", gradients.Of(m)!.ToArray());
            Assert.Null(gradients.Of(model.Parameters().First()));
        }
        float[] with = Output(model, numbers);
        adapters.Merge();
        AdapterNumbers.Near($"{name}.merged", weight(model.Parameters().First().Value.ToArray()));
        float[] merged = Output(model, numbers);
        for (int i = 0; i < with.Length; i++) Assert.Equal(with[i], merged[i], 1e-5f * (1 + MathF.Abs(with[i])));
        adapters.Detach();
        Assert.Equal(original, model.Parameters().First().Value.ToArray());
        Assert.Equal(before, Output(model, numbers));
    }

    private static Parameter Named(Model model, string name) => model.Parameters().Single(parameter => parameter.Name == name);

    private float[] Output(OneLayer model, Tensor<float> numbers)
    {
        using var pass = Pass.Infer(device);
        return model.Forward(pass.Constant(numbers)).Value.ToArray();
    }
}

/// <summary>A model of one layer.</summary>
internal sealed class OneLayer : ImageModel
{
    public OneLayer(AdaptableLayer layer) : base("one") => AddStage("head", Add("layer", layer));
}

/// <summary>The inputs of Golden/adapters.py, and what it makes of them.</summary>
internal static class AdapterNumbers
{
    public static float[] Of(int stream, int count) => [.. Enumerable.Range(0, count).Select(i => (float)Math.Sin(stream + 0.7 * i))];

    public static void Near(string name, float[] actual)
    {
        double[] expected = AdapterTable.Numbers[name];
        Assert.Equal(expected.Length, actual.Length);
        double largest = expected.Max(Math.Abs);
        for (int i = 0; i < expected.Length; i++) Assert.True(Math.Abs(expected[i] - actual[i]) <= 1e-5 * largest, $"{name}[{i}] is {actual[i]}, not {expected[i]}");
    }
}
