using Graft.Testing;

namespace Graft.Formats.Tests;

/// <summary>The layouts that Keras 2 and 3 write (<c>Golden/keras.py</c>): keys and shapes of the file, and those of PyTorch.</summary>
public class KerasTests
{
    // The elements of each variable count from a thousand times its place.
    private static readonly (string Layer, string Variable, int[] Shape)[] Variables =
    [
        ("conv2d", "kernel", [3, 2, 4, 5]), ("conv2d", "bias", [5]), ("conv2d_1", "kernel", [1, 1, 5, 2]),
        ("batch_normalization", "gamma", [5]), ("batch_normalization", "beta", [5]), ("batch_normalization", "moving_mean", [5]), ("batch_normalization", "moving_variance", [5]),
        ("depthwise_conv2d", "depthwise_kernel", [3, 2, 4, 2]), ("depthwise_conv2d", "bias", [8]),
        ("separable_conv2d", "depthwise_kernel", [3, 3, 2, 2]), ("separable_conv2d", "pointwise_kernel", [1, 1, 4, 3]), ("separable_conv2d", "bias", [3]),
        ("embedding", "embeddings", [7, 3]), ("lstm", "kernel", [3, 8]), ("lstm", "recurrent_kernel", [2, 8]), ("lstm", "bias", [8]),
        ("dense", "kernel", [4, 3]), ("dense", "bias", [3]),
    ];

    private static readonly (string Key, int[] Shape)[] Converted =
    [
        ("conv2d.weight", [5, 4, 3, 2]), ("conv2d.bias", [5]), ("conv2d_1.weight", [2, 5, 1, 1]),
        ("batch_normalization.weight", [5]), ("batch_normalization.bias", [5]), ("batch_normalization.running_mean", [5]), ("batch_normalization.running_var", [5]),
        ("depthwise_conv2d.weight", [8, 1, 3, 2]), ("depthwise_conv2d.bias", [8]),
        ("separable_conv2d.depthwise.weight", [4, 1, 3, 3]), ("separable_conv2d.pointwise.weight", [3, 4, 1, 1]), ("separable_conv2d.pointwise.bias", [3]),
        ("embedding.weight", [7, 3]), ("lstm.kernel", [3, 8]), ("lstm.recurrent_kernel", [2, 8]), ("lstm.bias", [8]),
        ("dense.weight", [3, 4]), ("dense.bias", [3]),
    ];

    public KerasTests() => KerasFormat.Register();

    [Theory]
    [InlineData("keras2.h5")]
    [InlineData("keras2.weights.h5")]
    [InlineData("keras3.weights.h5")]
    [InlineData("keras3.keras")]
    [InlineData("keras3-packed.keras")]
    public void The_tensors_are_those_of_the_file_and_a_model_gets_those_of_PyTorch(string name)
    {
        using var checkpoint = Checkpoint.Open(At(name));
        bool isNumbered = name.StartsWith("keras3", StringComparison.Ordinal);
        Assert.Equal(name.EndsWith(".keras", StringComparison.Ordinal) ? "keras" : "keras-h5", checkpoint.Format);
        var keys = isNumbered
            ? Variables.GroupBy(variable => variable.Layer).OrderBy(layer => layer.Key, StringComparer.Ordinal).SelectMany(layer => layer.Select((_, at) => $"layers/{layer.Key}/vars/{at}"))
            : Variables.Select(variable => $"{variable.Layer}/{variable.Layer}/{variable.Variable}:0");
        Assert.Equal(keys, checkpoint.Tensors.Select(tensor => tensor.Key));
        var converted = checkpoint.InPyTorchLayout;
        var expected = isNumbered ? Renamed() : Converted;
        Assert.Equal(expected.Select(tensor => tensor.Key).Order(StringComparer.Ordinal), converted.Tensors.Select(tensor => tensor.Key).Order(StringComparer.Ordinal));
        for (int at = 0; at < expected.Length; at++)
        {
            var tensor = converted[expected[at].Key];
            Assert.Equal(expected[at].Shape, tensor.Shape.ToArray());
            float[] stored = [.. Enumerable.Range(0, (int)tensor.ElementCount).Select(value => value + 1000f * at)];
            Assert.Equal(Expected(Variables[at].Variable, Variables[at].Shape, stored, expected[at].Key), tensor.ToSingleArray());
        }
        if (name == "keras2.h5") Assert.Equal("2.4.0", checkpoint.Metadata["keras_version"]);
        if (name == "keras3.keras") Assert.Equal("3.3.3", checkpoint.Metadata["keras_version"]);
    }

    [Fact]
    public void The_published_network_has_its_size()
    {
        using var checkpoint = Checkpoint.Open(RealData.Require("keras-resnet8/pretrainedResnet.h5"));
        Assert.Equal(48, checkpoint.Tensors.Count);
        Assert.Equal(78_666, checkpoint.Tensors.Sum(tensor => tensor.ElementCount));
        Assert.Equal(["conv2d/conv2d/kernel:0", "conv2d/conv2d/bias:0", "batch_normalization/batch_normalization/gamma:0"], checkpoint.Tensors.Take(3).Select(tensor => tensor.Key));
        Assert.Equal("2.4.0", checkpoint.Metadata["keras_version"]);
    }

    // Recurrent layers of Keras 3 have no row: their variables keep their numbers.
    private static (string Key, int[] Shape)[] Renamed() =>
        [.. Converted.Select(tensor => (tensor.Key.Replace("lstm.kernel", "lstm.0", StringComparison.Ordinal).Replace("lstm.recurrent_kernel", "lstm.1", StringComparison.Ordinal)
            .Replace("lstm.bias", "lstm.2", StringComparison.Ordinal), tensor.Shape))];

    private static float[] Expected(string variable, int[] shape, float[] stored, string key)
    {
        if (key.StartsWith("lstm", StringComparison.Ordinal)) return stored;
        return (variable, shape.Length) switch
        {
            ("kernel" or "pointwise_kernel", 4) => [.. from o in Enumerable.Range(0, shape[3]) from i in Enumerable.Range(0, shape[2]) from y in Enumerable.Range(0, shape[0])
                from x in Enumerable.Range(0, shape[1]) select stored[((y * shape[1] + x) * shape[2] + i) * shape[3] + o]],
            ("depthwise_kernel", 4) => [.. from c in Enumerable.Range(0, shape[2] * shape[3]) from y in Enumerable.Range(0, shape[0])
                from x in Enumerable.Range(0, shape[1]) select stored[(y * shape[1] + x) * shape[2] * shape[3] + c]],
            ("kernel", 2) => [.. from o in Enumerable.Range(0, shape[1]) from i in Enumerable.Range(0, shape[0]) select stored[i * shape[1] + o]],
            _ => stored,
        };
    }

    private static string At(string name) => Path.Combine(RealData.Repository, "tests", "Formats.Tests", "Golden", name);
}
