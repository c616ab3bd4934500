namespace Graft.Transfer;

/// <summary>The classes of examples, numbered by those that there are examples of.</summary>
internal sealed class ClassLabels
{
    private ClassLabels(int[] classes, int[] numbers, int[] counts) => (Names, Numbers, Counts) = (classes, numbers, counts);

    /// <summary>The classes, in rising order.</summary>
    public int[] Names { get; }

    /// <summary>The number of each example's class among them [N].</summary>
    public int[] Numbers { get; }

    /// <summary>How many examples each has.</summary>
    public int[] Counts { get; }

    /// <summary>How many classes there are examples of.</summary>
    public int Classes => Names.Length;

    /// <exception cref="ArgumentException">They are not as many as the examples, one is below 0, or there are fewer classes than needed.</exception>
    public static ClassLabels Of(IReadOnlyList<int> labels, int examples, int leastClasses = 2)
    {
        ArgumentNullException.ThrowIfNull(labels);
        if (labels.Count != examples) throw new ArgumentException($"{labels.Count} labels do not fit {examples} examples", nameof(labels));
        int[] names = [.. labels.Distinct().Order()];
        if (names[0] < 0) throw new ArgumentException($"the label {names[0]} is no class: they are counted from 0", nameof(labels));
        if (names.Length < leastClasses) throw new ArgumentException($"all {examples} examples are of class {names[0]}: there is nothing to tell apart", nameof(labels));
        int[] numbers = [.. labels.Select(label => Array.BinarySearch(names, label))];
        var counts = new int[names.Length];
        foreach (int number in numbers) counts[number]++;
        return new ClassLabels(names, numbers, counts);
    }

    /// <summary>1 in the column of each example's class [N, K].</summary>
    public double[] Indicators()
    {
        var marks = new double[Numbers.Length * Classes];
        for (int example = 0; example < Numbers.Length; example++) marks[example * Classes + Numbers[example]] = 1;
        return marks;
    }
}
