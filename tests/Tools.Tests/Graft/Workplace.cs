namespace Graft.Tools.Tests;

/// <summary>A folder with tiny pictures of two classes and a model's first numbers as its weights.</summary>
public sealed class Workplace : IDisposable
{
    private const int Side = 32;

    public Workplace()
    {
        Folder = Directory.CreateTempSubdirectory("graft-cli-").FullName;
        Weights = In("weights.safetensors");
        ModelRegistry.Create("cifar-resnet20", seed: 7).Save(Weights);
        Data = In("data");
        for (int i = 0; i < 8; i++)
        {
            Paint(In("data", "bright", $"{i}.ppm"), 200, i);
            Paint(In("data", "dark", $"{i}.ppm"), 20, i);
        }
    }

    public string Folder { get; }

    public string Weights { get; }

    public string Data { get; }

    public string In(params string[] names) => Path.Combine([Folder, .. names]);

    /// <summary>A picture of one brightness with a little pattern.</summary>
    public static string Paint(string path, int brightness, int pattern, int side = Side)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var file = File.Create(path);
        file.Write(System.Text.Encoding.ASCII.GetBytes($"P6 {side} {side} 255\n"));
        for (int i = 0; i < side * side * 3; i++) file.WriteByte((byte)(brightness + (i * (pattern + 3)) % 31));
        return path;
    }

    public string[] FineTune(string target, params string[] more) =>
        ["fine-tune", "--model", "cifar-resnet20", "--weights", Weights, "--data", Data, "--out", In(target), "--batch-size", "8", "--seed", "3", .. more];

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
