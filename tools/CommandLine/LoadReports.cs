using System.Text.Json;

namespace Graft.CommandLine;

/// <summary>What was taken of a file of weights, for scripts.</summary>
public static class LoadReports
{
    /// <summary>Writes the report as the object "weightsTaken".</summary>
    /// <param name="json">Where to.</param>
    /// <param name="report">The report.</param>
    public static void WriteReport(this Utf8JsonWriter json, LoadReport report)
    {
        ArgumentNullException.ThrowIfNull(json);
        ArgumentNullException.ThrowIfNull(report);
        json.WriteStartObject("weightsTaken");
        json.WriteString("entry", report.Entry);
        json.WriteString("prefix", report.Prefix);
        json.WriteNumber("found", report.Loaded);
        json.WriteNumber("expected", report.Expected);
        json.WriteTexts("leftNew", report.Replaced);
        json.WriteTexts("passedOver", report.PassedOver);
        json.WriteTexts("alternatives", report.Alternatives);
        json.WriteTexts("nonFinite", report.NonFinite);
        json.WriteEndObject();
    }

    /// <summary>Writes every tensor's account as the object "receipt".</summary>
    /// <param name="json">Where to.</param>
    /// <param name="receipt">The receipt; null to write nothing.</param>
    public static void WriteReceipt(this Utf8JsonWriter json, ImportReceipt? receipt)
    {
        ArgumentNullException.ThrowIfNull(json);
        if (receipt is null) return;
        json.WriteStartObject("receipt");
        receipt.Write(json);
        json.WriteEndObject();
    }
}
