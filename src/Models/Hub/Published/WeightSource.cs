namespace Graft.Models;

/// <summary>Where the publisher has put weights.</summary>
public abstract record WeightSource
{
    private protected WeightSource()
    {
    }
}

/// <summary>Files of a NuGet package.</summary>
/// <param name="Id">The package's id.</param>
/// <param name="Version">Its version.</param>
/// <param name="Files">The model's file first, then those that go with it.</param>
public sealed record PackageWeightSource(string Id, string Version, IReadOnlyList<PackagedFile> Files) : WeightSource
{
    /// <summary>The hash of the package's content (SHA-512 in base 64, the <c>contentHash</c> of NuGet's lock files); null for any.</summary>
    public string? ContentHash { get; init; }

    /// <inheritdoc/>
    public override string ToString() => $"nuget:{Id}/{Version}";
}

/// <summary>A file of a NuGet package, or a resource embedded in one of its assemblies.</summary>
/// <param name="Path">The file's path in the package.</param>
/// <param name="Resource">The resource's name in that file, or its end behind a dot; null for the file itself.</param>
/// <param name="SaveAs">The name under which a resource is unpacked and the file is copied elsewhere; null for its own.</param>
public sealed record PackagedFile(string Path, string? Resource = null, string? SaveAs = null);
/// <summary>A file at an address, as torchvision publishes its weights; the start of its SHA-256 may be in its name (<c>NAME-hash8.pth</c>).</summary>
/// <param name="Address">The address.</param>
public sealed record FileWeightSource(Uri Address) : WeightSource
{
    /// <inheritdoc/>
    public override string ToString() => Address.AbsoluteUri;
}

/// <summary>A repository of the Hugging Face hub.</summary>
/// <param name="Repository">Its name, such as <c>microsoft/resnet-50</c>.</param>
/// <param name="Revision">A branch, tag or commit.</param>
public sealed record RepositoryWeightSource(string Repository, string Revision = "main") : WeightSource
{
    /// <inheritdoc/>
    public override string ToString() => Revision == "main" ? Repository : $"{Repository}@{Revision}";
}

