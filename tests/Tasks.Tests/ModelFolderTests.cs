namespace Graft.Tasks.Tests;

/// <summary>A process may end between any two steps of a save.</summary>
public sealed class ModelFolderTests : IDisposable
{
    private static readonly string[] Files = ["a.json", "b.bin"];

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_save_that_fails_leaves_the_older_files_and_nothing_else()
    {
        ModelFolder.Write(folder.Path, partial => Fill(partial, "old"));
        Assert.Throws<IOException>(() => ModelFolder.Write(folder.Path, partial =>
        {
            File.WriteAllText(Path.Combine(partial, Files[0]), "new");
            throw new IOException("the disk is full");
        }));
        Assert.Equal(["old", "old"], Read());
        Assert.Equal(Files, Directory.EnumerateFileSystemEntries(folder.Path).Select(Path.GetFileName).Order());
        string fresh = folder["fresh"];
        Assert.Throws<IOException>(() => ModelFolder.Write(fresh, _ => throw new IOException("the disk is full")));
        Assert.False(Directory.Exists(fresh));
    }

    /// <summary>The files of a save that was done move to their places one by one; whoever reads meanwhile, or after the process was
    /// killed there, gets all of the new ones.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void A_save_that_was_killed_after_it_was_done_is_whole(int moved)
    {
        ModelFolder.Write(folder.Path, partial => Fill(partial, "old"));
        string saved = Path.Combine(folder.Path, ".saved");
        Directory.CreateDirectory(saved);
        Fill(saved, "new");
        foreach (string file in Files.Take(moved)) File.Move(Path.Combine(saved, file), folder[file], overwrite: true);
        Assert.Equal(["new", "new"], Read());

        // the next save begins with bringing them to their places
        Assert.Throws<IOException>(() => ModelFolder.Write(folder.Path, _ => throw new IOException("the disk is full")));
        Assert.Equal(["new", "new"], Read());
        Assert.False(Directory.Exists(saved));
        ModelFolder.Write(folder.Path, partial => Fill(partial, "newer"));
        Assert.Equal(["newer", "newer"], Read());
    }

    [Fact]
    public void What_killed_processes_left_is_taken_away()
    {
        foreach (string stale in new[] { ".partial-0123456789abcdef0123456789abcdef", ".partial-2147483646-0123456789abcdef" }) folder.Write($"{stale}/a.json", [1]);
        folder.Write($".partial-{Environment.ProcessId}-0123/a.json", [1]);
        folder.Write("mine.txt", [1]);
        ModelFolder.Write(folder.Path, partial => Fill(partial, "new"));
        Assert.Equal(
            [$".partial-{Environment.ProcessId}-0123", .. Files, "mine.txt"],
            Directory.EnumerateFileSystemEntries(folder.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Folders_within_a_models_own_come_along()
    {
        for (int save = 0; save < 2; save++)
        {
            ModelFolder.Write(folder.Path, partial =>
            {
                Directory.CreateDirectory(Path.Combine(partial, "1_Pooling"));
                File.WriteAllText(Path.Combine(partial, "1_Pooling", "config.json"), $"{save}");
            });
            Assert.Equal($"{save}", File.ReadAllText(folder["1_Pooling/config.json"]));
        }
    }

    private static void Fill(string partial, string text)
    {
        foreach (string file in Files) File.WriteAllText(Path.Combine(partial, file), text);
    }

    private string[] Read() => [.. Files.Select(file => File.ReadAllText(ModelFolder.PathOf(folder.Path, file)))];
}
