using Graft.Tensors;

namespace Graft.Autograd.Tests;

public sealed class ShapeErrorTests : IDisposable
{
    private readonly CpuDevice device = new(2);
    private readonly Pass pass;

    public ShapeErrorTests() => pass = Pass.Infer(device);

    public void Dispose()
    {
        pass.Dispose();
        device.Dispose();
    }

    [Fact]
    public void Elementwise_and_views()
    {
        Refused("add: [2, 3] does not fit [2, 4]: axis 1 from the last is 3 and 4; equal or 1 would broadcast", () => Of(2, 3) + Of(2, 4));
        Refused("multiply: [2, 3] does not fit [3, 3]: axis 2 from the last is 2 and 3; equal or 1 would broadcast", () => Of(2, 3) * Of(3, 3));
        Refused("lerp: [2] does not fit [3]: axis 1 from the last is 2 and 3; equal or 1 would broadcast", () => Of(2).Zip(Of(3), new Lerp(0.5f)));
        Refused("reshape: [2, 3] does not fit [5]: 6 elements are not 5", () => Of(2, 3).Reshape([5]));
        Refused("permute: [2, 3] by (0, 0): the order has to name each axis once", () => Of(2, 3).Permute(0, 0));
        Refused("slice: [2, 3] on axis 1: 3 indices from 1 by 1 lie outside it", () => Of(2, 3).Slice(1, 1, 3));
        Refused("pad: [2, 3]: padding by -1 and 2 is below 0", () => Of(2, 3).Pad(0, -1, 2));
        Refused("mean: [2, 0]: there is no mean of no elements", () => Of(2, 0).Mean());
        Refused("mean: [2, 3] over axis 2: the axes are -2 ... 1", () => Of(2, 3).Mean(2));
        Refused("mean: [2, 3] over axis -3: the axes are -2 ... 1", () => Of(2, 3).Mean(0, -3));
        Refused("mean: [2, 3] over axis -1: it is named twice", () => Of(2, 3).Mean(1, -1));
        Assert.Equal([2], Of(2, 3).Mean(-1).Shape);
        Assert.Equal([2, 1], Of(2, 3).Mean([-1], keepAxes: true).Shape);
    }

    [Fact]
    public void Linear_and_convolution()
    {
        Refused(
            "linear: input [2, 3] does not fit weight [5, 4]: the input's last axis is 3, the weight's axis 1 is 4",
            () => LinearFunction.Apply(Of(2, 3), Of(5, 4), null));
        Refused("linear: bias [4] does not fit weight [5, 3]: the bias needs 5 values", () => LinearFunction.Apply(Of(2, 3), Of(5, 3), Of(4)));
        Refused("conv2d: input [3, 8, 8]: the input has to be [N, C, H, W]", () => Convolve(Of(3, 8, 8), Of(4, 3, 3, 3)));
        Refused(
            "conv2d: input [1, 3, 8, 8] does not fit weight [4, 2, 3, 3]: the input has 3 channels, the weight takes 2 in each of 1 groups",
            () => Convolve(Of(1, 3, 8, 8), Of(4, 2, 3, 3)));
        Refused(
            "conv2d: weight [3, 2, 3, 3]: 3 output channels do not fall into 2 groups", () => Convolve(Of(1, 4, 8, 8), Of(3, 2, 3, 3), groups: 2));
        Refused(
            "conv2d: bias [3] does not fit weight [4, 3, 3, 3]: the bias needs 4 values", () => Convolve(Of(1, 3, 8, 8), Of(4, 3, 3, 3), Of(3)));
        Refused(
            "conv2d: input [1, 3, 2, 8] does not fit weight [4, 3, 3, 3]: the window is larger than the padded input",
            () => Convolve(Of(1, 3, 2, 8), Of(4, 3, 3, 3)));
    }

    [Fact]
    public void Normalisation_and_pooling()
    {
        Refused(
            "batch_norm: input [2, 3, 4, 4] does not fit weight [4]: the input has 3 channels, the weight 4",
            () => BatchNormFunction.OfBatch(Of(2, 3, 4, 4), Of(4), Of(4), 1e-5f, out _, out _));
        Refused(
            "batch_norm: input [3] does not fit weight [3]: the input has to be [N, C, ...]",
            () => BatchNormFunction.Stored(Of(3), Of(3).Value, Of(3).Value, Of(3), Of(3), 1e-5f));
        Refused(
            "batch_norm: bias [2] does not fit weight [3]: both need a value for each channel",
            () => BatchNormFunction.OfBatch(Of(2, 3), Of(3), Of(2), 1e-5f, out _, out _));
        Refused(
            "batch_norm: residual [1, 3] does not fit input [2, 3]: both need the same shape",
            () => BatchNormFunction.OfBatch(Of(2, 3), Of(3), Of(3), 1e-5f, out _, out _, Activation.Relu, Of(1, 3)));
        const string OneNumber =
            "the statistics of a batch need more than one value a channel: use a larger batch or larger images, or let norms use their running statistics (BatchNormPolicy.AlwaysRunningStatistics)";
        Refused($"batch_norm: input [1, 3, 1, 1]: {OneNumber}", () => BatchNormFunction.OfBatch(Of(1, 3, 1, 1), Of(3), Of(3), 1e-5f, out _, out _));
        Refused($"batch_norm: input [0, 3, 4, 4]: {OneNumber}", () => BatchNormFunction.OfBatch(Of(0, 3, 4, 4), Of(3), Of(3), 1e-5f, out _, out _));
        Refused(
            "layer_norm: input [2, 3] does not fit weight [4]: the input's last axis is 3, so the weight has to be [3]",
            () => LayerNormFunction.Apply(Of(2, 3), Of(4), Of(4), 1e-5f));
        Refused("layer_norm: bias [1] does not fit weight [3]: both need a value for each column", () => LayerNormFunction.Apply(Of(2, 3), Of(3), Of(1), 1e-5f));
        Refused("layer_norm: input []: the input has to be [..., C]", () => LayerNormFunction.Apply(Of(), Of(1), Of(1), 1e-5f));
        Refused("max_pool2d: input [2, 4, 4]: the input has to be [N, C, H, W]", () => Pooling.Max(Of(2, 4, 4), Pool2dGeometry.Square(2, 2)));
        Refused("adaptive_avg_pool2d: output [0, 7]: the output needs at least one row and one column", () => Pooling.AdaptiveAverage(Of(1, 1, 4, 4), 0, 7));
        Refused("max_pool2d: input [1, 1, 0, 4]: the input needs at least one row and one column", () => Pooling.AdaptiveMax(Of(1, 1, 0, 4), 2, 2));
        Refused("avg_pool2d: window [3, 3]: the padding may be at most half the window", () => Pooling.Average(Of(1, 1, 4, 4), Pool2dGeometry.Square(3, 1, 2)));
        Refused(
            "avg_pool2d: input [1, 1, 2, 4]: the window [3, 3] is larger than the padded input",
            () => Pooling.Average(Of(1, 1, 2, 4), Pool2dGeometry.Square(3, 1)));
    }

    [Fact]
    public void Attention()
    {
        Refused(
            "attention: queries [2, 1, 3, 4] do not fit keys [2, 1, 3, 5]: both have to be [sequences, heads, tokens, head size], equal but for heads and tokens",
            () => Attend(Of(2, 1, 3, 4), Of(2, 1, 3, 5), Of(2, 1, 3, 5), AttentionMask.None));
        Refused(
            "attention: queries [2, 1, 3, 4] do not fit keys [2, 2, 3, 4]: 1 heads of queries do not fall into 2 groups, one for each head of keys",
            () => Attend(Of(2, 1, 3, 4), Of(2, 2, 3, 4), Of(2, 2, 3, 4), AttentionMask.None));
        Refused(
            "attention: bias [3, 1, 5, 3]: it has to be [1 or 2, 1 or 1, 1 or 5, 3]: sequences, heads, queries and keys",
            () => AttentionFunction.Apply(Of(2, 1, 5, 4), Of(2, 1, 3, 4), Of(2, 1, 3, 4), AttentionMask.None, 1f, 0f, "x", bias: Of(3, 1, 5, 3)));
        Refused(
            "attention: values [2, 1, 4, 4] do not fit keys [2, 1, 3, 4]: both need the same shape",
            () => Attend(Of(2, 1, 3, 4), Of(2, 1, 3, 4), Of(2, 1, 4, 4), AttentionMask.None));
        Masked("attention: mask of 3 sequences: there are 2 sequences", AttentionMask.OfLengths(pass, [1, 2, 3]));
        Masked("attention: mask of 4 keys: there are 3 keys a sequence", AttentionMask.OfLengths(pass, [4, 2]));
        Masked("attention: mask [2, 4]: there are 3 keys a sequence", AttentionMask.OfBias(pass, [2, 4], [0, 1, -1e30f, -1e30f, 0, 0, 0, -1e30f]));
        var count = Assert.Throws<ShapeException>(() => AttentionMask.OfKeys(pass, [2, 2], [true]));
        Assert.Equal("attention: mask [2, 2] of 1 values: a mask of keys is [sequences, keys], with a value each", count.Message);
        var negative = Assert.Throws<ArgumentException>(() => AttentionMask.OfLengths(pass, [3, -1]));
        Assert.Equal("attention: a sequence cannot have -1 keys", negative.Message);
        var dropout = Assert.Throws<ArgumentException>(
            () => AttentionFunction.Apply(Of(2, 1, 3, 4), Of(2, 1, 3, 4), Of(2, 1, 3, 4), AttentionMask.None, 1f, 2f, "x"));
        Assert.Equal("attention: probability 2 is not from 0 to 1", dropout.Message);

        void Masked(string message, AttentionMask mask) => Refused(message, () => Attend(Of(2, 1, 3, 4), Of(2, 1, 3, 4), Of(2, 1, 3, 4), mask));

        static Variable Attend(Variable q, Variable k, Variable v, AttentionMask mask) => AttentionFunction.Apply(q, k, v, mask, 0.5f, 0f, "x");
    }

    [Fact]
    public void Group_norm_and_rms_norm()
    {
        Refused("group_norm: input [3]: the input has to be [N, C, ...]", () => GroupNormFunction.Apply(Of(3), Of(3), Of(3), 1, 1e-5f));
        Refused("group_norm: input [2, 6, 4]: 6 channels do not fall into 4 groups", () => GroupNormFunction.Apply(Of(2, 6, 4), Of(6), Of(6), 4, 1e-5f));
        Refused(
            "group_norm: input [2, 6] does not fit weight [3]: the input has 6 channels, so the weight has to be [6]",
            () => GroupNormFunction.Apply(Of(2, 6), Of(3), Of(3), 2, 1e-5f));
        Refused(
            "group_norm: bias [3] does not fit weight [6]: both need a value for each channel",
            () => GroupNormFunction.Apply(Of(2, 6), Of(6), Of(3), 2, 1e-5f));
        Refused("rms_norm: input []: the input has to be [..., C]", () => RmsNormFunction.Apply(Of(), Of(1), 1e-6f));
        Refused(
            "rms_norm: input [2, 3] does not fit weight [2]: the input's last axis is 3, so the weight has to be [3]",
            () => RmsNormFunction.Apply(Of(2, 3), Of(2), 1e-6f));
    }

    [Fact]
    public void Index_copy()
    {
        using var positions = Tensor.From<int>([2], [0, 1]);
        Refused(
            "index_copy: source [2, 1, 3, 4] does not fit destination [2, 2, 8, 4]: both have to be [sequences, heads, tokens, head size], equal but for the tokens",
            () => Copied(Of(2, 1, 3, 4), Of(2, 2, 8, 4)));
        Refused(
            "index_copy: positions [2] do not fit source [3, 1, 3, 4]: there has to be one for each of 3 sequences",
            () => Copied(Of(3, 1, 3, 4), Of(3, 1, 8, 4)));
        Refused(
            "index_copy: destination [2, 1, 8, 4]: the values of a row have to be contiguous",
            () => Copied(Of(2, 1, 3, 4), Of(2, 1, 4, 8).Permute(0, 1, 3, 2)));

        Variable Copied(Variable source, Variable destination)
        {
            IndexCopyFunction.Apply(source, positions, destination.Value);
            return destination;
        }
    }

    [Fact]
    public void Softmax_and_embedding()
    {
        Refused("log_softmax: input []: the input has to be [..., C]", () => SoftmaxFunction.Apply(Of(), log: true));
        Refused("embedding: table [3]: the table has to be [V, D]", () => EmbeddingFunction.Apply(Of(3), [0], [1]));
        Refused("embedding: ids [3] do not fit [2, 2]: [2, 2] has 4 elements", () => EmbeddingFunction.Apply(Of(3, 4), [0, 1, 2], [2, 2]));
        var beyond = Assert.Throws<ArgumentException>(() => EmbeddingFunction.Apply(Of(3, 4), [0, 3], [2]));
        Assert.Equal("embedding: id 3 at place 1 is not one of the table's 3 rows 0 ... 2; does the tokeniser belong to the model?", beyond.Message);
        Assert.Throws<ArgumentException>(() => EmbeddingFunction.Apply(Of(3, 4), [-1], [1]));
        var padding = Assert.Throws<ArgumentException>(() => EmbeddingFunction.Apply(Of(3, 4), [1], [1], paddingIndex: 3));
        Assert.Equal("embedding: padding index 3 is not one of the table's 3 rows 0 ... 2", padding.Message);
    }

    [Fact]
    public void Cross_entropy()
    {
        Refused(
            "cross_entropy: logits [2, 3] do not fit labels [1]: the logits have to be [rows, classes], with one label a row",
            () => Of(2, 3).CrossEntropy([0]));
        var beyond = Assert.Throws<ArgumentException>(() => Of(2, 3).CrossEntropy([0, 3]));
        Assert.Equal("cross_entropy: label 3 is not one of the 3 classes 0 ... 2", beyond.Message);
        var none = Assert.Throws<ArgumentException>(() => Of(2, 3).CrossEntropy([-1, -1]));
        Assert.Equal("cross_entropy: no row has a label, so there is no mean", none.Message);
    }

    private static void Refused(string message, Func<Variable> call) => Assert.Equal(message, Assert.Throws<ShapeException>(() => call()).Message);

    private static Variable Convolve(Variable x, Variable weight, Variable? bias = null, int groups = 1) =>
        Conv2dFunction.Apply(x, weight, bias, Conv2dGeometry.Square(groups: groups));

    private Variable Of(params int[] lengths) => pass.Constant(pass.Rent(new Shape(lengths)));
}
