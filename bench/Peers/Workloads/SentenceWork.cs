using Graft.Models;
using Graft.Text;

namespace Graft.Peers;

/// <summary>A thousand sentences to embed, of the Stanford Sentiment Treebank's training sentences, and the published encoder for it: what
/// <c>../shared/tools/published-weights.sh</c> unpacks.</summary>
internal static class SentenceWork
{
    /// <summary>How many sentences.</summary>
    public const int Count = 1000;

    /// <summary>How many tokens they have together, special ones included.</summary>
    public const int Tokens = 26_000;

    private const int MostTexts = 16, MostTokens = 4096;

    private const string Sentences = "../shared/data/text/sst2/stsa.binary.train";

    /// <summary>The folder of the encoder.</summary>
    public static string Folder
    {
        get
        {
            string root = Environment.GetEnvironmentVariable("GRAFT_PUBLISHED_WEIGHTS") is { Length: > 0 } given
                ? given : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache", "graft", "published-weights");
            string folder = Path.Combine(root, "minilm-l6");
            return Directory.Exists(folder) ? folder : throw new BenchmarkException($"there is no {folder}: unpack the published weights first (../shared/tools/published-weights.sh)");
        }
    }

    /// <summary>The sentences, without their labels.</summary>
    public static string[] Lines()
    {
        string path = Path.Combine(Repository(), Sentences);
        return File.Exists(path)
            ? [.. File.ReadLines(path).Take(Count).Select(static line => line[(line.IndexOf(' ', StringComparison.Ordinal) + 1)..])]
            : throw new BenchmarkException($"there is no {path}: this workload needs the data beside the repository");
    }

    /// <summary>Batches of sentences of about one length, as ours makes them: the longest first.</summary>
    public static IEnumerable<(int[] Places, TextBatch Batch)> Batches(IReadOnlyList<TokenisedText> texts)
    {
        int[] order = [.. Enumerable.Range(0, texts.Count).OrderByDescending(place => texts[place].Length)];
        for (int start = 0; start < order.Length;)
        {
            int count = Math.Clamp(MostTokens / texts[order[start]].Length, 1, MostTexts), end = Math.Min(order.Length, start + count);
            int[] places = order[start..end];
            yield return (places, TextBatch.Pad(Array.ConvertAll(places, place => texts[place].Ids), paddingToken: 0, Array.ConvertAll(places, place => texts[place].TokenTypes)));
            start = end;
        }
    }

    private static string Repository()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "Graft.slnx"))) return folder.FullName;
        return Environment.CurrentDirectory;
    }
}
