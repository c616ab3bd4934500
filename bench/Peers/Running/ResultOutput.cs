using System.Globalization;
using System.Text;
using System.Text.Json;
using Spectre.Console;

namespace Graft.Peers;

/// <summary>Results as the array of <c>--json</c>, or as a table.</summary>
internal static class ResultOutput
{
    public static string ToJson(IEnumerable<WorkloadResult> results, bool indented)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = indented }))
        {
            json.WriteStartArray();
            foreach (var result in results)
            {
                json.WriteStartObject();
                json.WriteString("workload", result.Workload);
                json.WriteNumber("threads", result.Threads);
                json.WriteNumber("rounds", result.Rounds);
                json.WriteNumber("medianMs", Math.Round(result.MedianMs, 4));
                WriteTimes(json, "peerMs", result.PeerMs);
                if (result.BuildMs.Count > 0) WriteTimes(json, "buildMs", result.BuildMs);
                WriteNumberOrNull(json, "ratio", result.Ratio, digits: 4);
                json.WriteNumber("roofShare", Math.Round(result.RoofShare, 4));
                json.WriteNumber("peakRssMb", Math.Round(result.PeakRssMb, 1));
                WriteNumberOrNull(json, "peerPeakRssMb", result.PeerPeakRssMb, digits: 1);
                json.WriteNumber("managedBytesPerStep", Math.Round(result.ManagedBytesPerStep));
                json.WriteString("processor", result.Processor);
                WriteTexts(json, "kernels", result.Kernels);
                WriteTexts(json, "failed", result.Failed);
                json.WriteEndObject();
            }
            json.WriteEndArray();
        }
        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    public static void WriteTable(TextWriter output, IReadOnlyList<WorkloadResult> results)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumn("workload");
        var (builds, peers) = (Names(results.Select(result => result.BuildMs)), Names(results.Select(result => result.PeerMs)));
        foreach (string heading in (IEnumerable<string>)["graft ms", .. builds.Concat(peers).Select(side => $"{side} ms"), "ratio", "of the roof", "MiB", "peer's MiB", "managed B/step"])
            table.AddColumn(new TableColumn(heading).RightAligned());
        foreach (var result in results)
        {
            table.AddRow(
            [
                result.Workload, Number(result.MedianMs, "0.00"),
                .. Times(builds, result.BuildMs), .. Times(peers, result.PeerMs),
                Number(result.Ratio, "0.00"), Number(result.RoofShare, "0 %"), Number(result.PeakRssMb, "0"), Number(result.PeerPeakRssMb, "0"),
                Number(result.ManagedBytesPerStep, "#,0"),
            ]);
        }
        AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, Out = new WideOutput(output) }).Write(table);
    }

    private static void WriteTimes(Utf8JsonWriter json, string name, IReadOnlyDictionary<string, double> times)
    {
        json.WriteStartObject(name);
        foreach (var (side, milliseconds) in times) json.WriteNumber(side, Math.Round(milliseconds, 4));
        json.WriteEndObject();
    }

    private static void WriteTexts(Utf8JsonWriter json, string name, IReadOnlyDictionary<string, string> texts)
    {
        json.WriteStartObject(name);
        foreach (var (peer, text) in texts) json.WriteString(peer, text);
        json.WriteEndObject();
    }

    private static List<string> Names(IEnumerable<IReadOnlyDictionary<string, double>> times) => [.. times.SelectMany(one => one.Keys).Distinct()];

    private static IEnumerable<string> Times(List<string> names, IReadOnlyDictionary<string, double> times) =>
        names.Select(name => Number(times.TryGetValue(name, out double milliseconds) ? milliseconds : null, "0.00"));

    private static string Number(double? value, string format) => value?.ToString(format, CultureInfo.InvariantCulture) ?? "-";

    private static void WriteNumberOrNull(Utf8JsonWriter json, string name, double? value, int digits)
    {
        if (value is { } number) json.WriteNumber(name, Math.Round(number, digits));
        else json.WriteNull(name);
    }

    /// <summary>A row of the table is a line of the output, however narrow the terminal.</summary>
    private sealed class WideOutput(TextWriter writer) : IAnsiConsoleOutput
    {
        public TextWriter Writer => writer;

        public bool IsTerminal => false;

        public int Width => 200;

        public int Height => 80;

        public void SetEncoding(Encoding encoding)
        {
        }
    }
}
