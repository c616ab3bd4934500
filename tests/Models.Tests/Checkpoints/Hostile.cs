namespace Graft.Models.Tests;

/// <summary>Opens files that mean no good.</summary>
internal static class Hostile
{
    // Buffers, messages and the like; nothing that a file could ask for.
    private const long AlwaysAllowed = 512 * 1024;
    private const long BytesPerByte = 128;

    public static void AssertRefused(string path, string reason)
    {
        var exception = Open(path);
        Assert.NotNull(exception);
        Assert.Contains(reason, exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', exception.Message);
        Assert.StartsWith(Path.GetDirectoryName(path)!, exception.Message, StringComparison.Ordinal);
    }

    /// <summary>Opens and reads everything; asserts that only a <see cref="CheckpointException"/> comes out and that the
    /// memory taken is bounded by the file's length.</summary>
    public static CheckpointException? Open(string path)
    {
        CheckpointException? thrown = null;
        long before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            using var checkpoint = Checkpoint.Open(path);
            foreach (var tensor in checkpoint.Tensors)
            {
                // Not into an array: views that repeat elements may be as long as the file, each of them.
                tensor.CopyBytesTo(Stream.Null);
                _ = tensor.ToString();
            }
        }
        catch (CheckpointException exception)
        {
            thrown = exception;
        }
        long taken = GC.GetAllocatedBytesForCurrentThread() - before;
        long allowed = AlwaysAllowed + BytesPerByte * (File.Exists(path) ? new FileInfo(path).Length : 0);
        Assert.True(taken <= allowed, $"{taken} bytes were allocated for {path}, {allowed} are allowed");
        return thrown;
    }
}
