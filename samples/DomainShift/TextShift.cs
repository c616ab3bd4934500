using Graft.Models;
using Graft.Tasks;
using Graft.Tensors;
using Graft.Text;
using Graft.Transfer;

namespace Graft.Samples.DomainShift;

/// <summary>Sentences about films of which the short ones have labels and the long ones have none: what a text says in six words is said differently from what it says in
/// thirty.</summary>
internal sealed class TextShift
{
    public const string Name = "short sentences to long ones";

    /// <summary>The source alone, by an encoder that has gone on with masked language modelling on the target's sentences first (Gururangan et al. 2020).</summary>
    public const string Continued = "continued-pretraining";

    private const int MostShort = 10, FewestLong = 25, Learnt = 600, BatchSize = 16, ContinuedEpochs = 20, BlockLength = 128;

    private readonly string encoder;
    private readonly LabelledTexts source, held, test, labelledTarget;
    private readonly TextExample[] target;

    /// <summary>Reads the sentences.</summary>
    /// <param name="folder">Where <c>stsa.binary.train</c> and <c>.test</c> are: lines of a label, a space and a text.</param>
    /// <param name="encoder">The folder of the published encoder.</param>
    public TextShift(string folder, string encoder)
    {
        this.encoder = encoder;
        string train = Path.Combine(folder, "stsa.binary.train");
        (source, held) = Read(train, static words => words <= MostShort, Learnt).Split(0.1, seed: 0);
        labelledTarget = Read(train, static words => words >= FewestLong, Learnt);
        target = [.. Enumerable.Range(0, labelledTarget.Count).Select(index => labelledTarget[index])];
        test = Read(Path.Combine(folder, "stsa.binary.test"), static words => words >= FewestLong, int.MaxValue);
    }

    /// <summary>The methods that are for texts.</summary>
    public static bool IsFor(string method) => Run.AtStrength(method).Name is "source-only" or "dann" or "cdan" or "cdan-e" or "dan" or "coral" or "mcd" or "pseudo-labels" or Continued or Run.Oracle;

    public Result Make(string method, ulong seed, int epochs, Device device)
    {
        var start = method == Continued ? Directory.CreateTempSubdirectory("graft-continued-") : null;
        try
        {
            double before = start is null ? 0 : Continue(start.FullName, seed, device);
            var result = Make(start?.FullName ?? encoder, method, seed, epochs, device);
            return result with { Seconds = result.Seconds + before };
        }
        finally
        {
            start?.Delete(recursive: true);
        }
    }

    private Result Make(string start, string method, ulong seed, int epochs, Device device)
    {
        using var classifier = TextClassifier.From(TextModelSource.FromFolder(start, TextHead.SequenceClassification, seed), device);
        var usual = new TextFineTuneOptions { BatchSize = BatchSize };
        var options = usual with { Recipe = usual.Recipe with { Epochs = epochs, Seed = seed } };
        var (name, strength) = method == Continued ? (DomainMethodKind.SourceOnly.Name, null) : Run.AtStrength(method);
        var report = method == Run.Oracle ? classifier.FineTune(labelledTarget, null, options)
            : classifier.FineTune(source, null, options with { Adaptation = new AdaptationOptions { Method = DomainMethodKind.Named(name), Texts = target, Strength = strength } });
        var found = classifier.CompareDomains(source, held, target);
        return new Result(
            Name, method, seed, classifier.Evaluate(held).Accuracy, classifier.Evaluate(test).Accuracy, 1 - found.Error!.Risk, found.Error.EffectiveExamples, found.Distance!.Value,
            report.Seconds, found.Information);
    }

    /// <summary>Goes on with the encoder's pretraining on the target's sentences.</summary>
    /// <returns>How many seconds that took.</returns>
    private double Continue(string folder, ulong seed, Device device)
    {
        using var language = LanguageModelPretraining.FromPretrained(encoder, device, seed);
        var usual = new TextFineTuneOptions { BatchSize = BatchSize, MaximumLength = BlockLength };
        var report = language.Train(
            Array.ConvertAll(target, static text => text.Text), options: usual with { Recipe = usual.Recipe with { Epochs = ContinuedEpochs, RateDecayPerStage = 1, Seed = seed } });
        language.Save(folder);
        return report.Seconds;
    }

    private static LabelledTexts Read(string path, Func<int, bool> isWanted, int most)
    {
        string[][] lines = [.. File.ReadLines(path).Select(static line => line.Split(' ', 2)).Where(line => isWanted(line[1].Count(static character => character == ' ') + 1)).Take(most)];
        return new LabelledTexts(
            path, ["negative", "positive"], [.. lines.Select(static (line, index) => new TextExample(line[1], Line: index + 1))], [.. lines.Select(static line => line[0] == "1" ? 1 : 0)]);
    }
}
