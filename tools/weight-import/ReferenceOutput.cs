using System.Globalization;
using System.Text.Json;
using Graft.CommandLine;
using Graft.Tensors;
using Graft.Transfer;

namespace Graft.WeightImport;

/// <summary>How large differences may be, relative to a tensor's largest entry.</summary>
internal readonly record struct Tolerances(double Outputs, double Gradients)
{
    public double Of(KindDifference kind) => kind.IsGradient ? Gradients : Outputs;
}

/// <summary>Compares a folder's model with a reference and prints the largest difference of each kind.</summary>
internal static class ReferenceOutput
{
    public static int Write(TextWriter output, string folder, string? adapter, string reference, LoadOptions options, Tolerances tolerances, bool asJson)
    {
        if (!Directory.Exists(folder)) throw new WrongInputException($"{Printable.Text(folder)}: with --reference, give the folder that holds config.json and the weights");
        if (adapter is not null && !Directory.Exists(adapter)) throw new WrongInputException($"--adapter {Printable.Whole(adapter)}: there is no such folder");
        var report = adapter is null ? ReferenceCheck.Run(folder, reference, Device.Cpu, options) : AdapterCheck.Run(folder, adapter, reference, Device.Cpu, options);
        return Write(output, report, tolerances, asJson);
    }

    public static int Write(TextWriter output, ReferenceReport report, Tolerances tolerances, bool asJson)
    {
        bool within = report.IsWithin(tolerances.Outputs, tolerances.Gradients);
        if (asJson) JsonOutput.Write(output, json => WriteJson(json, report, tolerances, within));
        else WriteTable(output, report, tolerances, within);
        return within ? ExitCode.Done : ExitCode.Failed;
    }

    private static void WriteJson(Utf8JsonWriter json, ReferenceReport report, Tolerances tolerances, bool within)
    {
        json.WriteString("architecture", report.Architecture);
        json.WriteNumber("loaded", report.Weights.Loaded);
        json.WriteReport(report.Weights);
        json.WriteNumber("tolerance", tolerances.Outputs);
        json.WriteNumber("gradientTolerance", tolerances.Gradients);
        json.WriteBoolean("within", within);
        json.WriteStartArray("kinds");
        foreach (var kind in report.Kinds)
        {
            json.WriteStartObject();
            json.WriteString("kind", kind.Kind);
            json.WriteNumber("tensors", kind.Tensors);
            // JSON has no number for what is not finite
            if (double.IsFinite(kind.Largest)) json.WriteNumber("largestDifference", kind.Largest);
            else json.WriteNull("largestDifference");
            json.WriteString("at", kind.At);
            json.WriteNumber("vanishing", kind.Vanishing);
            json.WriteBoolean("within", kind.Largest <= tolerances.Of(kind));
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void WriteTable(TextWriter output, ReferenceReport report, Tolerances tolerances, bool within)
    {
        Tables.Write(output, ["kind", "tensors", "largest difference", "allowed", "at"], report.Kinds.Select(IReadOnlyList<string> (kind) =>
            [Printable.Text(kind.Kind), Text(kind.Tensors), Text(kind.Largest), Text(tolerances.Of(kind)), Printable.Text(kind.At)]));
        output.WriteLine($"weights: {report.Weights.Summary}");
        int vanishing = report.Kinds.Sum(kind => kind.Vanishing);
        if (vanishing > 0) output.WriteLine($"{vanishing} tensors vanish but for rounding; they are measured against the largest entry of their kind");
        output.WriteLine($"{report.Architecture}: {(within ? "all within tolerance" : "beyond tolerance")}, relative to each tensor's largest entry");
    }

    private static string Text(double value) => value.ToString("0.##e+00", CultureInfo.InvariantCulture);

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);
}
