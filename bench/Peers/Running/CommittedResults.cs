using System.Text.Json;

namespace Graft.Peers;

/// <summary>Results of earlier runs, as <c>workloads --json</c> printed them.</summary>
internal sealed class CommittedResults
{
    private readonly List<Row> rows = [];

    private CommittedResults()
    {
    }

    /// <summary>Reads a file, or every JSON file of a folder.</summary>
    /// <exception cref="WrongInputException">There is nothing to read, or it is not what <c>workloads --json</c> prints.</exception>
    public static CommittedResults Read(string path)
    {
        string[] files = Directory.Exists(path) ? [.. Directory.GetFiles(path, "*.json").Order(StringComparer.Ordinal)] : File.Exists(path) ? [path] : [];
        if (files.Length == 0)
            throw new WrongInputException($"there are no results at {path}: make some with 'workloads --json' and keep what it prints in a file there");
        var results = new CommittedResults();
        foreach (string file in files)
        {
            try
            {
                using var document = JsonDocument.Parse(File.ReadAllBytes(file));
                results.rows.AddRange(document.RootElement.EnumerateArray().Select(Row.Of));
            }
            catch (Exception exception) when (exception is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
            {
                throw new WrongInputException($"{file} is not what 'workloads --json' prints ({exception.Message}): run it again and keep its output");
            }
        }
        return results;
    }

    /// <summary>How a new result compares with the earlier ones of as many threads, over the peers that both ran beside. Where there
    /// are several (of several machines) the slackest counts.</summary>
    public Standing? Compare(WorkloadResult result)
    {
        var standings = from row in rows
                        where row.Workload == result.Workload && row.Threads == result.Threads
                        let peers = row.PeerMs.Keys.Where(result.PeerMs.ContainsKey).ToList()
                        where peers.Count > 0
                        select new Standing(row.MedianMs / peers.Min(peer => row.PeerMs[peer]), result.MedianMs / peers.Min(peer => result.PeerMs[peer]));
        return standings.OrderBy(standing => standing.Behind).FirstOrDefault();
    }

    private sealed record Row(string Workload, int Threads, double MedianMs, IReadOnlyDictionary<string, double> PeerMs)
    {
        public static Row Of(JsonElement element) => new(
            element.GetProperty("workload").GetString() ?? throw new FormatException("a workload without a name"),
            element.GetProperty("threads").GetInt32(), Positive(element.GetProperty("medianMs")),
            element.GetProperty("peerMs").EnumerateObject().ToDictionary(peer => peer.Name, peer => Positive(peer.Value)));

        private static double Positive(JsonElement milliseconds) =>
            milliseconds.GetDouble() is var number and > 0 ? number : throw new FormatException("a time that is not above 0");
    }
}

/// <summary>A ratio as committed and as measured now.</summary>
internal sealed record Standing(double Committed, double Measured)
{
    /// <summary>How far the new ratio has fallen behind: 0.1 where it is a tenth larger.</summary>
    public double Behind => Measured / Committed - 1;
}
