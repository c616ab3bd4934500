using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Graft.Benchmarks;

/// <summary>What the machine can do at most, measured in this process on one thread and on all of them.</summary>
public sealed class RoofReport
{
    private readonly List<Row> rows = [];

    private RoofReport()
    {
    }

    /// <summary>Measures on one thread and, where there are more, on <paramref name="threads"/>.</summary>
    public static RoofReport Measure(int threads)
    {
        var report = new RoofReport();
        foreach (int count in new[] { 1, threads }.Distinct())
            report.rows.Add(new Row(count, ArithmeticRoof.Measure(count), MemoryRoof.Measure(count)));
        return report;
    }

    /// <summary>How many bytes a second a copy moves, read and written, that no cache holds.</summary>
    public static double Copy(int threads) => MemoryRoof.Measure(threads).Copy;

    /// <summary>One array, an object for each number of threads; GFLOP/s and GB/s are 10^9 a second.</summary>
    public string ToJson()
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartArray();
            foreach (var row in rows)
            {
                json.WriteStartObject();
                json.WriteNumber("threads", row.Threads);
                json.WriteNumber("gigaflops", Round(row.Arithmetic));
                json.WriteNumber("copyGigabytes", Round(row.Memory.Copy));
                json.WriteNumber("triadGigabytes", Round(row.Memory.Triad));
                json.WriteNumber("firstTouchGigabytes", Round(row.Memory.FirstTouch));
                json.WriteEndObject();
            }
            json.WriteEndArray();
        }
        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    /// <summary>A table, a line for each number of threads.</summary>
    public override string ToString()
    {
        var text = new StringBuilder("threads   multiply-add      copy     triad   first touch");
        foreach (var row in rows)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n{row.Threads,7}  {row.Arithmetic / 1e9,6:f0} GFLOP/s");
            text.Append(CultureInfo.InvariantCulture, $" {row.Memory.Copy / 1e9,4:f1} GB/s {row.Memory.Triad / 1e9,4:f1} GB/s {row.Memory.FirstTouch / 1e9,8:f1} GB/s");
        }
        return text.ToString();
    }

    private static double Round(double perSecond) => Math.Round(perSecond / 1e9, 2);

    private sealed record Row(int Threads, double Arithmetic, MemoryRoof Memory);
}
