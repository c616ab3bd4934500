namespace Graft.Onnx.Export;

/// <summary>A length that follows from the batch: factor * N^batch * T^sequence.</summary>
/// <param name="Factor">What is the same in all batches.</param>
/// <param name="Batch">How often the number of images or sequences is in it.</param>
/// <param name="Sequence">How often the number of tokens is in it.</param>
internal readonly record struct Size(long Factor, int Batch = 0, int Sequence = 0)
{
    /// <summary>Whether it is the same in all batches.</summary>
    public bool IsConstant => Batch == 0 && Sequence == 0;

    public override string ToString() => $"{Factor} N^{Batch} T^{Sequence}";
}

/// <summary>The size of a batch that was recorded.</summary>
/// <param name="Batch">N: how many images or sequences.</param>
/// <param name="Sequence">T: how many tokens.</param>
internal readonly record struct BatchSize(int Batch, int Sequence)
{
    /// <summary>What a length is in a batch of this size.</summary>
    public long Of(Size size)
    {
        long length = size.Factor;
        for (int i = 0; i < size.Batch; i++) length *= Batch;
        for (int i = 0; i < size.Sequence; i++) length *= Sequence;
        return length;
    }
}

/// <summary>Explains lengths that differ from recording to recording by the sizes of their batches.</summary>
internal static class SizeFit
{
    private const int MostPower = 3;

    /// <summary>The length as a function of the batch; null where there is no such.</summary>
    /// <param name="recorded">The size of the batch of each recording.</param>
    /// <param name="lengths">The length in each recording.</param>
    public static Size? Of(IReadOnlyList<BatchSize> recorded, ReadOnlySpan<long> lengths)
    {
        for (int powers = 0; powers <= MostPower; powers++)
        {
            for (int batch = powers; batch >= 0; batch--)
            {
                long unit = recorded[0].Of(new Size(1, batch, powers - batch));
                if (unit == 0 || lengths[0] % unit != 0) continue;
                var size = new Size(lengths[0] / unit, batch, powers - batch);
                bool fits = true;
                for (int at = 1; fits && at < lengths.Length; at++) fits = recorded[at].Of(size) == lengths[at];
                if (fits) return size;
            }
        }
        return null;
    }
}
