namespace Graft.Hub.Tests;

public sealed class CacheLayoutTests : IDisposable
{
    private const string Commit = FakeHub.Commit;

    private readonly Workplace place = new();
    private readonly FakeHub hub = new();

    public void Dispose()
    {
        hub.Dispose();
        place.Dispose();
    }

    [Fact]
    public async Task Files_lie_where_huggingface_hub_puts_them()
    {
        byte[] small = FakeHub.Bytes(10), large = FakeHub.Bytes(100_000);
        hub.Files["config.json"] = small;
        hub.Files["onnx/model.onnx"] = large;
        using var client = new HubClient(hub.Settings(place));
        string first = await client.DownloadFileAsync(FakeHub.Repository, "config.json");
        string second = await client.DownloadFileAsync(FakeHub.Repository, "onnx/model.onnx");

        Assert.Equal(place.In("hub", "models--org--net", "snapshots", Commit, "config.json"), first);
        Assert.Equal(small, File.ReadAllBytes(first));
        Assert.Equal(large, File.ReadAllBytes(second));
        Assert.Equal(Commit, File.ReadAllText(place.In("hub", "models--org--net", "refs", "main")));
        string[] expected =
        [
            $".locks/models--org--net/{FakeHub.Tag(large)}.lock", $".locks/models--org--net/{FakeHub.Tag(small)}.lock",
            $"models--org--net/blobs/{FakeHub.Tag(large)}", $"models--org--net/blobs/{FakeHub.Tag(small)}", "models--org--net/refs/main",
            $"models--org--net/snapshots/{Commit}/config.json", $"models--org--net/snapshots/{Commit}/onnx/model.onnx",
        ];
        Assert.Equal(expected.Order(StringComparer.Ordinal), place.Files("hub"));
        if (OperatingSystem.IsWindows()) return;
        Assert.Equal($"../../blobs/{FakeHub.Tag(small)}", new FileInfo(first).LinkTarget);
        Assert.Equal($"../../../blobs/{FakeHub.Tag(large)}", new FileInfo(second).LinkTarget);
    }

    [Fact]
    public async Task What_is_there_is_asked_about_and_not_fetched_again()
    {
        hub.Files["weights.bin"] = FakeHub.Bytes(50_000);
        using var client = new HubClient(hub.Settings(place));
        Assert.Null(client.FindFile(FakeHub.Repository, "weights.bin"));
        string path = await client.DownloadFileAsync(FakeHub.Repository, "weights.bin");
        Assert.Equal(path, client.FindFile(FakeHub.Repository, "weights.bin"));
        Assert.Equal(path, await client.DownloadFileAsync(FakeHub.Repository, "weights.bin"));
        Assert.Single(hub.Storage.Requests);
        int asked = hub.Server.Requests.Length;
        Assert.Equal(path, await client.DownloadFileAsync(FakeHub.Repository, "weights.bin", Commit));
        Assert.Equal(asked, hub.Server.Requests.Length);
    }

    [Fact]
    public async Task Two_names_of_the_same_bytes_share_them()
    {
        hub.Files["a.bin"] = hub.Files["b.bin"] = FakeHub.Bytes(50_000);
        using var client = new HubClient(hub.Settings(place));
        await client.DownloadFileAsync(FakeHub.Repository, "a.bin");
        Assert.Equal(hub.Files["b.bin"], File.ReadAllBytes(await client.DownloadFileAsync(FakeHub.Repository, "b.bin")));
        Assert.Single(hub.Storage.Requests);
    }

    [Fact]
    public async Task A_cache_that_Python_made_is_read_without_a_network()
    {
        var folder = new PythonCache(place).Folder;
        var offline = place.Settings with { Offline = true };
        using var client = new HubClient(offline);
        Assert.Equal("{}", File.ReadAllText(await client.DownloadFileAsync("org/made", "config.json")));
        Assert.Equal("[1]", File.ReadAllText(await client.DownloadFileAsync("org/made", "1_Pooling/config.json", "v1.0")));

        var model = await PublishedModelFetcher.FetchAsync("org/made", offline);
        Assert.Equal(Path.Combine(folder, "snapshots", PythonCache.Commit), model.Folder);
        Assert.Equal("model.safetensors", Path.GetFileName(model.Files[0]));
        Assert.Equal(3, model.Files.Count);
    }

    [Fact]
    public async Task Without_a_network_the_last_known_state_is_used()
    {
        _ = new PythonCache(place);
        // nobody listens there
        using var client = new HubClient(place.Settings);
        Assert.EndsWith("config.json", await client.DownloadFileAsync("org/made", "config.json"), StringComparison.Ordinal);
        Assert.NotNull((await client.DownloadModelAsync("org/made")).Folder);
    }

    [Fact]
    public async Task What_is_missing_offline_is_named_with_its_folder()
    {
        var folder = new PythonCache(place).Folder;
        using var client = new HubClient(place.Settings with { Offline = true });
        var missing = await Assert.ThrowsAsync<HubException>(() => client.DownloadFileAsync("org/made", "vocab.txt"));
        Assert.Equal(HubFailure.Offline, missing.Reason);
        Assert.Contains("'vocab.txt'", missing.Message, StringComparison.Ordinal);
        Assert.Contains(Path.Combine(folder, "snapshots", PythonCache.Commit), missing.Message, StringComparison.Ordinal);
        Assert.Contains("HF_HUB_OFFLINE", missing.Message, StringComparison.Ordinal);
        var unknown = await Assert.ThrowsAsync<HubException>(() => client.DownloadModelAsync("org/other"));
        Assert.Contains(place.In("hub", "models--org--other"), unknown.Message, StringComparison.Ordinal);
        Assert.Equal(HubFailure.Offline, (await Assert.ThrowsAsync<HubException>(() => client.ListFilesAsync("org/made"))).Reason);
    }

    [Fact]
    public void Where_there_are_no_links_files_are_moved_or_copied()
    {
        Directory.CreateDirectory(place.In("files"));
        File.WriteAllText(place.In("blob"), "text");
        HubCache.PlaceWithoutLink(place.In("blob"), place.In("files", "copy"), isNew: false);
        Assert.Equal("text", File.ReadAllText(place.In("blob")));
        HubCache.PlaceWithoutLink(place.In("blob"), place.In("files", "moved"), isNew: true);
        Assert.False(File.Exists(place.In("blob")));
        Assert.Equal(["copy", "moved"], place.Files("files"));
    }

    [Fact]
    public async Task A_link_whose_bytes_are_gone_is_mended()
    {
        hub.Files["weights.bin"] = FakeHub.Bytes(50_000);
        using var client = new HubClient(hub.Settings(place));
        string path = await client.DownloadFileAsync(FakeHub.Repository, "weights.bin");
        File.Delete(place.In("hub", "models--org--net", "blobs", FakeHub.Tag(hub.Files["weights.bin"])));
        Assert.Equal(path, await client.DownloadFileAsync(FakeHub.Repository, "weights.bin"));
        Assert.Equal(50_000, File.ReadAllBytes(path).Length);
    }

    [Fact]
    public async Task A_model_is_one_form_of_its_weights_and_the_small_files_beside_them()
    {
        foreach (string name in (string[])["config.json", "model.safetensors", "pytorch_model.bin", "tf_model.h5", "tokenizer.json", "vocab.txt", "1_Pooling/config.json", "onnx/model.onnx"])
            hub.Files[name] = FakeHub.Bytes(20, name.Length);
        var model = await PublishedModelFetcher.FetchAsync(FakeHub.Repository, hub.Settings(place));
        Assert.Equal(
            ["model.safetensors", "1_Pooling/config.json", "config.json", "tokenizer.json", "vocab.txt"],
            model.Files.Select(file => Path.GetRelativePath(model.Folder!, file).Replace('\\', '/')));
        Assert.Equal(model.Folder, model.Path);
    }

    [Theory]
    [InlineData("model.safetensors.index.json model-00001-of-00002.safetensors model-00002-of-00002.safetensors config.json",
        "model.safetensors.index.json model-00001-of-00002.safetensors model-00002-of-00002.safetensors config.json pytorch_model.bin.index.json pytorch_model-00001-of-00001.bin")]
    [InlineData("pytorch_model.bin config.json", "config.json flax_model.msgpack pytorch_model.bin tf_model.h5")]
    [InlineData("onnx/model.onnx onnx/model.onnx_data config.json", "config.json onnx/model.onnx onnx/model.onnx_data onnx/model_quantized.onnx")]
    [InlineData("some.safetensors README.md", "README.md some.safetensors")]
    public void Weights_come_in_the_first_form_that_there_is(string chosen, string all) =>
        Assert.Equal(chosen.Split(' '), ModelFiles.Choose(all.Split(' '), "org/net"));

    [Fact]
    public void A_repository_without_weights_is_said_to_have_none() =>
        Assert.Contains("it has README.md", Assert.Throws<HubException>(() => ModelFiles.Choose(["README.md"], "org/net")).Message, StringComparison.Ordinal);
}
