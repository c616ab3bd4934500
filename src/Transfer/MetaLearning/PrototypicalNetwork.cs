using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Transfer;

/// <summary>Prototypical networks (Snell et al. 2017): a class is the mean of its examples' features, and an example belongs to the nearest.</summary>
public static class PrototypicalNetwork
{
    /// <summary>The means of each class's features.</summary>
    /// <param name="support">[ways * shots, features], class by class.</param>
    /// <param name="ways">How many classes there are.</param>
    /// <returns>[ways, features].</returns>
    /// <exception cref="ShapeException">It is no matrix of as many rows for each class.</exception>
    public static Variable Prototypes(Variable support, int ways)
    {
        ArgumentNullException.ThrowIfNull(support);
        if (support.Shape.Rank != 2 || ways < 1 || support.Shape[0] % ways != 0)
            ShapeException.Throw("prototypes", $"features {support.Shape}, {ways} classes", "there are as many rows of each class, class by class");
        return support.Reshape([ways, support.Shape[0] / ways, support.Shape[1]]).Mean(1);
    }

    /// <summary>Minus the squared distance of each example from each prototype.</summary>
    /// <param name="queries">[n, features].</param>
    /// <param name="prototypes">[ways, features].</param>
    /// <returns>[n, ways]: logits.</returns>
    /// <exception cref="ShapeException">They have not as many features.</exception>
    public static Variable Logits(Variable queries, Variable prototypes)
    {
        ArgumentNullException.ThrowIfNull(queries);
        ArgumentNullException.ThrowIfNull(prototypes);
        if (queries.Shape.Rank != 2 || prototypes.Shape.Rank != 2 || queries.Shape[1] != prototypes.Shape[1])
            ShapeException.Throw("prototypes", $"features {queries.Shape} and prototypes {prototypes.Shape}", "both are matrices of as many features");
        return -SquaredDistances.Of(queries, prototypes);
    }

    /// <summary>The mean cross-entropy of an episode.</summary>
    /// <param name="support">Features to learn from [ways * shots, features], class by class.</param>
    /// <param name="queries">Features to be asked about [ways * queries, features], class by class.</param>
    /// <param name="ways">How many classes there are.</param>
    /// <returns>One element.</returns>
    public static Variable Loss(Variable support, Variable queries, int ways)
    {
        ArgumentNullException.ThrowIfNull(queries);
        var logits = Logits(queries, Prototypes(support, ways));
        if (queries.Shape[0] % ways != 0) ShapeException.Throw("prototypes", $"features {queries.Shape}, {ways} classes", "there are as many rows of each class, class by class");
        int of = queries.Shape[0] / ways;
        return logits.CrossEntropy([.. Enumerable.Range(0, queries.Shape[0]).Select(row => row / of)]);
    }
}
