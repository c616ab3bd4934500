using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Reinforcement;

/// <summary>What a network's outputs [N, actions] or [N, actions + 1] say.</summary>
internal static class ActionScores
{
    /// <summary>The scores of the actions [N, actions] and the value [N] of outputs that end with it.</summary>
    /// <exception cref="ShapeException">There are no such outputs.</exception>
    public static (Variable Scores, Variable Value) Split(Variable outputs, int rows)
    {
        if (outputs.Shape.Rank != 2 || outputs.Shape[0] != rows || outputs.Shape[1] < 2)
            ShapeException.Throw("policy", $"outputs {outputs.Shape} for {rows} steps", "there is a row for each step, of one column for each action and one more for the value");
        int actions = outputs.Shape[1] - 1;
        return (outputs.Slice(1, 0, actions), outputs.Slice(1, actions, 1).Reshape([rows]));
    }

    /// <summary>The entry of each row at a column: [N, columns] to [N].</summary>
    /// <exception cref="ShapeException">There is not a row for each.</exception>
    public static Variable At(Variable rows, ReadOnlySpan<int> columns)
    {
        if (rows.Shape.Rank != 2 || rows.Shape[0] != columns.Length)
            ShapeException.Throw("actions", $"outputs {rows.Shape} for {columns.Length} steps", "there is a row for each step, of one column for each action");
        float[] chosen = new float[rows.Shape.ElementCount];
        for (int row = 0; row < columns.Length; row++) chosen[row * rows.Shape[1] + columns[row]] = 1;
        return (rows * rows.Pass.Constant(rows.Pass.Upload<float>(rows.Shape, chosen))).Sum(1);
    }

    /// <summary>The logarithm of the share of each action, of one row of scores.</summary>
    public static void LogShares(ReadOnlySpan<float> scores, Span<double> logarithms)
    {
        double largest = double.NegativeInfinity, sum = 0;
        foreach (float score in scores) largest = Math.Max(largest, score);
        foreach (float score in scores) sum += Math.Exp(score - largest);
        for (int i = 0; i < scores.Length; i++) logarithms[i] = scores[i] - largest - Math.Log(sum);
    }

    /// <summary>The action of the highest score; the first of several.</summary>
    public static int Best(ReadOnlySpan<float> scores)
    {
        int best = 0;
        for (int i = 1; i < scores.Length; i++)
            if (scores[i] > scores[best]) best = i;
        return best;
    }
}
