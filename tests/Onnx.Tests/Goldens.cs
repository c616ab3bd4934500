using Graft.Testing;

namespace Graft.Onnx.Tests;

/// <summary>The small graphs that Golden/make_graphs.py exports.</summary>
internal static class Goldens
{
    public static string At(string name) => Path.Combine(RealData.Repository, "tests", "Onnx.Tests", "Golden", name);
}
