namespace Graft.Models;

/// <summary>The published weights that there are rows for, by name.</summary>
public static class PublishedModels
{
    private static readonly OrderedDictionary<string, PublishedWeights> Rows = Collect(TorchvisionModels.Rows, CifarModels.Rows, HubModels.Rows, PackagedModels.Rows);

    /// <summary>All rows.</summary>
    public static IReadOnlyList<PublishedWeights> All => Rows.Values;

    /// <summary>The row of a name: the weights' own, a repository's, or an architecture's, which means its default weights; null where there is
    /// none.</summary>
    /// <param name="name">The name, such as <c>resnet50.IMAGENET1K_V2</c>, <c>microsoft/resnet-50</c> or <c>resnet50</c>.</param>
    public static PublishedWeights? Find(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return Rows.TryGetValue(name, out var row) ? row
            : All.FirstOrDefault(other => other.Source is RepositoryWeightSource source && source.Repository.Equals(name, StringComparison.OrdinalIgnoreCase)) ?? DefaultOf(name);
    }

    /// <summary>The weights that an architecture's name alone means (torchvision's <c>DEFAULT</c>); null where none are published.</summary>
    /// <param name="architecture">The architecture's name.</param>
    public static PublishedWeights? DefaultOf(string architecture)
    {
        ArgumentNullException.ThrowIfNull(architecture);
        return All.FirstOrDefault(row => row.IsDefault && row.Architecture == architecture);
    }

    /// <summary>The rows in whose name, architecture, source, training data or licence a text occurs, in upper or lower case.</summary>
    /// <param name="text">The text; empty for all rows.</param>
    public static IEnumerable<PublishedWeights> Search(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return All.Where(row => new[] { row.Name, row.Architecture, row.Source.ToString(), row.Data, row.Licence }
            .Any(fact => fact.Contains(text, StringComparison.OrdinalIgnoreCase)));
    }

    private static OrderedDictionary<string, PublishedWeights> Collect(params IReadOnlyList<PublishedWeights>[] tables)
    {
        var rows = new OrderedDictionary<string, PublishedWeights>(StringComparer.OrdinalIgnoreCase);
        foreach (var table in tables)
            foreach (var row in table) rows.Add(row.Name, row);
        return rows;
    }
}
