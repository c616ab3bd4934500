using System.Runtime.InteropServices;

namespace Graft.Text;

/// <summary>Runs of tokens as numbers, equal ones alike; so those of a text and of its references can be counted and compared.</summary>
internal sealed class NgramTable
{
    private readonly Dictionary<string, int> words = new(StringComparer.Ordinal);
    private readonly Dictionary<(int Prefix, int Token), int> runs = [];

    /// <summary>Words as numbers, equal ones alike.</summary>
    public int[] Words(IReadOnlyList<string> tokens)
    {
        int[] numbers = new int[tokens.Count];
        for (int at = 0; at < numbers.Length; at++)
        {
            ref int number = ref CollectionsMarshal.GetValueRefOrAddDefault(words, tokens[at], out bool isKnown);
            if (!isKnown) number = words.Count;
            numbers[at] = number;
        }
        return numbers;
    }

    /// <summary>How often each run occurs, by length from 1 to <paramref name="order"/>.</summary>
    /// <param name="tokens">The tokens, as numbers.</param>
    /// <param name="order">The longest run.</param>
    public Dictionary<int, int>[] Count(ReadOnlySpan<int> tokens, int order)
    {
        var counts = new Dictionary<int, int>[order];
        for (int at = 0; at < order; at++) counts[at] = [];
        for (int start = 0; start < tokens.Length; start++)
        {
            int run = 0;
            for (int length = 0; length < order && start + length < tokens.Length; length++)
            {
                ref int number = ref CollectionsMarshal.GetValueRefOrAddDefault(runs, (run, tokens[start + length]), out bool isKnown);
                if (!isKnown) number = runs.Count;
                run = number;
                CollectionsMarshal.GetValueRefOrAddDefault(counts[length], run, out _)++;
            }
        }
        return counts;
    }

    /// <summary>How many runs two texts share, each as often as in the one that has fewer.</summary>
    public static int Shared(Dictionary<int, int> left, Dictionary<int, int> right)
    {
        int shared = 0;
        foreach (var (run, count) in left) shared += Math.Min(count, right.GetValueOrDefault(run));
        return shared;
    }
}
