using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Transfer.Tests;

/// <summary>Numbers of Golden/feature_maps.py.</summary>
public sealed class FeatureMapPenaltyTests : IDisposable
{
    private static readonly float[] Sines = [.. Enumerable.Range(0, 24).Select(static i => MathF.Sin(i))], Cosines = [.. Enumerable.Range(0, 24).Select(static i => MathF.Cos(i))];

    private readonly CpuDevice device = new(2);

    public void Dispose() => device.Dispose();

    [Theory]
    [InlineData(new[] { 0.2f, 0.5f, 0.3f }, 1.38209867f, new[] { -0.075000003f, 0.0225876477f, 0.0994083136f, 0.0848334357f, -0.0193422921f, -0.23298496f, -0.232422322f })]
    [InlineData(new float[0], 1.44308186f, new[] { -0.125f, 0.0376460776f, 0.165680528f, 0.141389057f, -0.0128948614f, -0.155323312f, -0.15494822f })]
    public void Maps_are_held_channel_by_channel(float[] attention, float expected, float[] slopes)
    {
        using var pass = Pass.Train(device);
        var map = pass.Leaf(pass.Upload<float>([2, 3, 2, 2], Sines));
        var loss = FeatureMapPenalty.Of(map, pass.Constant(pass.Upload<float>([2, 3, 2, 2], Cosines)), attention);
        Assert.Equal(expected, loss.Value.ToArray()[0], 2e-6);
        float[] actual = pass.Backward(loss).Of(map)!.ToArray();
        for (int i = 0; i < slopes.Length; i++) Assert.Equal(slopes[i], actual[i], 1e-6);
    }

    [Fact]
    public void Tokens_are_maps_of_one_row_and_nothing_holds_what_has_not_moved()
    {
        using var pass = Pass.Train(device);
        var map = pass.Leaf(pass.Upload<float>([2, 3, 2, 2], Sines));
        var start = pass.Constant(pass.Upload<float>([2, 3, 2, 2], Cosines));
        float[] attention = [0.2f, 0.5f, 0.3f];
        Variable Tokens(Variable x) => x.Reshape([2, 3, 4]).Transpose(1, 2);
        Assert.Equal(
            FeatureMapPenalty.Of(map, start, attention).Value.ToArray()[0], FeatureMapPenalty.Of(Tokens(map), Tokens(start), attention).Value.ToArray()[0], 1e-6);
        Assert.Equal(0, FeatureMapPenalty.Of(map, map).Value.ToArray()[0]);
        Assert.Throws<ShapeException>(() => FeatureMapPenalty.Of(map, start, [0.5f, 0.5f]));
        Assert.Throws<ShapeException>(() => FeatureMapPenalty.Of(map, Tokens(start)));
    }

    /// <summary>The head reads the second channel alone, so that the loss grows by it alone.</summary>
    [Fact]
    public void The_channel_that_the_task_needs_has_the_attention()
    {
        var model = new SmallModel { Seed = 2 };
        var head = model.Parameters().Single(static parameter => parameter.Name == "fc.weight");
        head.Value.CopyFrom([0f, -9f, 0f, 0f, 0f, 9f, 0f, 0f]);
        using var images = device.Rent<float>([8, 3, 4, 4], MemoryFormat.ChannelsLast);
        var numbers = new float[8 * 48];
        new RandomStream(4, "images").FillNormal(numbers, 0f, 1f);
        images.CopyFrom(numbers);
        float[] attention = FeatureMapPenalty.Attention(model, device, "middle", [(images, [1, 1, 1, 1, 1, 1, 1, 1])]);
        Assert.Equal(1, attention.Sum(), 1e-5);
        Assert.True(attention[1] > attention[0] && attention[1] > attention[2] && attention[1] > attention[3], string.Join(", ", attention));
        Assert.Equal(attention[0], attention[2], 1e-6);
        Assert.Throws<ArgumentException>(() => FeatureMapPenalty.Attention(model, device, "head", [(images, [1])]));
        Assert.Throws<ArgumentException>(() => FeatureMapPenalty.Attention(model, device, "middle", []));
    }
}
