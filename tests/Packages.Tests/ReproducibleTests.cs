using System.IO.Compression;
using System.Reflection.Metadata;
using System.Text;
using System.Xml.Linq;

namespace Graft.Packages.Tests;

/// <summary>What is packed for a release follows from the commit and not from the folder that it was built in, and leads a debugger
/// back to the commit.</summary>
public sealed class ReproducibleTests : IDisposable
{
    /// <summary>The kind of a custom debug information that holds Source Link's map of documents to addresses.</summary>
    private static readonly Guid SourceLink = new("CC110556-A091-4D38-9FEC-25AB9A351A6A");

    private readonly string root = Directory.CreateTempSubdirectory("graft-reproducible-").FullName;

    public void Dispose()
    {
        // git writes its objects read-only
        foreach (string file in Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories)) File.SetAttributes(file, FileAttributes.Normal);
        Directory.Delete(root, recursive: true);
    }

    [Fact]
    public async Task Two_folders_give_the_same_bytes_which_name_their_commit_and_no_folder()
    {
        var first = new RepositoryCopy(Path.Combine(root, "one"));
        var second = new RepositoryCopy(Path.Combine(root, "another", "place", "of", "work"));
        Directory.CreateDirectory(first.Folder);
        Directory.CreateDirectory(second.Folder);
        await first.PackAsync();
        await second.PackAsync();

        Assert.Equal(first.Commit, second.Commit);
        var (built, again) = (first.Built, second.Built);
        Assert.Equal(30, built.Count);      // ten assemblies with their symbols and documentation
        Assert.Equal(built.Keys.Order(StringComparer.Ordinal), again.Keys.Order(StringComparer.Ordinal));
        foreach (var (name, bytes) in built)
        {
            Assert.True(bytes.AsSpan().SequenceEqual(again[name]), $"{name} follows from where it was built");
            Assert.True(bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(root)) < 0, $"{name} names the folder that it was built in");
        }

        using var package = ZipFile.OpenRead(Path.Combine(first.Packages, $"Graft.Tasks.{Feed.Version}.nupkg"));
        using var nuspec = package.GetEntry("Graft.Tasks.nuspec")!.Open();
        var repository = XDocument.Load(nuspec).Descendants().Single(element => element.Name.LocalName == "repository");
        Assert.Equal("git", repository.Attribute("type")!.Value);
        Assert.Equal(RepositoryCopy.Address, repository.Attribute("url")!.Value.Replace(".git", "", StringComparison.Ordinal));
        Assert.Equal(first.Commit, repository.Attribute("commit")!.Value);

        string link = SourceLinkOf(built["Graft.Tasks.pdb"]);
        Assert.Contains($"https://raw.githubusercontent.com/example/graft/{first.Commit}/*", link, StringComparison.Ordinal);
    }

    private static string SourceLinkOf(byte[] symbols)
    {
        using var provider = MetadataReaderProvider.FromPortablePdbStream(new MemoryStream(symbols));
        var reader = provider.GetMetadataReader();
        return reader.CustomDebugInformation.Select(handle => reader.GetCustomDebugInformation(handle))
            .Where(information => reader.GetGuid(information.Kind) == SourceLink)
            .Select(information => Encoding.UTF8.GetString(reader.GetBlobBytes(information.Value))).Single();
    }
}
