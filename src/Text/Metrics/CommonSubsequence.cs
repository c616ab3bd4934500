namespace Graft.Text;

/// <summary>The longest common subsequence of two rows of words.</summary>
internal static class CommonSubsequence
{
    public static int Length(ReadOnlySpan<int> left, ReadOnlySpan<int> right)
    {
        int[] lengths = new int[right.Length + 1];
        foreach (int word in left)
        {
            int diagonal = 0;
            for (int at = 1; at <= right.Length; at++)
            {
                int above = lengths[at];
                lengths[at] = word == right[at - 1] ? diagonal + 1 : Math.Max(above, lengths[at - 1]);
                diagonal = above;
            }
        }
        return lengths[^1];
    }

    /// <summary>Marks which words of the reference are of one; of several it is the one that rouge-score reads out, from the end.</summary>
    public static void Mark(ReadOnlySpan<int> reference, ReadOnlySpan<int> other, Span<bool> isCommon)
    {
        int width = other.Length + 1;
        int[] lengths = new int[(reference.Length + 1) * width];
        for (int row = 1; row <= reference.Length; row++)
            for (int column = 1; column < width; column++)
                lengths[row * width + column] = reference[row - 1] == other[column - 1]
                    ? lengths[(row - 1) * width + column - 1] + 1
                    : Math.Max(lengths[(row - 1) * width + column], lengths[row * width + column - 1]);
        for (int row = reference.Length, column = other.Length; row > 0 && column > 0;)
        {
            if (reference[row - 1] == other[column - 1])
            {
                isCommon[row - 1] = true;
                row--;
                column--;
            }
            else if (lengths[row * width + column - 1] > lengths[(row - 1) * width + column]) column--;
            else row--;
        }
    }
}
