using System.Text;

namespace Graft.Models.Tests;

public sealed class DamagedFilesTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("zip-protocol2.pt", 600)]
    [InlineData("legacy-protocol2.pth", 600)]
    [InlineData("legacy-protocol4.pth", 600)]
    [InlineData("module.pt", 400)]
    [InlineData("script.pt", 300)]
    [InlineData("safetensors", 1000)]
    public void Flipped_bytes_and_cut_ends_give_one_clear_error_or_none(string name, int rounds)
    {
        byte[] whole = File.ReadAllBytes(name == "safetensors" ? MakeSafetensors() : GoldenFiles.At(name));
        var random = new Random(20_260_101);
        int refused = 0;
        for (int round = 0; round < rounds; round++)
        {
            byte[] bytes = round % 4 == 0 ? whole[..random.Next(whole.Length)] : [.. whole];
            for (int flips = round % 4 == 0 ? 0 : random.Next(1, 6); flips > 0; flips--)
                // Mostly in the first half, where the structure is.
                bytes[random.Next(random.Next(2) == 0 ? bytes.Length : (bytes.Length + 1) / 2)] = (byte)random.Next(256);
            if (Hostile.Open(folder.Write("x", bytes)) is not { } exception) continue;
            refused++;
            Assert.DoesNotContain('\n', exception.Message);
        }
        // Numbers may be damaged without a trace, but not everything.
        Assert.InRange(refused, rounds / 4, rounds);
    }

    [Fact]
    public void Every_cut_of_a_file_is_refused()
    {
        foreach (string name in (string[])["module.pt", "legacy-protocol2.pth"])
        {
            byte[] whole = File.ReadAllBytes(GoldenFiles.At(name));
            for (int length = 0; length < whole.Length; length += 7)
                Assert.NotNull(Hostile.Open(folder.Write("x", whole.AsSpan(0, length))));
        }
        byte[] safetensors = File.ReadAllBytes(MakeSafetensors());
        for (int length = 0; length < safetensors.Length; length++)
            Assert.NotNull(Hostile.Open(folder.Write("x", safetensors.AsSpan(0, length))));
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n", "git lfs pull")]
    [InlineData("\n<!DOCTYPE html><html>Not found</html>", "HTML")]
    [InlineData("{\"error\": \"not found\"}", "weight_map")]
    [InlineData("{", "starts like JSON")]
    [InlineData("hello", "text file")]
    [InlineData("\0\0\0\0", "00000000")]
    [InlineData("\x1F\u008B\x08", "gzip")]
    [InlineData("GIF89a", "GIF")]
    public void A_file_of_another_kind_is_named(string content, string kind) =>
        Hostile.AssertRefused(folder.Write("x.safetensors", Encoding.Latin1.GetBytes(content)), kind);

    [Fact]
    public void A_missing_file_a_folder_and_a_forbidden_file_are_told_apart()
    {
        Hostile.AssertRefused(folder.At("missing.pt"), "no such file");
        Hostile.AssertRefused(folder.At("no/folder.pt"), "no such file");
        Directory.CreateDirectory(folder.At("empty"));
        Hostile.AssertRefused(folder.At("empty"), "a folder without a checkpoint");
        // Permissions do not bind the superuser.
        if (OperatingSystem.IsWindows() || Environment.UserName == "root") return;
        string path = folder.Write("secret.pt", "x"u8);
        File.SetUnixFileMode(path, UnixFileMode.None);
        Hostile.AssertRefused(path, "permission");
    }

    [Fact]
    public void A_name_with_control_characters_stays_on_one_line()
    {
        string path = folder.Write("a\x1b[31m\nb.pt", "hello"u8);
        Assert.DoesNotContain(Assert.Throws<CheckpointException>(() => Checkpoint.Open(path)).Message, char.IsControl);
    }

    private string MakeSafetensors()
    {
        string path = folder.At("whole.safetensors");
        float[] numbers = [.. Enumerable.Range(0, 24)];
        long[] count = [1];
        SafetensorsWriter.Write(path,
            [TensorEntry.From("layer.weight", [4, 6], numbers), TensorEntry.From("norm.num_batches_tracked", [], count)],
            new Dictionary<string, string> { ["format"] = "pt" });
        return path;
    }
}
