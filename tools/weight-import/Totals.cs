using System.Globalization;

namespace Graft.WeightImport;

/// <summary>What a checkpoint's tensors come to; views that repeat elements may claim anything, so sums stop at the largest
/// number.</summary>
/// <param name="Tensors">The number of tensors.</param>
/// <param name="Elements">The elements of all tensors.</param>
/// <param name="Parameters">Those of them that could be trained: floating-point, and no running statistics of a batch norm.</param>
/// <param name="Bytes">The bytes of all tensors.</param>
internal readonly record struct Totals(int Tensors, long Elements, long Parameters, long Bytes)
{
    // PyTorch's names of them and Keras's
    private static readonly string[] Statistics = ["running_mean", "running_var", "moving_mean:0", "moving_variance:0"];

    public static Totals Of(IReadOnlyList<StoredTensor> tensors)
    {
        Int128 elements = 0, parameters = 0, bytes = 0;
        foreach (var tensor in tensors)
        {
            elements += tensor.ElementCount;
            bytes += tensor.ByteCount;
            if (CouldBeTrained(tensor)) parameters += tensor.ElementCount;
        }
        return new Totals(tensors.Count, Clamp(elements), Clamp(parameters), Clamp(bytes));
    }

    private static bool CouldBeTrained(StoredTensor tensor) =>
        tensor.ElementType is ElementType.Float16 or ElementType.BFloat16 or ElementType.Float32 or ElementType.Float64
        && !Statistics.Any(name => tensor.Key.EndsWith(name, StringComparison.Ordinal));

    private static long Clamp(Int128 sum) => (long)Int128.Min(sum, long.MaxValue);

    /// <summary>The totals in a line.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"{Tensors:N0} tensors, {Elements:N0} elements ({Parameters:N0} parameters), {Bytes:N0} bytes");
}
