namespace Graft.Text;

/// <summary>Levenshtein's distances of all beginnings of two rows, kept as whether they rise or fall by one along the reference.</summary>
internal static class EditTable
{
    public static EditCounts Count<T>(ReadOnlySpan<T> hypothesis, ReadOnlySpan<T> reference)
        where T : IEquatable<T>
    {
        int width = reference.Length;
        int stride = (width + 63) / 64;
        ulong[] rises = new ulong[(long)hypothesis.Length * stride], falls = new ulong[rises.LongLength];
        int[] distances = new int[width + 1];
        for (int at = 0; at <= width; at++) distances[at] = at;
        for (int row = 0; row < hypothesis.Length; row++)
        {
            int diagonal = distances[0];
            distances[0] = row + 1;
            for (int column = 0; column < width; column++)
            {
                int above = distances[column + 1], cost = hypothesis[row].Equals(reference[column]) ? 0 : 1;
                int distance = distances[column + 1] = Math.Min(diagonal + cost, Math.Min(above, distances[column]) + 1);
                diagonal = above;
                long word = (long)row * stride + column / 64;
                if (distance > distances[column]) rises[word] |= 1UL << column;
                else if (distance < distances[column]) falls[word] |= 1UL << column;
            }
        }
        return Back(hypothesis, reference, stride, rises, falls);
    }

    private static EditCounts Back<T>(ReadOnlySpan<T> hypothesis, ReadOnlySpan<T> reference, int stride, ulong[] rises, ulong[] falls)
        where T : IEquatable<T>
    {
        int row = hypothesis.Length, column = reference.Length, hits = 0, substitutions = 0, deletions = 0, insertions = 0;
        while (row > 0 && column > 0)
        {
            if (IsSet(rises, row - 1, column - 1))
            {
                deletions++;
                column--;
                continue;
            }
            row--;
            if (row > 0 && IsSet(falls, row - 1, column - 1)) insertions++;
            else if (hypothesis[row].Equals(reference[--column])) hits++;
            else substitutions++;
        }
        return new EditCounts(hits, substitutions, deletions + column, insertions + row);

        bool IsSet(ulong[] bits, int row, int column) => (bits[(long)row * stride + column / 64] >> column & 1) != 0;
    }
}
