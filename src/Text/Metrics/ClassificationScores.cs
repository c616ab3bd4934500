namespace Graft.Text;

/// <summary>How well texts were classified; shares from 0 to 1, and 0 where there is nothing to divide by (scikit-learn's rules).</summary>
public sealed class ClassificationScores
{
    private readonly PrecisionRecall[] classes;

    private ClassificationScores(PrecisionRecall[] classes, double accuracy, double matthews) => (this.classes, Accuracy, Matthews) = (classes, accuracy, matthews);

    /// <summary>The share that is right; where a text may have several classes, all of them have to be.</summary>
    public double Accuracy { get; }

    /// <summary>Each class, in index order.</summary>
    public IReadOnlyList<PrecisionRecall> Classes => classes;

    /// <summary>Over all classes' decisions (the micro average).</summary>
    public PrecisionRecall Micro => PrecisionRecall.Sum(classes);

    /// <summary>The mean precision over the classes that are expected or predicted.</summary>
    public double MacroPrecision => Mean(static one => one.Precision);

    /// <summary>The mean recall over the classes that are expected or predicted.</summary>
    public double MacroRecall => Mean(static one => one.Recall);

    /// <summary>The mean F1 over the classes that are expected or predicted.</summary>
    public double MacroF1 => Mean(static one => one.F1);

    /// <summary>Matthews' correlation of expected and predicted classes, from -1 to 1 (Gorodkin's form for many classes); 0 where all texts are of
    /// one class on a side, and where a text may have several.</summary>
    public double Matthews { get; }

    /// <summary>Figures by name: <c>accuracy</c>, <c>f1</c> (macro), <c>f1_micro</c>, <c>precision</c> and <c>recall</c> (macro), <c>matthews</c>.</summary>
    public IReadOnlyList<(string Name, double Value)> Figures =>
    [
        ("accuracy", Accuracy), ("f1", MacroF1), ("f1_micro", Micro.F1), ("precision", MacroPrecision), ("recall", MacroRecall), ("matthews", Matthews),
    ];

    /// <summary>Of texts with one class each.</summary>
    /// <param name="expected">The right classes.</param>
    /// <param name="predicted">The predicted classes, as many.</param>
    /// <param name="count">How many classes there are.</param>
    /// <exception cref="ArgumentException">There are not as many on both sides, or one is no class index.</exception>
    public static ClassificationScores Of(ReadOnlySpan<int> expected, ReadOnlySpan<int> predicted, int count)
    {
        RequireAsMany(expected.Length, predicted.Length);
        int[] right = new int[count], given = new int[count], sought = new int[count];
        int hits = 0;
        for (int text = 0; text < expected.Length; text++)
        {
            if ((uint)expected[text] >= (uint)count || (uint)predicted[text] >= (uint)count)
                throw new ArgumentException($"text {text} has the class {expected[text]} and is predicted as {predicted[text]}; there are {count}, 0 to {count - 1}");
            sought[expected[text]]++;
            given[predicted[text]]++;
            if (expected[text] != predicted[text]) continue;
            right[expected[text]]++;
            hits++;
        }
        double texts = expected.Length, products = 0, squaresGiven = 0, squaresSought = 0;
        for (int one = 0; one < count; one++)
        {
            products += (double)given[one] * sought[one];
            squaresGiven += (double)given[one] * given[one];
            squaresSought += (double)sought[one] * sought[one];
        }
        double spread = Math.Sqrt(texts * texts - squaresGiven) * Math.Sqrt(texts * texts - squaresSought);
        return new ClassificationScores(
            [.. Enumerable.Range(0, count).Select(one => new PrecisionRecall(right[one], given[one], sought[one]))],
            texts == 0 ? 0 : hits / texts, spread == 0 ? 0 : (hits * texts - products) / spread);
    }

    /// <summary>Of texts with any number of classes each.</summary>
    /// <param name="expected">The right classes of each text.</param>
    /// <param name="predicted">The predicted classes of each text, as many.</param>
    /// <param name="count">How many classes there are.</param>
    /// <exception cref="ArgumentException">There are not as many texts on both sides, or a class is outside.</exception>
    public static ClassificationScores Of(IReadOnlyList<IReadOnlyCollection<int>> expected, IReadOnlyList<IReadOnlyCollection<int>> predicted, int count)
    {
        ArgumentNullException.ThrowIfNull(expected);
        ArgumentNullException.ThrowIfNull(predicted);
        RequireAsMany(expected.Count, predicted.Count);
        var classes = new PrecisionRecall[count];
        int whole = 0;
        for (int text = 0; text < expected.Count; text++)
        {
            HashSet<int> sought = [.. expected[text]], given = [.. predicted[text]];
            foreach (int one in sought.Union(given))
            {
                if ((uint)one >= (uint)count) throw new ArgumentException($"text {text} has the class {one}; there are {count}, 0 to {count - 1}");
                bool isGiven = given.Contains(one), isSought = sought.Contains(one);
                classes[one] = PrecisionRecall.Sum([classes[one], new PrecisionRecall(isGiven && isSought ? 1 : 0, isGiven ? 1 : 0, isSought ? 1 : 0)]);
            }
            if (sought.SetEquals(given)) whole++;
        }
        return new ClassificationScores(classes, expected.Count == 0 ? 0 : (double)whole / expected.Count, matthews: 0);
    }

    private static void RequireAsMany(int expected, int predicted)
    {
        if (expected != predicted) throw new ArgumentException($"{predicted} texts were predicted and {expected} are expected");
    }

    private double Mean(Func<PrecisionRecall, double> figure) =>
        classes.Where(static one => one.Predicted + one.Expected > 0).Select(figure).DefaultIfEmpty(0).Average();
}
