using System.Globalization;

namespace Graft.Text;

/// <summary>BLEU of a whole set of texts, from 0 to 100.</summary>
/// <remarks>Papineni et al., "BLEU: a method for automatic evaluation of machine translation" (2002), by the rule of sacreBLEU 2 (Post, "A call for clarity in
/// reporting BLEU scores", 2018): the runs of all texts are counted together, each as often as in the reference that has it most often, and the length of
/// the reference is that of the closest, the shorter of two as close. Empty references of a text are left out where it has others.</remarks>
public sealed record BleuScore
{
    /// <summary>BLEU, from 0 to 100.</summary>
    public required double Score { get; init; }

    /// <summary>The share of matching runs of each length, in per cent, smoothed.</summary>
    public required IReadOnlyList<double> Precisions { get; init; }

    /// <summary>How many runs of each length match, smoothed by <see cref="BleuSmoothing.AddK"/>.</summary>
    public required IReadOnlyList<double> Counts { get; init; }

    /// <summary>How many runs of each length the hypotheses have, smoothed by <see cref="BleuSmoothing.AddK"/>.</summary>
    public required IReadOnlyList<double> Totals { get; init; }

    /// <summary>The factor for hypotheses that are shorter than their references.</summary>
    public required double BrevityPenalty { get; init; }

    /// <summary>How many words the hypotheses have.</summary>
    public required long HypothesisLength { get; init; }

    /// <summary>How many words the closest references have.</summary>
    public required long ReferenceLength { get; init; }

    /// <summary>How it was counted, in sacreBLEU's words: <c>nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:graft</c>.</summary>
    public required string Signature { get; init; }

    /// <summary>Figures by name: <c>bleu</c>.</summary>
    public IReadOnlyList<(string Name, double Value)> Figures => [("bleu", Score)];

    /// <summary>Compares texts with a reference each.</summary>
    /// <param name="hypotheses">The texts.</param>
    /// <param name="references">A reference for each text.</param>
    /// <param name="options">How; null for sacreBLEU's defaults.</param>
    /// <exception cref="ArgumentException">There is no text, not as many on both sides, or a reference is empty.</exception>
    public static BleuScore Of(IReadOnlyList<string> hypotheses, IReadOnlyList<string> references, BleuOptions? options = null) =>
        Of(hypotheses, Segments.Single(references), options);

    /// <summary>Compares texts with several references each.</summary>
    /// <param name="hypotheses">The texts.</param>
    /// <param name="references">The references of each text.</param>
    /// <param name="options">How; null for sacreBLEU's defaults.</param>
    /// <exception cref="ArgumentException">There is no text, not as many on both sides, or a text has no reference that is not empty.</exception>
    public static BleuScore Of(IReadOnlyList<string> hypotheses, IReadOnlyList<IReadOnlyList<string>> references, BleuOptions? options = null)
    {
        var filled = Segments.Filled(hypotheses, references);
        options ??= new BleuOptions();
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.MaximumOrder);
        int orders = options.MaximumOrder;
        double[] correct = new double[orders], totals = new double[orders];
        long given = 0, sought = 0;
        for (int at = 0; at < filled.Length; at++)
        {
            var table = new NgramTable();
            int[] words = Words(hypotheses[at]);
            var own = table.Count(words, orders);
            var most = new Dictionary<int, int>[orders];
            int closest = int.MaxValue;
            foreach (string reference in filled[at])
            {
                int[] right = Words(reference);
                var counts = table.Count(right, orders);
                for (int order = 0; order < orders; order++) most[order] = most[order] is { } before ? Most(before, counts[order]) : counts[order];
                int distance = Math.Abs(right.Length - words.Length), best = Math.Abs(closest - words.Length);
                if (closest == int.MaxValue || distance < best || distance == best && right.Length < closest) closest = right.Length;
            }
            for (int order = 0; order < orders; order++)
            {
                correct[order] += NgramTable.Shared(own[order], most[order]);
                totals[order] += Math.Max(0, words.Length - order);
            }
            given += words.Length;
            sought += closest;

            int[] Words(string line) => table.Words(BleuTokeniser.Cut(line, options.Tokenisation, options.LowerCase));
        }
        return Of(correct, totals, given, sought, options, Segments.CountOf(filled));
    }

    /// <summary>As sacreBLEU prints it: <c>BLEU = 48.53 82.4/50.0/45.5/37.5 (BP = 0.943 ratio = 0.944 hyp_len = 17 ref_len = 18)</c>.</summary>
    public override string ToString()
    {
        string precisions = string.Join('/', Precisions.Select(static one => one.ToString("f1", CultureInfo.InvariantCulture)));
        double ratio = ReferenceLength == 0 ? 0 : (double)HypothesisLength / ReferenceLength;
        return FormattableString.Invariant(
            $"BLEU = {Score:f2} {precisions} (BP = {BrevityPenalty:f3} ratio = {ratio:f3} hyp_len = {HypothesisLength} ref_len = {ReferenceLength})");
    }

    private static BleuScore Of(double[] correct, double[] totals, long given, long sought, BleuOptions options, string references)
    {
        double brevity = given >= sought ? 1 : given == 0 ? 0 : Math.Exp(1 - (double)sought / given);
        double[] precisions = new double[correct.Length];
        double score = 0;
        if (correct.Any(static count => count > 0))
        {
            int counted = correct.Length;
            double halved = 1;
            for (int order = 0; order < correct.Length; order++)
            {
                if (options.Smoothing == BleuSmoothing.AddK && order > 0)
                {
                    correct[order] += options.Value;
                    totals[order] += options.Value;
                }
                if (totals[order] == 0) break;
                if (options.EffectiveOrder) counted = order + 1;
                double matches = correct[order];
                if (matches == 0 && options.Smoothing == BleuSmoothing.Exponential) matches = halved /= 2;
                else if (matches == 0 && options.Smoothing == BleuSmoothing.Floor) matches = options.Value;
                precisions[order] = 100 * matches / totals[order];
            }
            double logarithms = 0;
            for (int order = 0; order < counted; order++) logarithms += Math.Log(precisions[order]);
            score = brevity * Math.Exp(logarithms / counted);
        }
        return new BleuScore
        {
            Score = score,
            Precisions = precisions,
            Counts = correct,
            Totals = totals,
            BrevityPenalty = brevity,
            HypothesisLength = given,
            ReferenceLength = sought,
            Signature = $"nrefs:{references}|case:{(options.LowerCase ? "lc" : "mixed")}|eff:{(options.EffectiveOrder ? "yes" : "no")}"
                + $"|tok:{BleuTokeniser.NameOf(options.Tokenisation)}|smooth:{options.SmoothingName}|version:graft",
        };
    }

    private static Dictionary<int, int> Most(Dictionary<int, int> left, Dictionary<int, int> right)
    {
        foreach (var (run, count) in right) left[run] = Math.Max(count, left.GetValueOrDefault(run));
        return left;
    }
}
