using System.IO.Compression;
using System.Xml.Linq;

namespace Graft.Packages.Tests;

/// <summary>What the packages hold and say of themselves.</summary>
[Collection(nameof(FeedUsers))]
public sealed class PackageContentTests(Feed feed)
{
    private static readonly string[] Libraries =
        ["Graft.Audio", "Graft.Autograd", "Graft.Formats", "Graft.Hub", "Graft.Logging", "Graft.Models", "Graft.Onnx", "Graft.Reinforcement", "Graft.Tasks", "Graft.Tensors", "Graft.Tensors.Gpu", "Graft.Text", "Graft.Transfer"];

    private static readonly Dictionary<string, string> Tools = new() { ["Graft.CommandLine"] = "graft", ["Graft.WeightImport"] = "weight-import" };

    public static TheoryData<string> All => [.. Libraries, .. Tools.Keys];

    [Fact]
    public void Packing_the_solution_packs_libraries_and_tools_and_nothing_else()
    {
        var expected = from name in Libraries.Concat(Tools.Keys)
                       from kind in new[] { "nupkg", "snupkg" }
                       select $"{name}.{Feed.Version}.{kind}";
        Assert.Equal(expected.Order(StringComparer.Ordinal), Directory.GetFiles(feed.Folder).Select(Path.GetFileName).Order(StringComparer.Ordinal)!);
    }

    [Theory, MemberData(nameof(All))]
    public void A_package_says_what_it_is(string id)
    {
        using var package = Open(id, "nupkg");
        XElement metadata;
        using (var stream = package.GetEntry($"{id}.nuspec")!.Open()) metadata = XDocument.Load(stream).Root!.Elements().Single();
        string Of(string name) => metadata.Elements().SingleOrDefault(element => element.Name.LocalName == name)?.Value ?? "";

        Assert.Equal(id, Of("id"));
        Assert.Equal("MIT", Of("license"));
        Assert.InRange(Of("description").Length, 30, 300);
        Assert.DoesNotContain("Package Description", Of("description"), StringComparison.Ordinal);
        Assert.Contains("deep-learning", Of("tags"), StringComparison.Ordinal);
        Assert.InRange(package.GetEntry(Of("readme"))!.Length, 500, 20_000);
        Assert.InRange(package.GetEntry(Of("icon"))!.Length, 100, 20_000);
    }

    [Fact]
    public void A_library_brings_its_documentation_and_its_symbols()
    {
        foreach (string id in Libraries)
        {
            using var package = Open(id, "nupkg");
            Assert.Equal(
                [$"lib/net10.0/{id}.dll", $"lib/net10.0/{id}.xml"],
                package.Entries.Select(entry => entry.FullName).Where(name => name.StartsWith("lib/", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
            using var symbols = Open(id, "snupkg");
            Assert.NotNull(symbols.GetEntry($"lib/net10.0/{id}.pdb"));
        }
    }

    [Fact]
    public void A_library_brings_nothing_else()
    {
        foreach (string id in Libraries)
        {
            using var package = Open(id, "nupkg");
            // the last four are the format's own
            string[] expected =
            [
                $"lib/net10.0/{id}.dll", $"lib/net10.0/{id}.xml", "README.md", "icon.png", .. id == "Graft.Tensors" ? ["buildTransitive/Graft.Tensors.targets"] : Array.Empty<string>(),
                $"{id}.nuspec", "[Content_Types].xml", "_rels/.rels", "package/services/metadata/core-properties/*.psmdcp",
            ];
            var found = package.Entries.Select(entry => entry.FullName.EndsWith(".psmdcp", StringComparison.Ordinal)
                ? "package/services/metadata/core-properties/*.psmdcp" : entry.FullName);
            Assert.Equal(expected.Order(StringComparer.Ordinal), found.Order(StringComparer.Ordinal));
        }
    }

    /// <summary>SkiaSharp for seventeen kinds of machine makes up nearly all of the tools' size.</summary>
    [Theory, MemberData(nameof(All))]
    public void A_package_stays_small_and_brings_no_native_debug_symbols(string id)
    {
        double megabytes = new FileInfo(Path.Combine(feed.Folder, $"{id}.{Feed.Version}.nupkg")).Length / 1e6;
        Assert.InRange(megabytes, 0, Tools.ContainsKey(id) ? 100 : 1);
        using var package = Open(id, "nupkg");
        Assert.DoesNotContain(package.Entries, entry => entry.FullName.Contains("/native/", StringComparison.Ordinal) && entry.Name.EndsWith(".pdb", StringComparison.Ordinal));
        foreach (var dependencies in package.Entries.Where(entry => entry.Name.EndsWith(".deps.json", StringComparison.Ordinal)))
        {
            using var reader = new StreamReader(dependencies.Open());
            Assert.DoesNotContain(".pdb", reader.ReadToEnd(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_first_package_brings_the_build_settings_of_all()
    {
        using var package = Open("Graft.Tensors", "nupkg");
        Assert.NotNull(package.GetEntry("buildTransitive/Graft.Tensors.targets"));
    }

    [Fact]
    public void A_tool_names_its_command()
    {
        foreach (var (id, command) in Tools)
        {
            using var package = Open(id, "nupkg");
            var settings = Assert.Single(package.Entries, entry => entry.Name == "DotnetToolSettings.xml");
            using var stream = settings.Open();
            Assert.Equal(command, XDocument.Load(stream).Descendants("Command").Single().Attribute("Name")!.Value);
        }
    }

    private ZipArchive Open(string id, string kind) => ZipFile.OpenRead(Path.Combine(feed.Folder, $"{id}.{Feed.Version}.{kind}"));
}
