namespace Graft.Text;

/// <summary>How well questions were answered, by SQuAD's rules; shares from 0 to 1.</summary>
/// <remarks>Where one of the questions has no answer the rules of SQuAD 2.0 hold, else those of 1.1. In 1.1 a question without a prediction
/// counts as wrong; in 2.0, as in its script, it does not count.</remarks>
public sealed record AnswerScores
{
    /// <summary>The share of answers that match exactly.</summary>
    public required double ExactMatch { get; init; }

    /// <summary>The mean F1 over words.</summary>
    public required double F1 { get; init; }

    /// <summary>How many questions count.</summary>
    public required int Count { get; init; }

    /// <summary>The same of the questions that have an answer; null where all have one, or none.</summary>
    public AnswerScores? Answerable { get; init; }

    /// <summary>The same of the questions that have none; null where there are none.</summary>
    public AnswerScores? Unanswerable { get; init; }

    /// <summary>The best share of exact matches at any threshold of the no-answer scores, and that threshold; null without scores.</summary>
    public (double Score, double Threshold)? BestExactMatch { get; init; }

    /// <summary>The best mean F1 at any threshold of the no-answer scores, and that threshold; null without scores.</summary>
    public (double Score, double Threshold)? BestF1 { get; init; }

    /// <summary>Figures by name: <c>exact_match</c>, <c>f1</c>.</summary>
    public IReadOnlyList<(string Name, double Value)> Figures => [("exact_match", ExactMatch), ("f1", F1)];

    /// <summary>Compares predictions with the right answers.</summary>
    /// <param name="examples">The questions.</param>
    /// <param name="predictions">An answer for each question's id; empty for none.</param>
    /// <param name="noAnswerScores">How likely each question has no answer; above the threshold the prediction counts as none. Null for predictions alone.</param>
    /// <param name="threshold">The threshold of these scores.</param>
    /// <exception cref="ArgumentException">There is no question, or a no-answer score is missing.</exception>
    public static AnswerScores Of(
        IReadOnlyList<QuestionExample> examples, IReadOnlyDictionary<string, string> predictions, IReadOnlyDictionary<string, double>? noAnswerScores = null, double threshold = 1)
    {
        ArgumentNullException.ThrowIfNull(examples);
        ArgumentNullException.ThrowIfNull(predictions);
        if (examples.Count == 0) throw new ArgumentException("there is no question to count", nameof(examples));
        bool knowsUnanswerable = examples.Any(static example => example.IsImpossible);
        var scored = new List<AnswerScore>();
        foreach (var example in examples)
        {
            if (!predictions.TryGetValue(example.Id, out string? predicted))
            {
                if (!knowsUnanswerable) scored.Add(new AnswerScore(HasAnswer: true, IsGiven: false, 0, 0, 0));
                continue;
            }
            double score = 0;
            if (noAnswerScores is not null && !noAnswerScores.TryGetValue(example.Id, out score))
                throw new ArgumentException($"the question '{Printable.Text(example.Id)}' has no no-answer score", nameof(noAnswerScores));
            scored.Add(AnswerScore.Of(example, predicted, score, knowsUnanswerable));
        }
        if (scored.Count == 0) throw new ArgumentException("no question has a prediction", nameof(predictions));

        var counted = noAnswerScores is null ? scored : scored.ConvertAll(score => score.At(threshold));
        var all = Mean(counted);
        if (!knowsUnanswerable) return all;
        List<AnswerScore> answerable = counted.FindAll(static score => score.HasAnswer), unanswerable = counted.FindAll(static score => !score.HasAnswer);
        return all with
        {
            Answerable = answerable.Count > 0 ? Mean(answerable) : null,
            Unanswerable = unanswerable.Count > 0 ? Mean(unanswerable) : null,
            BestExactMatch = noAnswerScores is null ? null : Best(scored, static score => score.ExactMatch),
            BestF1 = noAnswerScores is null ? null : Best(scored, static score => score.F1),
        };
    }

    private static AnswerScores Mean(List<AnswerScore> scores) => new()
    {
        ExactMatch = scores.Average(static score => score.ExactMatch),
        F1 = scores.Average(static score => score.F1),
        Count = scores.Count,
    };

    /// <summary>Raises the threshold past one question after the other: an answerable one then counts by its score, one without an answer is wrong
    /// where something was given.</summary>
    private static (double Score, double Threshold) Best(List<AnswerScore> scores, Func<AnswerScore, double> scoreOf)
    {
        double now = scores.Count(static score => !score.HasAnswer), best = now, threshold = 0;
        foreach (var score in scores.OrderBy(static score => score.NoAnswer))
        {
            now += score.HasAnswer ? scoreOf(score) : score.IsGiven ? -1 : 0;
            if (now > best) (best, threshold) = (now, score.NoAnswer);
        }
        return (best / scores.Count, threshold);
    }

    private readonly record struct AnswerScore(bool HasAnswer, bool IsGiven, double ExactMatch, double F1, double NoAnswer)
    {
        public static AnswerScore Of(QuestionExample example, string predicted, double noAnswer, bool knowsUnanswerable)
        {
            string[] right = [.. example.Answers.Select(static answer => answer.Text)];
            // the second script leaves out answers of articles and punctuation alone
            if (knowsUnanswerable) right = [.. right.Where(static answer => AnswerText.Normalise(answer).Length > 0)];
            if (knowsUnanswerable && right.Length == 0) right = [""];
            return new AnswerScore(
                example.Answers.Count > 0, predicted.Length > 0,
                right.Length == 0 ? 0 : right.Max(answer => AnswerText.IsExactMatch(predicted, answer) ? 1 : 0),
                right.Length == 0 ? 0 : right.Max(answer => AnswerText.F1(predicted, answer, emptyMatches: knowsUnanswerable)), noAnswer);
        }

        public AnswerScore At(double threshold) => NoAnswer > threshold ? this with { ExactMatch = HasAnswer ? 0 : 1, F1 = HasAnswer ? 0 : 1 } : this;
    }
}
