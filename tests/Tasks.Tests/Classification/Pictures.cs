using Graft.Tensors;

namespace Graft.Tasks.Tests;

/// <summary>Small drawn pictures in class folders, and weights to begin with.</summary>
internal static class Pictures
{
    public const string Model = "cifar-resnet20";

    /// <summary>Classes of noise, each around a colour of its own.</summary>
    public static string Folder(TemporaryFolder folder, string name, int perClass, params string[] classes)
    {
        for (int label = 0; label < classes.Length; label++)
            for (int i = 0; i < perClass; i++) folder.Write($"{name}/{classes[label]}/{i:d3}.ppm", Ppm(label, i));
        return folder[$"{name}/x"][..^2];
    }

    public static byte[] Ppm(int label, int number)
    {
        var noise = new float[32 * 32 * 3];
        new RandomStream(3, $"{label}/{number}").FillNormal(noise, 0f, 30f);
        byte[] header = [.. "P6 32 32 255\n"u8];
        return [.. header, .. noise.Select((value, at) => (byte)Math.Clamp(value + (at % 3 == label % 3 ? 170 : 70), 0, 255))];
    }

    /// <summary>A checkpoint of random numbers whose head tells <paramref name="classes"/> apart.</summary>
    public static string Weights(TemporaryFolder folder, int classes = 10)
    {
        string path = folder[$"weights{classes}.safetensors"];
        ModelRegistry.Create(Model, classes, seed: 5).Save(path);
        return path;
    }

    public static Dictionary<string, float[]> Snapshot(Model model) =>
        model.Parameters().Concat(model.Buffers()).ToDictionary(tensor => tensor.Name, tensor => tensor.Value.ToArray());
}
