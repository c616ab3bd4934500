using System.Globalization;
using System.Text.Json;
using Graft.Tasks;
using Graft.Transfer;

namespace Graft.CommandLine;

/// <summary>What <c>graft adapt</c> says when it is done without a source.</summary>
/// <param name="Kind">How.</param>
/// <param name="Classifier">What came of it.</param>
/// <param name="Target">The pictures' folder.</param>
/// <param name="Pictures">How many there are.</param>
/// <param name="Before">What the model said to them before.</param>
/// <param name="After">And after.</param>
/// <param name="Report">How it went; null where nothing was learnt.</param>
/// <param name="SavedTo">The folder of the classifier; null where nothing was saved.</param>
internal sealed record AdaptationOutcome(
    DomainMethodKind Kind, ImageClassifier Classifier, string Target, int Pictures, DomainComparison Before, DomainComparison After, FitReport? Report, string? SavedTo)
{
    public void WriteJson(TextWriter output) => JsonOutput.Write(output, json =>
    {
        json.WriteString("method", Kind.Name);
        json.WriteString("model", Classifier.Model.Name);
        json.WriteString("target", Target);
        json.WriteNumber("pictures", Pictures);
        if (Report is not null) ReportOutput.Write(json, Report);
        Write(json, "before", Classifier.ClassNames, Before);
        Write(json, "after", Classifier.ClassNames, After);
        json.WriteString("out", SavedTo);
        json.WriteBoolean("interrupted", Report?.Interrupted ?? false);
    });

    public void WriteText(TextWriter output)
    {
        if (Report is not null) ReportOutput.Write(output, Report);
        output.WriteLine($"{Classifier.Model.Name}: {Kind} on {Tables.Count(Pictures)} pictures of {Printable.Whole(Target)}");
        output.WriteLine($"before: {Text(Classifier.ClassNames, Before)}");
        output.WriteLine($"after: {Text(Classifier.ClassNames, After)}");
        if (SavedTo is { } folder) output.WriteLine($"saved in {Printable.Whole(folder)}");
    }

    /// <summary>What is known of a model on a target without labels, as a member of the object that is being written.</summary>
    public static void Write(Utf8JsonWriter json, string member, IReadOnlyList<string> classes, DomainComparison found)
    {
        json.WriteStartObject(member);
        if (found.Distance is { } distance) json.WriteFigure("proxyDistance", distance);
        json.WriteFigure("confidence", found.Confidence);
        json.WriteFigure("entropy", found.Entropy);
        json.WriteFigure("information", found.Information);
        json.WriteStartObject("answers");
        for (int label = 0; label < found.Shares.Count; label++) json.WriteFigure(classes[label], found.Shares[label]);
        json.WriteEndObject();
        if (found.Error is { } error)
        {
            json.WriteFigure("expectedError", error.Risk);
            json.WriteFigure("effectiveExamples", error.EffectiveExamples);
        }
        json.WriteEndObject();
    }

    /// <summary>The same in a line.</summary>
    public static string Text(IReadOnlyList<string> classes, DomainComparison found)
    {
        int most = found.Shares.Index().MaxBy(static share => share.Item).Index;
        string text = string.Create(
            CultureInfo.InvariantCulture,
            $"answers are {Tables.Percent(found.Confidence)} sure in the mean and tell {found.Information:0.00} of {Math.Log(found.Shares.Count):0.00} nats each, ")
            + $"the most frequent is {Printable.Text(classes[most])} ({Tables.Percent(found.Shares[most])})";
        if (found.Distance is { } distance)
            text += string.Create(CultureInfo.InvariantCulture, $"; the domains are {distance:0.00} apart (0 not at all, 2 always told apart)");
        if (found.Error is { } error)
            text += $"; {Tables.Percent(1 - error.Risk)} right to be expected, as far as {Tables.Count((int)Math.Round(error.EffectiveExamples))} examples of the source tell";
        return text;
    }
}
