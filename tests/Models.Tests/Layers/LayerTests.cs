using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Models.Tests;

/// <summary>Layers that are put together from functions: shapes, modes, and numbers that are known.</summary>
public sealed class LayerTests : IDisposable
{
    private readonly CpuDevice device = new(2);

    public void Dispose() => device.Dispose();

    [Fact]
    public void A_convolution_over_sequences_is_PyTorchs()
    {
        // torch.nn.functional.conv1d(torch.arange(8.).view(1, 2, 4), torch.tensor([[[1., 0., -1.], [2., 1., 0.]]]), torch.tensor([0.5]), padding=1)
        var layer = new Conv1d(2, 1, kernel: 3, padding: 1);
        layer.Weight.Value.CopyFrom([1f, 0f, -1f, 2f, 1f, 0f]);
        layer.Bias!.Value.CopyFrom([0.5f]);
        Assert.Equal([3.5f, 11.5f, 14.5f, 21.5f], Run(layer, [1, 2, 4], [0f, 1f, 2f, 3f, 4f, 5f, 6f, 7f]));
        var exception = Assert.Throws<ShapeException>(() => Run(layer, [2, 4], new float[8]));
        Assert.Contains("the input has to be [N, C, T]", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Pools_and_flattening_have_PyTorchs_shapes()
    {
        using var pass = Pass.Infer(device);
        var x = pass.Constant(pass.Rent([2, 3, 7, 7]));
        Assert.Equal(new Shape([2, 3, 3, 3]), new MaxPool2d(3, stride: 2).Forward(x).Shape);
        Assert.Equal(new Shape([2, 3, 4, 4]), new MaxPool2d(2, ceilMode: true).Forward(x).Shape);
        Assert.Equal(new Shape([2, 3, 3, 3]), new AveragePool2d(2).Forward(x).Shape);
        Assert.Equal(new Shape([2, 3, 4, 5]), new AdaptiveAveragePool2d(4, 5).Forward(x).Shape);
        Assert.Equal(new Shape([2, 147]), new Flatten().Forward(x).Shape);
    }

    [Fact]
    public void Stochastic_depth_keeps_or_drops_whole_examples()
    {
        var layer = new StochasticDepth(0.25f);
        var ones = new float[64 * 6];
        Array.Fill(ones, 1f);
        Assert.Equal(ones, Run(layer, [64, 6], ones));
        using var pass = Pass.Train(device, seed: 1);
        float[] y = layer.Forward(pass.Constant(pass.Upload<float>([64, 6], ones))).Value.ToArray();
        int kept = 0;
        for (int row = 0; row < 64; row++)
        {
            float[] numbers = y[(row * 6)..(row * 6 + 6)];
            Assert.Single(numbers.Distinct());
            Assert.True(numbers[0] is 0f or 1f / 0.75f);
            if (numbers[0] > 0) kept++;
        }
        Assert.InRange(kept, 32, 62);
    }

    [Fact]
    public void Norms_of_groups_and_of_squares_are_what_their_formulas_say()
    {
        float[] x = [1f, 2f, 3f, 4f, -1f, 0f, 1f, 2f];
        float[] grouped = Run(new GroupNorm(groups: 2, channels: 4), [1, 4, 2, 1], x);
        for (int group = 0; group < 2; group++)
        {
            float[] part = x[(group * 4)..(group * 4 + 4)];
            double mean = part.Average(), deviation = Math.Sqrt(part.Average(value => (value - mean) * (value - mean)) + 1e-5);
            for (int i = 0; i < 4; i++) Assert.Equal((part[i] - mean) / deviation, grouped[group * 4 + i], 1e-5);
        }
        float[] rooted = Run(new RmsNorm(4), [2, 4], x);
        double root = Math.Sqrt((1 + 4 + 9 + 16) / 4.0 + 1e-6);
        for (int i = 0; i < 4; i++) Assert.Equal(x[i] / root, rooted[i], 1e-5);
        Assert.Throws<ArgumentException>(() => new GroupNorm(3, 4));
    }

    [Fact]
    public void Impossible_sizes_are_refused_where_they_are_given()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new Linear(0, 3));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Conv2d(3, 0, 3));
        Assert.Throws<ArgumentException>(() => new Conv2d(3, 4, 3, groups: 2));
        Assert.Throws<ArgumentException>(() => new MultiHeadAttention(10, 3));
        Assert.Throws<ArgumentException>(() => new MultiHeadAttention(12, 4, keyHeads: 3));
    }

    private float[] Run(Layer layer, Shape shape, float[] numbers)
    {
        using var pass = Pass.Infer(device);
        return layer.Forward(pass.Constant(pass.Upload<float>(shape, numbers))).Value.ToArray();
    }
}
