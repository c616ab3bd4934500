using Graft.Models;

namespace Graft.Transfer;

/// <summary>The mean of the weights of models that were fine-tuned from one start in different ways (model soups; Wortsman et al. 2022): one model that is often
/// better than the best of them.</summary>
public static class WeightSoup
{
    /// <summary>Gives a model the mean of others' weights and statistics; that of equal models is theirs, bit for bit.</summary>
    /// <param name="target">What is overwritten.</param>
    /// <param name="models">What is averaged; at least one.</param>
    /// <exception cref="ArgumentException">There is none, or one has other keys or shapes; nothing was changed.</exception>
    public static void Blend(Model target, IReadOnlyList<Model> models)
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(models);
        if (models.Count == 0) throw new ArgumentException("there is no model to average: give one at least", nameof(models));
        var tensors = target.Parameters().Concat(target.Buffers()).ToList();
        var others = models.Select(model => Matching(target, tensors, model)).ToList();
        target.ChangeWeights(() =>
        {
            for (int i = 0; i < tensors.Count; i++)
            {
                // in double precision the sum of a few equal numbers and its share are exact
                var sums = new double[tensors[i].Shape.ElementCount];
                foreach (var other in others)
                {
                    float[] numbers = other[i].Value.ToArray();
                    for (int at = 0; at < sums.Length; at++) sums[at] += numbers[at];
                }
                tensors[i].Fill(mean =>
                {
                    for (int at = 0; at < sums.Length; at++) mean[at] = (float)(sums[at] / others.Count);
                });
            }
        });
        target.IsHeadNew = false;
    }

    /// <summary>The greedy soup: from the best model on, each goes in that does not make the mean worse.</summary>
    /// <param name="target">What is overwritten; none of the models.</param>
    /// <param name="models">What may be averaged; at least one.</param>
    /// <param name="score">How good the target is with the weights that it has; larger is better.</param>
    /// <returns>What went in, in that order; the models' own scores; the score of the mean.</returns>
    /// <exception cref="ArgumentException">There is none, one has other keys or shapes, or one is the target.</exception>
    public static (IReadOnlyList<int> Used, IReadOnlyList<double> Scores, double Score) Greedy(Model target, IReadOnlyList<Model> models, Func<double> score)
    {
        ArgumentNullException.ThrowIfNull(models);
        ArgumentNullException.ThrowIfNull(score);
        if (models.Contains(target)) throw new ArgumentException("the model that is overwritten is one of those that are averaged: give a copy", nameof(target));
        var scores = new double[models.Count];
        for (int i = 0; i < models.Count; i++)
        {
            Blend(target, [models[i]]);
            scores[i] = score();
        }
        int[] order = [.. Enumerable.Range(0, models.Count).OrderByDescending(index => scores[index])];
        List<int> used = [order[0]];
        double best = scores[order[0]];
        foreach (int next in order.AsSpan(1))
        {
            Blend(target, [.. used.Append(next).Select(index => models[index])]);
            double with = score();
            if (!(with >= best)) continue;
            best = with;
            used.Add(next);
        }
        Blend(target, [.. used.Select(index => models[index])]);
        return (used, scores, best);
    }

    private static List<Autograd.Parameter> Matching(Model target, List<Autograd.Parameter> tensors, Model model)
    {
        ArgumentNullException.ThrowIfNull(model);
        var matching = model.Parameters().Concat(model.Buffers()).ToList();
        for (int i = 0; i < Math.Max(tensors.Count, matching.Count); i++)
        {
            var (wanted, found) = (i < tensors.Count ? tensors[i] : null, i < matching.Count ? matching[i] : null);
            if (wanted is null || found is null || wanted.Name != found.Name || wanted.Shape != found.Shape)
            {
                string expected = wanted is null ? "nothing more" : $"{wanted.Name} {wanted.Shape}", actual = found is null ? "nothing more" : $"{found.Name} {found.Shape}";
                throw new ArgumentException($"{target.Name} and {model.Name} cannot be averaged: where one has {expected}, the other has {actual}");
            }
        }
        return matching;
    }
}
