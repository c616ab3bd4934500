using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json.Nodes;

namespace Graft.Text.Tokenisers;

/// <summary>Hugging Face's own code for a <c>tokenizer.json</c>, beside ours for the same bytes.</summary>
internal sealed class Oracle : IDisposable
{
    private readonly string path = Path.Combine(Path.GetTempPath(), $"oracle-{Guid.NewGuid():N}.json");
    private readonly Tokenizers.DotNet.Tokenizer theirs;

    /// <summary>Gives both the same bytes; skips the running test where there is no native code for the machine.</summary>
    public Oracle(JsonObject json)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture == Architecture.X64, "tokenizers is here for Linux on x64 alone");
        byte[] bytes = Encoding.UTF8.GetBytes(json.ToJsonString());
        File.WriteAllBytes(path, bytes);
        theirs = new Tokenizers.DotNet.Tokenizer(path);
        Ours = Tokeniser.Parse(bytes, "tokenizer.json");
    }

    public Tokeniser Ours { get; }

    public int[] Encode(string text) => [.. theirs.Encode(text).Select(static id => (int)id)];

    public string Decode(int[] ids) => theirs.Decode([.. ids.Select(static id => (uint)id)]);

    public void Dispose()
    {
        theirs.Dispose();
        File.Delete(path);
    }
}
