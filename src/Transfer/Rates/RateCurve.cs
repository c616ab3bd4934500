namespace Graft.Transfer;

/// <summary>The losses of a training whose rate rises from step to step, and the rates that they suggest (Smith 2017; fastai's <c>lr_find</c>).</summary>
public sealed class RateCurve
{
    /// <summary>fastai leaves the first tenth of the steps out of suggestions, and the last five.</summary>
    private const int SharePassedOver = 10, LastPassedOver = 5;

    private const int SlideWidth = 15;
    private const double SlideThreshold = 0.005;

    /// <summary>Takes the points of a curve.</summary>
    /// <param name="rates">The head's rate at each step, rising.</param>
    /// <param name="losses">The smoothed loss at each step.</param>
    /// <exception cref="ArgumentException">They are not as many.</exception>
    public RateCurve(IReadOnlyList<double> rates, IReadOnlyList<double> losses)
    {
        ArgumentNullException.ThrowIfNull(rates);
        ArgumentNullException.ThrowIfNull(losses);
        if (rates.Count != losses.Count) throw new ArgumentException($"{rates.Count} rates and {losses.Count} losses are not points of a curve", nameof(losses));
        (Rates, Losses) = (rates, losses);
    }

    /// <summary>The head's rate at each step.</summary>
    public IReadOnlyList<double> Rates { get; }

    /// <summary>The smoothed loss at each step.</summary>
    public IReadOnlyList<double> Losses { get; }

    /// <summary>Whether there are steps enough for suggestions.</summary>
    public bool HasSuggestions => Count > 1;

    /// <summary>The rate two thirds down the longest fall of the losses (fastai's <c>valley</c>): what is used where nothing else is said.</summary>
    /// <exception cref="InvalidOperationException">The curve is too short.</exception>
    public double Valley
    {
        get
        {
            var losses = Kept(Losses);
            int[] lengths = [.. losses.Select(static _ => 1)];
            int last = 0;
            for (int i = 1; i < losses.Length; i++)
            {
                for (int before = 0; before < i; before++)
                    if (losses[i] < losses[before] && lengths[i] < lengths[before] + 1) lengths[i] = lengths[before] + 1;
                if (lengths[last] < lengths[i]) last = i;
            }
            int first = last - lengths[last];
            double third = (last - first) / 3.0;
            return Kept(Rates)[Math.Max(0, first + (int)third + (int)(third / 2))];
        }
    }

    /// <summary>The last rate before the slope of the losses changes (fastai's <c>slide</c>).</summary>
    /// <exception cref="InvalidOperationException">The curve is too short.</exception>
    public double Slide
    {
        get
        {
            double[] losses = Kept(Losses), rates = Kept(Rates), slopes = Slopes(losses);
            int right = losses.Length - 1, left = right - Math.Min(SlideWidth, right);
            double rate = rates[left];
            for (; left >= 0 && Math.Abs(slopes[right] - slopes[left]) > SlideThreshold; left--, right--) rate = rates[left];
            return rate;
        }
    }

    /// <summary>A tenth of the rate with the smallest loss (fastai's <c>minimum</c>).</summary>
    /// <exception cref="InvalidOperationException">The curve is too short.</exception>
    public double Minimum => Kept(Rates)[IndexOfSmallest(Kept(Losses))] / 10;

    /// <summary>The rate where the loss falls fastest by the rate's logarithm (fastai's <c>steep</c>).</summary>
    /// <exception cref="InvalidOperationException">The curve is too short.</exception>
    public double Steepest
    {
        get
        {
            double[] losses = Kept(Losses), rates = Kept(Rates);
            double[] falls = [.. Enumerable.Range(0, losses.Length - 1).Select(i => (losses[i + 1] - losses[i]) / (Math.Log(rates[i + 1]) - Math.Log(rates[i])))];
            return rates[IndexOfSmallest(falls)];
        }
    }

    private int Count => Losses.Count - Losses.Count / SharePassedOver - LastPassedOver;

    private double[] Kept(IReadOnlyList<double> numbers) => HasSuggestions
        ? [.. numbers.Skip(numbers.Count / SharePassedOver).Take(Count)]
        : throw new InvalidOperationException($"a curve of {Losses.Count} steps is too short to suggest a rate: look for more than {LastPassedOver + 2} steps");

    /// <summary>The slope at each place: of both neighbours, at the ends of one (NumPy's <c>gradient</c>).</summary>
    private static double[] Slopes(double[] numbers) =>
    [
        .. Enumerable.Range(0, numbers.Length).Select(i =>
        {
            int before = Math.Max(0, i - 1), after = Math.Min(numbers.Length - 1, i + 1);
            return (numbers[after] - numbers[before]) / (after - before);
        }),
    ];

    private static int IndexOfSmallest(double[] numbers)
    {
        int smallest = 0;
        for (int i = 1; i < numbers.Length; i++)
            if (numbers[i] < numbers[smallest]) smallest = i;
        return smallest;
    }
}
