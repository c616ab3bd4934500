namespace Graft.Formats;

/// <summary>How variables of Keras's layers are named and laid out in PyTorch, as rows.</summary>
/// <remarks>
/// <list type="table">
/// <listheader><term>Keras</term><description>PyTorch</description></listheader>
/// <item><term><c>kernel</c> [in, out] (Dense)</term><description><c>weight</c> [out, in]</description></item>
/// <item><term><c>kernel</c> [k, in, out] (Conv1D)</term><description><c>weight</c> [out, in, k]</description></item>
/// <item><term><c>kernel</c> [kh, kw, in, out] (Conv2D), [kh, kw, out, in] (Conv2DTranspose)</term><description><c>weight</c> [out, in, kh, kw],
/// [in, out, kh, kw]</description></item>
/// <item><term><c>depthwise_kernel</c> [kh, kw, in, m]</term><description><c>weight</c> [in * m, 1, kh, kw], of groups = in</description></item>
/// <item><term><c>gamma</c>, <c>beta</c></term><description><c>weight</c>, <c>bias</c></description></item>
/// <item><term><c>moving_mean</c>, <c>moving_variance</c></term><description><c>running_mean</c>, <c>running_var</c></description></item>
/// <item><term><c>embeddings</c></term><description><c>weight</c></description></item>
/// </list>
/// A layer with any other variable (recurrent or attention kernels) keeps its layout and its names.
/// </remarks>
internal static class KerasRules
{
    public const string Depthwise = "depthwise_kernel";
    public const string Pointwise = "pointwise_kernel";

    private static readonly Row[] Rows =
    [
        new("kernel", 2, "weight", [1, 0]),
        new("kernel", 3, "weight", [2, 1, 0]),
        new("kernel", 4, "weight", [3, 2, 0, 1]),
        new("kernel", 5, "weight", [4, 3, 0, 1, 2]),
        new(Pointwise, 3, "pointwise.weight", [2, 1, 0]),
        new(Pointwise, 4, "pointwise.weight", [3, 2, 0, 1]),
        new(Depthwise, 3, "weight", []),
        new(Depthwise, 4, "weight", []),
        new("bias", 1, "bias", [0]),
        new("gamma", 1, "weight", [0]),
        new("beta", 1, "bias", [0]),
        new("moving_mean", 1, "running_mean", [0]),
        new("moving_variance", 1, "running_var", [0]),
        new("embeddings", 2, "weight", [0, 1]),
    ];

    // What Keras 3 numbers instead of naming: a layer's variables in the order in which it makes them.
    private static readonly (string Layer, string[] Variables)[] Numbered =
    [
        ("dense", ["kernel", "bias"]),
        ("conv1d", ["kernel", "bias"]),
        ("conv2d", ["kernel", "bias"]),
        ("conv3d", ["kernel", "bias"]),
        ("conv1d_transpose", ["kernel", "bias"]),
        ("conv2d_transpose", ["kernel", "bias"]),
        ("depthwise_conv1d", [Depthwise, "bias"]),
        ("depthwise_conv2d", [Depthwise, "bias"]),
        ("separable_conv1d", [Depthwise, Pointwise, "bias"]),
        ("separable_conv2d", [Depthwise, Pointwise, "bias"]),
        ("batch_normalization", ["gamma", "beta", "moving_mean", "moving_variance"]),
        ("layer_normalization", ["gamma", "beta"]),
        ("group_normalization", ["gamma", "beta"]),
        ("embedding", ["embeddings"]),
    ];

    // Fewer variables of these would leave open which are missing.
    private static readonly string[] Complete = ["batch_normalization", "layer_normalization", "group_normalization"];

    /// <summary>The row of a variable of that many axes; null where there is none.</summary>
    public static Row? Find(string variable, int rank)
    {
        int at = Array.FindIndex(Rows, row => row.Variable == variable && row.Rank == rank);
        return at < 0 ? null : Rows[at];
    }

    /// <summary>The names of a layer's variables that the file only numbers; null for a layer without a row.</summary>
    /// <param name="layer">The layer's name, Keras's name of its class and perhaps a number: <c>conv2d_7</c>.</param>
    /// <param name="count">How many variables it has.</param>
    public static string[]? Names(string layer, int count)
    {
        string kind = layer.TrimEnd("0123456789".ToCharArray());
        kind = kind.Length < layer.Length && kind.EndsWith('_') ? kind[..^1] : layer;
        int at = Array.FindIndex(Numbered, row => row.Layer == kind);
        if (at < 0 || count > Numbered[at].Variables.Length) return null;
        return count < Numbered[at].Variables.Length && Complete.Contains(kind) ? null : Numbered[at].Variables;
    }

    /// <summary>What becomes of a variable.</summary>
    /// <param name="Variable">Keras's name of it.</param>
    /// <param name="Rank">Its axes.</param>
    /// <param name="Name">PyTorch's name.</param>
    /// <param name="Axes">Which of its axes each axis of PyTorch's is; none for the depthwise kernel, two axes of which become one.</param>
    public readonly record struct Row(string Variable, int Rank, string Name, int[] Axes);
}
