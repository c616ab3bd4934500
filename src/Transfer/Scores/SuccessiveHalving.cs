namespace Graft.Transfer;

/// <summary>Successive halving (Jamieson and Talwalkar 2016): every candidate is trained for an epoch, the better half for two, the better half of those for four,
/// and so on, until one is left, the epochs or the time are over.</summary>
/// <remarks>Which candidate is chosen follows from the rounds that were finished; the time says only how many those are.</remarks>
public static class SuccessiveHalving
{
    /// <summary>Runs the rounds.</summary>
    /// <typeparam name="T">What is tried.</typeparam>
    /// <param name="candidates">The candidates, the preferred one first: it is chosen where others are equal, or no round was finished.</param>
    /// <param name="mostEpochs">The epochs of the last round at most.</param>
    /// <param name="train">Trains a candidate for some epochs and says how well it does on examples that it has not seen.</param>
    /// <param name="isOver">Whether the time is over; asked before each training.</param>
    /// <exception cref="ArgumentException">There is no candidate.</exception>
    public static HalvingReport<T> Run<T>(IReadOnlyList<T> candidates, int mostEpochs, Func<T, int, Evaluation> train, Func<bool> isOver)
    {
        ArgumentNullException.ThrowIfNull(candidates);
        ArgumentNullException.ThrowIfNull(train);
        ArgumentNullException.ThrowIfNull(isOver);
        ArgumentOutOfRangeException.ThrowIfLessThan(mostEpochs, 1);
        if (candidates.Count == 0) throw new ArgumentException("there is nothing to choose from", nameof(candidates));
        var trials = new List<HalvingTrial<T>>();
        int[] left = [.. Enumerable.Range(0, candidates.Count)];
        int rounds = 0;
        for (int epochs = 1; ; epochs = Math.Min(epochs * 2, mostEpochs))
        {
            var scores = new Dictionary<int, Evaluation>();
            foreach (int candidate in left)
            {
                if (isOver()) return new HalvingReport<T>(candidates[left[0]], rounds, trials);
                var evaluation = scores[candidate] = train(candidates[candidate], epochs);
                trials.Add(new HalvingTrial<T>(candidates[candidate], epochs, evaluation));
            }
            rounds++;
            // a loss that is no number is the worst
            left =
            [
                .. left.OrderByDescending(candidate => scores[candidate].Accuracy)
                    .ThenBy(candidate => double.IsNaN(scores[candidate].Loss) ? double.PositiveInfinity : scores[candidate].Loss).ThenBy(static candidate => candidate)
                    .Take(Math.Max(1, (left.Length + 1) / 2)),
            ];
            if (left.Length == 1 || epochs == mostEpochs) return new HalvingReport<T>(candidates[left[0]], rounds, trials);
        }
    }
}

/// <summary>What came of a <see cref="SuccessiveHalving"/>.</summary>
/// <typeparam name="T">What was tried.</typeparam>
/// <param name="Chosen">The best of the last round that was finished.</param>
/// <param name="Rounds">How many rounds were finished.</param>
/// <param name="Trials">Every training, in order, those of a round that was not finished too.</param>
public sealed record HalvingReport<T>(T Chosen, int Rounds, IReadOnlyList<HalvingTrial<T>> Trials);

/// <summary>A training within a <see cref="SuccessiveHalving"/>.</summary>
/// <typeparam name="T">What was tried.</typeparam>
/// <param name="Candidate">The candidate.</param>
/// <param name="Epochs">For how many epochs.</param>
/// <param name="Evaluation">How well it did.</param>
public sealed record HalvingTrial<T>(T Candidate, int Epochs, Evaluation Evaluation);
