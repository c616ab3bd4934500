namespace Graft.Reinforcement;

/// <summary>Numbers of which one is drawn in proportion to its size: a tree of sums.</summary>
internal sealed class PriorityTree
{
    private readonly double[] sums;
    private readonly int leaves;

    public PriorityTree(int count)
    {
        for (leaves = 1; leaves < count; leaves *= 2)
        {
        }
        sums = new double[2 * leaves];
    }

    /// <summary>Of all numbers.</summary>
    public double Sum => sums[1];

    public double this[int index]
    {
        get => sums[leaves + index];
        set
        {
            int at = leaves + index;
            sums[at] = value;
            for (at /= 2; at > 0; at /= 2) sums[at] = sums[2 * at] + sums[2 * at + 1];
        }
    }

    /// <summary>The first index up to which the numbers add up to more than a part of <see cref="Sum"/>.</summary>
    public int Find(double part)
    {
        int at = 1;
        while (at < leaves)
        {
            at *= 2;
            // by rounding a part may lie beyond the last number: it never goes where there is nothing
            if (part < sums[at] || sums[at + 1] == 0) continue;
            part -= sums[at];
            at++;
        }
        return at - leaves;
    }
}
