using System.Text.Encodings.Web;
using System.Text.Json;
using Graft.Transfer;

namespace Graft.Tasks;

/// <summary>A report as JSON: all figures in full; what is not a number reads as null.</summary>
internal static class ReportJson
{
    public static byte[] Of(TransferReport report)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping })) Write(json, report);
        return buffer.ToArray();
    }

    private static void Write(Utf8JsonWriter json, TransferReport report)
    {
        json.WriteStartObject();
        json.WriteString("model", report.Model);
        json.WriteString("weights", report.Weights);
        json.WriteString("task", report.Task);
        json.WriteString("data", report.Data);
        json.WriteString("test", report.Test);
        Texts(json, "classes", report.Classes);
        json.WriteNumber("trainingExamples", report.TrainingExamples);
        json.WriteNumber("testExamples", report.TestExamples);
        json.WriteNumber("epochs", report.Epochs);
        json.WriteStartArray("seeds");
        foreach (ulong seed in report.Seeds) json.WriteNumberValue(seed);
        json.WriteEndArray();
        json.WriteString("device", report.Device);
        Figure(json, "seconds", report.Seconds);
        Verdict(json, report.Verdict);
        json.WriteString("verdictArm", report.VerdictArm);
        if (report.Adaptation is { } adaptation)
        {
            json.WriteStartObject("adaptation");
            json.WriteString("method", adaptation.Method);
            json.WriteString("sentence", adaptation.ToString());
            Verdict(json, adaptation.BesideSource);
            json.WriteEndObject();
        }
        List(json, "arms", report.Arms, Arm);
        Alignment(json, report.Alignment);
        List(json, "confusion", Enumerable.Range(0, report.Confusion.Classes), row =>
        {
            json.WriteStartArray();
            for (int column = 0; column < report.Confusion.Classes; column++) json.WriteNumberValue(report.Confusion[row, column]);
            json.WriteEndArray();
        });
        Calibrated(json, "calibration", report.Calibration, temperature: null);
        Calibrated(json, "scaledCalibration", report.Scaled?.Calibration, report.Scaled?.Temperature);
        List(json, "worst", report.Worst, worst => Worst(json, worst));
        Texts(json, "notes", report.Notes);
        json.WriteEndObject();

        void Arm(ArmReport arm) => ReportJson.Arm(json, arm);
    }

    private static void Verdict(Utf8JsonWriter json, TransferVerdict? verdict)
    {
        if (verdict is null)
        {
            json.WriteNull("verdict");
            return;
        }
        json.WriteStartObject("verdict");
        json.WriteString("outcome", verdict.Outcome switch
        {
            TransferOutcome.Helped => "helped",
            TransferOutcome.Neutral => "neutral",
            TransferOutcome.NegativeTransfer => "negative-transfer",
            _ => "undecided",
        });
        json.WriteString("sentence", verdict.ToString());
        Figure(json, "difference", verdict.Difference);
        Figure(json, "halfWidth", verdict.HalfWidth);
        Figure(json, "level", verdict.Level);
        json.WriteNumber("examples", verdict.Examples);
        json.WriteNumber("seeds", verdict.Seeds);
        Figure(json, "saving", verdict.Saving);
        json.WriteBoolean("savingIsLeast", verdict.IsSavingLeast);
        json.WriteEndObject();
    }

    private static void Arm(Utf8JsonWriter json, ArmReport arm)
    {
        json.WriteStartObject();
        json.WriteString("name", arm.Name);
        json.WriteString("description", arm.Description);
        Figure(json, "accuracy", arm.Accuracy);
        Figure(json, "accuracySpread", arm.Spread);
        Figure(json, "loss", arm.Loss);
        Figure(json, "calibrationError", arm.CalibrationError);
        Figure(json, "seconds", arm.Seconds);
        Figure(json, "peakBytes", arm.PeakBytes);
        if (arm.Forgetting is { } forgetting)
        {
            json.WriteStartObject("forgetting");
            Figure(json, "agreement", forgetting.Agreement);
            Figure(json, "drift", forgetting.Drift);
            json.WriteNumber("classes", forgetting.Classes);
            Figure(json, "accuracyBefore", forgetting.AccuracyBefore);
            Figure(json, "accuracyAfter", forgetting.AccuracyAfter);
            json.WriteEndObject();
        }
        else
        {
            json.WriteNull("forgetting");
        }
        List(json, "runs", arm.Runs.Concat(arm.Fewer), run => Run(json, run));
        List(json, "stages", arm.Movement, stage =>
        {
            json.WriteStartObject();
            json.WriteString("stage", stage.Stage);
            json.WriteNumber("parameters", stage.Parameters);
            Figure(json, "movement", stage.Distance);
            Figure(json, "alignment", arm.Alignment.FirstOrDefault(one => one.Stage == stage.Stage)?.Value);
            json.WriteEndObject();
        });
        json.WriteEndObject();
    }

    private static void Run(Utf8JsonWriter json, ArmRun run)
    {
        json.WriteStartObject();
        json.WriteNumber("seed", run.Seed);
        json.WriteNumber("examples", run.Examples);
        Figure(json, "accuracy", run.Accuracy);
        Figure(json, "loss", run.Loss);
        json.WriteNumber("steps", run.Steps);
        Figure(json, "seconds", run.Seconds);
        Figure(json, "peakBytes", run.PeakBytes);
        json.WriteNumber("trainableParameters", run.TrainableParameters);
        json.WriteBoolean("timeUp", run.IsTimeUp);
        if (run.Curve.Count > 0)
        {
            var curve = CurveSummary.Of(run.Curve);
            Figure(json, "bestAccuracy", curve.Best);
            json.WriteNumber("bestEpoch", curve.BestEpoch);
            Figure(json, "meanAccuracy", curve.Mean);
            json.WriteNumber("epochsToNearBest", curve.EpochsToNearBest);
        }
        List(json, "epochs", run.Epochs, epoch =>
        {
            json.WriteStartObject();
            json.WriteNumber("epoch", epoch.Epoch);
            Figure(json, "trainingLoss", epoch.Loss);
            Figure(json, "rate", epoch.Rate);
            Figure(json, "accuracy", epoch.Validation?.Accuracy);
            Figure(json, "loss", epoch.Validation?.Loss);
            json.WriteEndObject();
        });
        json.WriteEndObject();
    }

    private static void Alignment(Utf8JsonWriter json, AlignmentTable? table)
    {
        if (table is null)
        {
            json.WriteNull("alignment");
            return;
        }
        json.WriteStartObject("alignment");
        Texts(json, "stages", table.Stages);
        json.WriteNumber("examples", table.Examples);
        List(json, "beforeByAfter", table.Values, row =>
        {
            json.WriteStartArray();
            foreach (double value in row)
            {
                if (double.IsFinite(value)) json.WriteNumberValue(value);
                else json.WriteNullValue();
            }
            json.WriteEndArray();
        });
        json.WriteEndObject();
    }

    private static void Calibrated(Utf8JsonWriter json, string name, Calibration? calibration, double? temperature)
    {
        if (calibration is null)
        {
            json.WriteNull(name);
            return;
        }
        json.WriteStartObject(name);
        if (temperature is not null) Figure(json, "temperature", temperature);
        Figure(json, "expectedError", calibration.ExpectedError);
        Figure(json, "largestError", calibration.LargestError);
        Figure(json, "loss", calibration.Loss);
        List(json, "bins", calibration.Bins, bin =>
        {
            json.WriteStartObject();
            Figure(json, "from", bin.From);
            Figure(json, "to", bin.To);
            json.WriteNumber("count", bin.Count);
            Figure(json, "confidence", bin.Confidence);
            Figure(json, "accuracy", bin.Accuracy);
            json.WriteEndObject();
        });
        json.WriteEndObject();
    }

    private static void Worst(Utf8JsonWriter json, WorstExample worst)
    {
        json.WriteStartObject();
        json.WriteString("name", worst.Name);
        json.WriteString("expected", worst.Expected);
        json.WriteString("predicted", worst.Predicted);
        Figure(json, "probability", worst.Probability);
        Figure(json, "expectedProbability", worst.ExpectedProbability);
        Figure(json, "loss", worst.Loss);
        List(json, "pieces", worst.Pieces, piece =>
        {
            json.WriteStartObject();
            json.WriteString("text", piece.Text);
            Figure(json, "weight", piece.Weight);
            json.WriteEndObject();
        });
        json.WriteEndObject();
    }

    private static void List<T>(Utf8JsonWriter json, string name, IEnumerable<T> items, Action<T> write)
    {
        json.WriteStartArray(name);
        foreach (var item in items) write(item);
        json.WriteEndArray();
    }

    private static void Texts(Utf8JsonWriter json, string name, IEnumerable<string> texts) => List(json, name, texts, json.WriteStringValue);

    private static void Figure(Utf8JsonWriter json, string name, double? value)
    {
        if (value is { } figure && double.IsFinite(figure)) json.WriteNumber(name, figure);
        else json.WriteNull(name);
    }
}
