namespace Graft.Tasks;

/// <summary>Divides an epoch into batches. In training the pictures are spread evenly, so that none is left out and no batch is much
/// smaller than the others: a batch norm learns little from a last batch of two and nothing from one. Otherwise all batches but the last
/// have the same size, which a captured pass needs.</summary>
public sealed class BatchPlan
{
    private readonly int size;
    private readonly bool even;

    /// <summary>Divides pictures.</summary>
    /// <param name="examples">How many there are; at least 1.</param>
    /// <param name="batchSize">The largest batch. A batch of two is given a third picture where it would leave one alone.</param>
    /// <param name="even">Whether batches differ by one picture at most.</param>
    public BatchPlan(int examples, int batchSize, bool even)
    {
        Examples = examples;
        this.even = even;
        size = batchSize;
        Count = (int)(((long)examples + batchSize - 1) / batchSize);
        if (even && batchSize > 1 && examples > 1) Count = Math.Min(Count, examples / 2);
    }

    /// <summary>Pictures an epoch.</summary>
    public int Examples { get; }

    /// <summary>Batches an epoch.</summary>
    public int Count { get; }

    /// <summary>Pictures in the largest batch.</summary>
    public int Largest => even ? Start(1) : Math.Min(size, Examples);

    /// <summary>Pictures in the smallest batch.</summary>
    public int Smallest => Examples - Start(Count - 1);

    /// <summary>The position of a batch's first picture; that of the batch after the last is the number of pictures.</summary>
    /// <param name="batch">The batch, from 0.</param>
    public int Start(int batch) => even
        ? batch * (Examples / Count) + Math.Min(batch, Examples % Count)
        : (int)Math.Min(Examples, (long)batch * size);
}
