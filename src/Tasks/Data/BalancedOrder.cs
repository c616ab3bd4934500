using Graft.Tensors;

namespace Graft.Tasks;

/// <summary>Draws as many examples of each class an epoch, as many in all as there are: those of a large class take turns over epochs, those of a small one come several
/// times. What is drawn follows from the seed and the epoch.</summary>
internal sealed class BalancedOrder : IExampleOrder
{
    private readonly (int Class, int[] Examples)[] classes;
    private readonly int count;
    private readonly ulong seed;

    public BalancedOrder(IReadOnlyList<int> labels, ulong seed)
    {
        classes = [.. labels.Index().GroupBy(static example => example.Item).OrderBy(static group => group.Key)
            .Select(static group => (group.Key, group.Select(static example => example.Index).ToArray()))];
        (count, this.seed) = (labels.Count, seed);
    }

    /// <inheritdoc/>
    public int[] Epoch(int epoch)
    {
        var drawn = new List<int>(count);
        int each = count / classes.Length, rest = count % classes.Length;
        for (int place = 0; place < classes.Length; place++)
        {
            var (number, examples) = classes[place];
            var stream = new RandomStream(seed, $"sampling {number}");
            // what does not divide evenly goes around the classes from epoch to epoch
            long before = (long)epoch * each + Turns(epoch, rest, place), after = (long)(epoch + 1) * each + Turns(epoch + 1, rest, place);
            int[]? order = null;
            long round = -1;
            for (long draw = before; draw < after; draw++)
            {
                if (draw / examples.Length != round) order = stream.Permutation(examples.Length, (ulong)(round = draw / examples.Length));
                drawn.Add(examples[order![(int)(draw % examples.Length)]]);
            }
        }
        return Array.ConvertAll(new RandomStream(seed, "shuffle").Permutation(count, (ulong)epoch), place => drawn[place]);
    }

    /// <summary>How many of the first epochs' rests a class had.</summary>
    private long Turns(int epochs, int rest, int place) => ((long)epochs * rest + classes.Length - 1 - place) / classes.Length;
}
