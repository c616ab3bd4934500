using Graft.Testing;

namespace Graft.Hub.Tests;

/// <summary>The rows of packages, with the packages themselves where a restore has put them.</summary>
public sealed class PublishedPackageTests
{
    [Theory]
    [InlineData("mlnet-resnet18", "resnet18/model.onnx", "resnet18/preprocess.onnx")]
    [InlineData("nuget-all-MiniLM-L6-v2", "minilm-l6/model.onnx", "minilm-l6/vocab.txt")]
    [InlineData("nuget-snowflake-arctic-embed-xs", "arctic-xs/model.onnx", "arctic-xs/vocab.txt")]
    public async Task A_published_package_gives_the_published_bytes(string name, params string[] published)
    {
        string[] expected = [.. published.Select(RealData.RequirePublished)];
        using var place = new Workplace();
        var model = await PublishedModelFetcher.FetchAsync(name, place.Settings with { PackagesFolder = null, PackageSettingsFolder = null });
        Assert.Equal(expected.Length, model.Files.Count);
        foreach (var (file, reference) in model.Files.Zip(expected)) Assert.True(await SameAsync(file, reference), $"{file} is not {reference}");
    }

    private static async Task<bool> SameAsync(string first, string second)
    {
        using FileStream one = File.OpenRead(first), other = File.OpenRead(second);
        var hashes = (await System.Security.Cryptography.SHA256.HashDataAsync(one), await System.Security.Cryptography.SHA256.HashDataAsync(other));
        return hashes.Item1.AsSpan().SequenceEqual(hashes.Item2);
    }
}
