namespace Graft.Hub.Tests;

/// <summary>A cache with one model, written as huggingface_hub writes it: blobs by ETag, references, a snapshot of relative links.</summary>
internal sealed class PythonCache
{
    public const string Commit = "89abcdef0123456789abcdef0123456789abcdef";

    public PythonCache(Workplace place)
    {
        Folder = Directory.CreateDirectory(place.In("hub", "models--org--made")).FullName;
        foreach (string part in (string[])["blobs", "refs", $"snapshots/{Commit}/1_Pooling", ".no_exist"]) Directory.CreateDirectory(Path.Combine(Folder, part));
        File.WriteAllText(Path.Combine(Folder, "refs", "main"), Commit);
        File.WriteAllText(Path.Combine(Folder, "refs", "v1.0"), Commit);
        Add("config.json", "bf0d", "{}");
        Add("1_Pooling/config.json", "bf0e", "[1]");
        Add("model.safetensors", "bf0f", "weights");
    }

    public string Folder { get; }

    private void Add(string name, string tag, string text)
    {
        File.WriteAllText(Path.Combine(Folder, "blobs", tag), text);
        string up = string.Concat(Enumerable.Repeat("../", 2 + name.Count(static letter => letter == '/')));
        string file = Path.Combine(Folder, "snapshots", Commit, name);
        if (OperatingSystem.IsWindows()) File.WriteAllText(file, text);
        else File.CreateSymbolicLink(file, $"{up}blobs/{tag}");
    }
}
