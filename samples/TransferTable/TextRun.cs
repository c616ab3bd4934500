using System.Text;
using Graft.Models;
using Graft.Tasks;
using Graft.Tensors;
using Graft.Text;

namespace Graft.Samples.TransferTable;

/// <summary>One arm on texts.</summary>
internal static class TextRun
{
    public static RunResult Make(Case found, CaseSize size, Arm arm, ulong seed, Device device)
    {
        var texts = Read(found.Train);
        if (size.PerClass > 0) texts = texts.OfEachClass(size.PerClass, seed);
        var source = TextModelSource.FromFolder(found.Model, TextHead.SequenceClassification, seed);
        using var classifier = TextClassifier.From(arm.FromScratch ? source.FromScratch(seed) : source, device);
        var options = new TextFineTuneOptions();
        var report = classifier.FineTune(texts, null, options with { Recipe = arm.Change(options.Recipe with { Epochs = size.Epochs, Seed = seed }) });
        return new RunResult(
            found.Name, size.Title, arm.Name, seed, classifier.Evaluate(Read(found.Test)).Accuracy, report.Seconds, report.TrainableParameters);
    }

    /// <summary>Lines of a label, a space and a text, in UTF-8 or, where they are not that, in Latin-1.</summary>
    private static LabelledTexts Read(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        var encoding = System.Text.Unicode.Utf8.IsValid(bytes) ? Encoding.UTF8 : Encoding.Latin1;
        string[][] lines = [.. encoding.GetString(bytes).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.TrimEnd('\r').Split(' ', 2))];
        string[] names = [.. lines.Select(line => line[0]).Distinct().Order(StringComparer.Ordinal)];
        return new LabelledTexts(
            path, names, [.. lines.Select((line, index) => new TextExample(line[1], Line: index + 1))], [.. lines.Select(line => Array.IndexOf(names, line[0]))]);
    }
}
