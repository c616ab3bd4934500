namespace Graft.Models;

/// <summary>Makes labels of the logits of frames that a network trained by connectionist temporal classification gives (Graves et al. 2006).</summary>
/// <param name="classes">V: how many labels there are, the blank among them.</param>
/// <param name="blank">The label that means none.</param>
public sealed class CtcDecoder(int classes, int blank = 0)
{
    /// <summary>V.</summary>
    public int Classes { get; } = classes;

    /// <summary>The label that means none.</summary>
    public int Blank { get; } = blank;

    /// <summary>The likeliest label of each frame, repetitions taken once and blanks left out.</summary>
    /// <param name="logits">[T, V].</param>
    /// <returns>Each label with the frame at which it begins.</returns>
    /// <exception cref="ArgumentException">They are no whole number of frames.</exception>
    public IReadOnlyList<CtcLabel> Greedy(ReadOnlySpan<float> logits)
    {
        int frames = FramesOf(logits), before = Blank;
        var labels = new List<CtcLabel>();
        for (int frame = 0; frame < frames; frame++)
        {
            var row = logits.Slice(frame * Classes, Classes);
            int best = 0;
            for (int label = 1; label < row.Length; label++)
                if (row[label] > row[best]) best = label;
            if (best != Blank && best != before) labels.Add(new CtcLabel(best, frame));
            before = best;
        }
        return labels;
    }

    /// <summary>The likeliest sequences over all their alignments, by a search that keeps so many beginnings (Hannun et al. 2014).</summary>
    /// <param name="logits">[T, V].</param>
    /// <param name="beams">How many beginnings are kept after each frame.</param>
    /// <param name="scoreOf">What a language model adds to the score when a label follows on a sequence; null for nothing.</param>
    /// <returns>The sequences that were kept, likeliest first.</returns>
    /// <exception cref="ArgumentException">They are no whole number of frames.</exception>
    public IReadOnlyList<CtcSequence> Beam(ReadOnlySpan<float> logits, int beams = 16, Func<IReadOnlyList<int>, int, double>? scoreOf = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(beams, 1);
        int frames = FramesOf(logits);
        var root = new Prefix(null, Blank);
        root.Blank = 0;
        List<Prefix> kept = [root];
        var row = new double[Classes];
        for (int frame = 0; frame < frames; frame++)
        {
            LogSoftmax(logits.Slice(frame * Classes, Classes), row);
            var touched = new List<Prefix>(kept);
            foreach (var prefix in kept)
            {
                prefix.NextBlank = Add(prefix.NextBlank, prefix.Total + row[Blank]);
                if (prefix.Parent is not null) prefix.NextLabel = Add(prefix.NextLabel, prefix.Label + row[prefix.Last]);
                for (int label = 0; label < row.Length; label++)
                {
                    if (label == Blank) continue;
                    // the same label again is a new one only behind a blank
                    double from = prefix.Parent is not null && label == prefix.Last ? prefix.Blank : prefix.Total;
                    if (double.IsNegativeInfinity(from)) continue;
                    var child = prefix.Child(label, scoreOf);
                    child.NextLabel = Add(child.NextLabel, from + row[label] + child.Added);
                    if (!child.IsTouched && !kept.Contains(child)) touched.Add(child);
                    child.IsTouched = true;
                }
            }
            foreach (var prefix in touched) prefix.Step();
            kept = [.. touched.OrderByDescending(static prefix => prefix.Total).Take(beams)];
            foreach (var dropped in touched.Except(kept)) dropped.Forget();
        }
        return [.. kept.Select(static prefix => new CtcSequence(prefix.Labels(), prefix.Total))];
    }

    private int FramesOf(ReadOnlySpan<float> logits) => logits.Length % Classes == 0 ? logits.Length / Classes
        : throw new ArgumentException($"{logits.Length} logits are no whole number of frames of {Classes} labels");

    private static void LogSoftmax(ReadOnlySpan<float> logits, double[] row)
    {
        double largest = double.NegativeInfinity, sum = 0;
        foreach (float logit in logits) largest = Math.Max(largest, logit);
        foreach (float logit in logits) sum += Math.Exp(logit - largest);
        double all = largest + Math.Log(sum);
        for (int label = 0; label < row.Length; label++) row[label] = logits[label] - all;
    }

    private static double Add(double a, double b)
    {
        double larger = Math.Max(a, b);
        return double.IsNegativeInfinity(larger) ? larger : larger + Math.Log(1 + Math.Exp(Math.Min(a, b) - larger));
    }

    /// <summary>A beginning, and how likely it is with a blank at its end and with its last label there.</summary>
    private sealed class Prefix(Prefix? parent, int last)
    {
        private Dictionary<int, Prefix>? children;

        public Prefix? Parent => parent;

        public int Last => last;

        public double Blank { get; set; } = double.NegativeInfinity;

        public double Label { get; set; } = double.NegativeInfinity;

        public double NextBlank { get; set; } = double.NegativeInfinity;

        public double NextLabel { get; set; } = double.NegativeInfinity;

        public double Added { get; private init; }

        public bool IsTouched { get; set; }

        public double Total => CtcDecoder.Add(Blank, Label);

        public Prefix Child(int label, Func<IReadOnlyList<int>, int, double>? scoreOf)
        {
            children ??= [];
            if (!children.TryGetValue(label, out var child))
                children.Add(label, child = new Prefix(this, label) { Added = scoreOf?.Invoke(Labels(), label) ?? 0 });
            return child;
        }

        public void Step()
        {
            (Blank, Label, NextBlank, NextLabel, IsTouched) = (NextBlank, NextLabel, double.NegativeInfinity, double.NegativeInfinity, false);
        }

        public void Forget() => (Blank, Label) = (double.NegativeInfinity, double.NegativeInfinity);

        public int[] Labels()
        {
            var labels = new List<int>();
            for (var at = this; at.Parent is not null; at = at.Parent) labels.Add(at.Last);
            labels.Reverse();
            return [.. labels];
        }
    }
}

/// <summary>A label and the frame at which it begins.</summary>
/// <param name="Label">The label.</param>
/// <param name="Frame">From 0.</param>
public readonly record struct CtcLabel(int Label, int Frame);

/// <summary>A sequence of labels.</summary>
/// <param name="Labels">The labels.</param>
/// <param name="LogProbability">The logarithm of its probability over all alignments, and what a language model added.</param>
public sealed record CtcSequence(IReadOnlyList<int> Labels, double LogProbability);
