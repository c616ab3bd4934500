namespace Graft.Models.Tests;

/// <summary>Positions of pictures of another size.</summary>
public sealed class PositionTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    /// <remarks>The numbers are PyTorch's: <c>interpolate(size=(2, 4), mode="bicubic")</c> of a grid of 3 x 3.</remarks>
    [Theory]
    [InlineData(true, new[] { 1, -1.333333f, -1.546296f, 0.5f, 4, 1.592594f, -1.388889f, -3 })]
    [InlineData(false, new[] { 1.593206f, -0.281431f, -0.839811f, 0.320471f, 4.077026f, 2.115726f, -0.914038f, -2.82882f })]
    public void They_are_interpolated_as_PyTorch_does_it(bool alignsCorners, float[] expected)
    {
        var rule = new PositionInterpolation(tokens: 1, height: 2, width: 4, depth: 2, alignsCorners);
        Assert.True(rule.Takes([1, 10, 2]));
        Assert.All<long[]>([[1, 9, 2], [1, 10, 3], [2, 10, 2], [10, 2], [1, 1, 2]], lengths => Assert.False(rule.Takes(lengths)));
        float[] grid = [1, -2, 0.5f, 3, 2, -1, 4, 0, -3], values = new float[2 * 9];
        rule.Convert([7, 8, .. grid.SelectMany(number => new[] { number, 0 })], values);
        Assert.Equal((7, 8), (values[0], values[1]));
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i], values[2 + 2 * i], 2e-6f);
            Assert.Equal(0, values[3 + 2 * i]);
        }
    }

    [Fact]
    public void A_model_is_made_for_the_positions_of_a_file_or_has_them_interpolated_where_that_is_asked_for()
    {
        string path = folder.At("weights.safetensors");
        using (var saved = Small(48)) saved.Save(path);
        using var checkpoint = Checkpoint.Open(path);
        using var model = Small(32);
        Assert.Contains("encoder.pos_embedding is [1, 37, 16], not [1, 17, 16]", Assert.Throws<CheckpointException>(() => model.Load(checkpoint)).Message, StringComparison.Ordinal);
        Assert.Equal(new ImageSize(48, 48), model.SizeOf(tensor => ModelLoader.Find(model, tensor, checkpoint, new())));
        using var resized = model.Resize(new ImageSize(48, 48));
        resized.Load(checkpoint);
        var receipt = model.Load(checkpoint, new LoadOptions { InterpolatePositions = true }).Receipt!;
        Assert.Equal("positions interpolated from [1, 37, 16]", receipt.Lines.Single(line => line.InModel == "encoder.pos_embedding").Rule);
        Assert.Same(model, model.Resize(new ImageSize(32, 32)));
        Assert.Contains("is too small", Assert.Throws<ArgumentException>(() => model.Resize(new ImageSize(32, 4))).Message, StringComparison.Ordinal);
    }

    /// <summary>torchvision's files have the perceptron's keys of its first version.</summary>
    [Fact]
    public void The_published_files_keys_are_known()
    {
        string path = folder.At("published.safetensors");
        using var saved = Small(32);
        SafetensorsWriter.Write(path, saved.Tensors().Select(tensor => TensorEntry.From(
            tensor.Name.Replace("mlp.0", "mlp.linear_1", StringComparison.Ordinal).Replace("mlp.3", "mlp.linear_2", StringComparison.Ordinal), tensor.Value)));
        using var checkpoint = Checkpoint.Open(path);
        Assert.True(checkpoint.Contains("encoder.layers.encoder_layer_0.mlp.linear_1.weight"));
        using var loaded = Small(32);
        loaded.Load(checkpoint);
        foreach (var (left, right) in saved.Tensors().Zip(loaded.Tensors())) Assert.Equal(left.Value.ToArray(), right.Value.ToArray());
    }

    private static VisionTransformer Small(int side) => new(
        "small", new() { Image = new(side, side), Patch = 8, Width = 16, Layers = 1, Heads = 2, IntermediateWidth = 24, Classes = 3 }, VisionTransformerStyle.Torchvision(8));
}
