using System.Text.Json;
using Graft.Testing;

namespace Graft.Models.Tests;

/// <summary>The files that <c>Golden/make.py</c> wrote with PyTorch, and what PyTorch reads from them.</summary>
internal static class GoldenFiles
{
    public static string At(string name) =>
        Path.Combine(RealData.Repository, "tests", "Models.Tests", "Checkpoints", "Golden", name);

    public static Dictionary<string, (string Type, int[] Shape, double[] Values)> Expected(string name)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(At(name)));
        return document.RootElement.EnumerateObject().ToDictionary(entry => entry.Name, entry => (
            entry.Value.GetProperty("type").GetString()!,
            entry.Value.GetProperty("shape").EnumerateArray().Select(length => length.GetInt32()).ToArray(),
            entry.Value.GetProperty("values").EnumerateArray().Select(value => value.GetDouble()).ToArray()));
    }

    /// <summary>Asserts that a checkpoint holds exactly what PyTorch reads: keys in order, types, shapes, each number's bits.</summary>
    public static void AssertHolds(Checkpoint checkpoint, string expectedName, bool inOrder = true)
    {
        var expected = Expected(expectedName);
        var keys = checkpoint.Tensors.Select(tensor => tensor.Key).Where(expected.ContainsKey);
        if (inOrder) Assert.Equal(expected.Keys, keys);
        else Assert.Equal(expected.Keys.Order(StringComparer.Ordinal), keys.Order(StringComparer.Ordinal));
        foreach (var (key, (type, shape, values)) in expected)
        {
            var tensor = checkpoint[key];
            Assert.Equal(type, tensor.ElementType.Name());
            Assert.Equal(shape, tensor.Shape.ToArray());
            Assert.Equal(values.Select(value => (float)value), tensor.ToSingleArray());
            if (type.Contains("float", StringComparison.Ordinal)) Assert.Throws<CheckpointException>(tensor.ToInt64Array);
            else Assert.Equal(values.Select(value => (long)value), tensor.ToInt64Array());
        }
    }
}
