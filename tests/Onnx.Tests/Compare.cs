namespace Graft.Onnx.Tests;

/// <summary>Compares rows of numbers.</summary>
internal static class Compare
{
    /// <summary>Each number is the other within a tolerance, relative to the larger of it and 1.</summary>
    public static void Close(ReadOnlySpan<float> wanted, ReadOnlySpan<float> given, double tolerance)
    {
        Assert.Equal(wanted.Length, given.Length);
        for (int i = 0; i < wanted.Length; i++)
        {
            if (float.IsNaN(wanted[i]) && float.IsNaN(given[i])) continue;
            double distance = wanted[i] == given[i] ? 0 : Math.Abs((double)wanted[i] - given[i]);
            Assert.True(distance <= tolerance * Math.Max(1, Math.Abs(wanted[i])), $"number {i}: {given[i]} is not {wanted[i]}");
        }
    }
}

/// <summary>A folder of the test's own.</summary>
internal sealed class TestFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("graft-onnx-").FullName;

    public string At(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
