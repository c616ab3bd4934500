namespace Graft.Models;

/// <summary>How far a model is from a reference, by kind of tensor.</summary>
/// <param name="Architecture">The model's name.</param>
/// <param name="Weights">What was taken of the folder.</param>
/// <param name="Kinds">Each kind of output, the loss, the gradients, as far as the reference has them.</param>
public sealed record ReferenceReport(string Architecture, LoadReport Weights, IReadOnlyList<KindDifference> Kinds)
{
    /// <summary>Whether every kind is within its tolerance.</summary>
    /// <param name="tolerance">The largest difference of outputs and loss that is allowed.</param>
    /// <param name="gradientTolerance">The same of gradients.</param>
    public bool IsWithin(double tolerance, double gradientTolerance) =>
        Kinds.All(kind => kind.Largest <= (kind.IsGradient ? gradientTolerance : tolerance));
}

/// <summary>The largest difference within one kind of tensor.</summary>
/// <param name="Kind"><c>logits</c>, <c>hidden_states</c> ..., <c>loss</c> or <c>gradients</c>.</param>
/// <param name="Tensors">How many were compared.</param>
/// <param name="Largest">The largest difference relative to its tensor's largest entry; infinite where one side is not a number.</param>
/// <param name="At">The tensor that has it.</param>
/// <param name="Vanishing">How many tensors vanish but for rounding, and so are measured against the largest entry of their kind.</param>
public sealed record KindDifference(string Kind, int Tensors, double Largest, string At, int Vanishing)
{
    internal const string Gradients = "gradients";

    /// <summary>Whether they are gradients.</summary>
    public bool IsGradient => Kind.EndsWith(Gradients, StringComparison.Ordinal);
}

/// <summary>Gathers the differences of one kind.</summary>
/// <remarks>A gradient that is zero in exact arithmetic (attention's key bias: a softmax does not see what is added to all of its
/// scores) is noise on both sides, and noise relative to noise says nothing. So a tensor all of whose entries are below a millionth
/// of the kind's largest is measured against that largest.</remarks>
internal sealed class KindComparison(string kind)
{
    private const double VanishingShare = 1e-6;

    private readonly List<(string Name, double Difference, double Scale)> tensors = [];

    public void Add(string name, ReadOnlySpan<float> actual, ReadOnlySpan<float> expected)
    {
        double difference = 0, scale = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            double apart = Math.Abs((double)actual[i] - expected[i]);
            difference = double.IsNaN(apart) ? double.PositiveInfinity : Math.Max(difference, apart);
            if (double.IsFinite(expected[i])) scale = Math.Max(scale, Math.Abs(expected[i]));
        }
        tensors.Add((name, difference, scale));
    }

    public KindDifference Result()
    {
        double largestEntry = tensors.Max(tensor => tensor.Scale);
        var relative = tensors.Select(tensor =>
        {
            bool vanishes = tensor.Scale < VanishingShare * largestEntry;
            double scale = vanishes ? largestEntry : tensor.Scale;
            return (tensor.Name, Relative: tensor.Difference == 0 ? 0 : tensor.Difference / scale, Vanishes: vanishes);
        }).ToList();
        var worst = relative.MaxBy(tensor => tensor.Relative);
        return new KindDifference(kind, tensors.Count, worst.Relative, worst.Name, relative.Count(tensor => tensor.Vanishes));
    }
}
