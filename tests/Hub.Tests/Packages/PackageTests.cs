using System.IO.Compression;
using System.Security.Cryptography;
using NuGet.Configuration;

namespace Graft.Hub.Tests;

public sealed class PackageTests : IDisposable
{
    private readonly Workplace place = new();
    private readonly PackageFolder source;

    public PackageTests() => source = new PackageFolder(place);

    public void Dispose() => place.Dispose();

    [Fact]
    public async Task A_file_of_a_package_is_fetched_once_and_then_read_without_a_source()
    {
        source.Add("Some.Weights", "1.2.0", ("tools/net/model.onnx", [1, 2, 3]), ("tools/net/pre.onnx", [4]));
        var told = new List<FetchProgress>();
        string path = await PackageWeights.FetchAsync("nuget:Some.Weights/1.2.0/tools/net/model.onnx", place.Settings, new Told(told));
        Assert.Equal(place.In("packages", "some.weights", "1.2.0", "tools", "net", "model.onnx"), path);
        Assert.Equal([1, 2, 3], File.ReadAllBytes(path));
        Assert.Equal(told[^1].Total, told[^1].Done);

        Directory.Delete(place.In("source"), recursive: true);
        Assert.Equal(path, await PackageWeights.FetchAsync("nuget:some.weights/1.2/tools/net/model.onnx", place.Settings with { Offline = true }));
    }

    [Fact]
    public async Task A_row_gives_all_its_files()
    {
        source.Add("Some.Weights", "1.2.0", ("tools/net/model.onnx", [1, 2, 3]), ("tools/net/pre.onnx", [4]));
        var row = new PublishedWeights(
            "some", "onnx", new PackageWeightSource("Some.Weights", "1.2.0", [new PackagedFile("tools/net/model.onnx"), new PackagedFile("tools/net/pre.onnx")]));
        var model = await PublishedModelFetcher.FetchAsync(row, place.Settings);
        Assert.Equal(["model.onnx", "pre.onnx"], model.Files.Select(Path.GetFileName));
        Assert.Equal(model.Files[0], model.Path);
        Assert.Same(row, model.Row);
    }

    [Fact]
    public async Task A_resource_of_an_assembly_is_unpacked_without_running_it()
    {
        string assembly = typeof(PackageTests).Assembly.Location;
        source.Add("Some.Code", "3.0.0", ("lib/net/code.dll", await File.ReadAllBytesAsync(assembly)));
        string path = await PackageWeights.FetchAsync("nuget:Some.Code/3.0.0/lib/net/code.dll!words.txt", place.Settings);
        Assert.Equal("one\ntwo\n", File.ReadAllText(path));
        Assert.StartsWith(place.In("graft", "packages"), path, StringComparison.Ordinal);
        Assert.DoesNotContain(place.Files("graft", "packages"), static name => name.EndsWith(".incomplete", StringComparison.Ordinal));

        var wrong = await Refused("nuget:Some.Code/3.0.0/lib/net/code.dll!word.txt", HubFailure.NotFound);
        Assert.Contains("it has Graft.Hub.Tests.words.txt", wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_no_assembly_has_no_resources()
    {
        source.Add("Some.Code", "3.0.0", ("lib/net/code.dll", [77, 90, 0, 0]));
        await Refused("nuget:Some.Code/3.0.0/lib/net/code.dll!words.txt", HubFailure.Damaged);
        Assert.Empty(Directory.Exists(place.In("graft", "packages")) ? place.Files("graft", "packages") : []);
    }

    [Fact]
    public async Task What_does_not_exist_is_named_with_the_nearest_that_does()
    {
        source.Add("Some.Weights", "1.2.0", ("tools/net/model.onnx", [1]));
        source.Add("Some.Weights", "1.3.0", ("tools/net/model.onnx", [1]));
        Assert.Contains("1.3.0, 1.2.0", (await Refused("nuget:Some.Weights/1.4.0/tools/net/model.onnx", HubFailure.NotFound)).Message, StringComparison.Ordinal);
        Assert.Contains("(nearest: tools/net/model.onnx)", (await Refused("nuget:Some.Weights/1.2.0/model.onnx", HubFailure.NotFound)).Message, StringComparison.Ordinal);
        Assert.Contains("at here", (await Refused("nuget:Some.Weighs/1.2.0/model.onnx", HubFailure.NotFound)).Message, StringComparison.Ordinal);
        Assert.Contains("(nearest: mlnet-resnet18)",
            (await Assert.ThrowsAsync<HubException>(() => PublishedModelFetcher.FetchAsync("mlnet-resnet19", place.Settings))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nuget:Some.Weights/1.2.0/../../other/file")]
    [InlineData("nuget:Some.Weights/1.2.0//etc/passwd")]
    [InlineData("nuget:Some.Weights/1.2.0/C:/windows")]
    [InlineData("nuget:Some.Weights/1.2.0/a\\..\\b")]
    [InlineData("nuget:Some.Weights/1.2.0/a\0b")]
    [InlineData("nuget:Some.Weights/one/file")]
    [InlineData("nuget:../1.2.0/file")]
    [InlineData("nuget:Some.Weights/1.2.0")]
    [InlineData("nuget:")]
    public async Task A_name_that_leads_out_of_the_package_is_refused(string address)
    {
        source.Add("Some.Weights", "1.2.0", ("tools/net/model.onnx", [1]));
        await Refused(address, HubFailure.InvalidName);
    }

    [Fact]
    public async Task A_package_that_broke_off_is_not_installed()
    {
        string package = source.Add("Some.Weights", "1.2.0", ("tools/net/model.onnx", new byte[100_000]));
        byte[] whole = await File.ReadAllBytesAsync(package);
        await File.WriteAllBytesAsync(package, whole[..(whole.Length / 2)]);
        var failure = await Assert.ThrowsAsync<HubException>(() => PackageWeights.FetchAsync("nuget:Some.Weights/1.2.0/tools/net/model.onnx", place.Settings));
        Assert.DoesNotContain('\n', failure.Message);
        await File.WriteAllBytesAsync(package, whole);
        Assert.Equal(100_000, new FileInfo(await PackageWeights.FetchAsync("nuget:Some.Weights/1.2.0/tools/net/model.onnx", place.Settings)).Length);
    }

    [Fact]
    public async Task A_package_with_another_hash_than_the_row_says_is_not_installed()
    {
        string package = source.Add("Some.Weights", "1.2.0", ("model.onnx", [1, 2, 3]));
        string hash = Convert.ToBase64String(SHA512.HashData(await File.ReadAllBytesAsync(package)));
        Task<FetchedModel> FetchAsync(string contentHash) => PublishedModelFetcher.FetchAsync(
            new PublishedWeights("some", "onnx", new PackageWeightSource("Some.Weights", "1.2.0", [new PackagedFile("model.onnx")]) { ContentHash = contentHash }), place.Settings);
        string other = Convert.ToBase64String(new byte[64]);
        var wrong = await Assert.ThrowsAsync<HubException>(() => FetchAsync(other));
        Assert.Equal(HubFailure.Damaged, wrong.Reason);
        Assert.Contains(hash, wrong.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(place.In("packages", "some.weights")));

        Assert.Equal([1, 2, 3], File.ReadAllBytes((await FetchAsync(hash)).Path));
        Assert.Contains("delete that folder", (await Assert.ThrowsAsync<HubException>(() => FetchAsync(other))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_signed_package_that_was_changed_is_not_installed()
    {
        string packages = SettingsUtility.GetGlobalPackagesFolder(NuGet.Configuration.Settings.LoadDefaultSettings(place.Folder));
        string version = typeof(SettingsUtility).Assembly.GetName().Version!.ToString(3);
        string signed = Path.Combine(packages, "nuget.configuration", version, $"nuget.configuration.{version}.nupkg");
        if (!File.Exists(signed)) Assert.Skip($"{signed} is needed, which a restore has put there");
        string copy = place.In("source", Path.GetFileName(signed));
        File.Copy(signed, copy);
        string address = $"nuget:NuGet.Configuration/{version}/NuGet.Configuration.nuspec";
        using (var archive = ZipFile.Open(copy, ZipArchiveMode.Update))
        {
            using var added = archive.CreateEntry("more.txt").Open();
            added.WriteByte(1);
        }
        var changed = await Refused(address, HubFailure.Damaged);
        Assert.Contains($"NuGet.Configuration.{version}", changed.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(place.In("packages", "nuget.configuration")));
        File.Copy(signed, copy, overwrite: true);
        Assert.Equal(".nuspec", Path.GetExtension(await PackageWeights.FetchAsync(address.ToLowerInvariant(), place.Settings)));
    }

    [Fact]
    public async Task Without_a_network_what_is_missing_is_said()
    {
        File.WriteAllText(place.In("nuget.config"), """
            <configuration><packageSources><clear /><add key="far" value="http://127.0.0.1:1/index.json" allowInsecureConnections="true" /></packageSources></configuration>
            """);
        var offline = await Assert.ThrowsAsync<HubException>(
            () => PackageWeights.FetchAsync("nuget:Some.Weights/1.2.0/model.onnx", place.Settings with { Offline = true }));
        Assert.Equal(HubFailure.Offline, offline.Reason);
        Assert.Contains("Some.Weights.1.2.0", offline.Message, StringComparison.Ordinal);
        await Refused("nuget:Some.Weights/1.2.0/model.onnx", HubFailure.Network);
    }

    private async Task<HubException> Refused(string address, HubFailure reason)
    {
        var exception = await Assert.ThrowsAsync<HubException>(() => PackageWeights.FetchAsync(address, place.Settings));
        Assert.Equal(reason, exception.Reason);
        Assert.DoesNotContain('\n', exception.Message);
        return exception;
    }
}
