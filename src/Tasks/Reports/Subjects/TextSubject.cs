using System.Globalization;
using Graft.Autograd;
using Graft.Tensors;
using Graft.Text;
using Graft.Transfer;

namespace Graft.Tasks;

/// <summary>Texts of one class each.</summary>
/// <param name="source">The published weights.</param>
/// <param name="training">What is learnt from.</param>
/// <param name="test">What is tested on, under the same class numbers.</param>
/// <param name="options">The recipe.</param>
/// <param name="old">Texts of the task that the weights were trained for, under its class numbers; null for none.</param>
/// <param name="device">Where to compute.</param>
internal sealed class TextSubject(
    TextModelSource source, LabelledTexts training, LabelledTexts test, TextFineTuneOptions options, LabelledTexts? old, Device device) : ComparisonSubject
{
    private float[]? oldOutputs;

    public override string Task => "text-classification";

    public override string Data => training.Source;

    public override string Test => test.Source;

    public override string Model => source.State.Model.Name;

    public override string Weights => source.State.Manifest.Provenance?.FileName ?? Model;

    public override IReadOnlyList<string> Classes => training.ClassNames;

    public override int TrainingExamples => training.Count;

    public override int[] TestLabels => [.. Enumerable.Range(0, test.Count).Select(test.Class)];

    public override Device Device => device;

    public override ulong Seed => options.Recipe.Seed;

    public override int Epochs => options.EpochsFor(training.Count) + FrozenEpochs;

    // a head that is new is so for every arm, so that all have as many epochs
    private int FrozenEpochs => options.Recipe.FrozenEpochs ?? (HasOldHead ? 0 : 1);

    private TextPreparation Preparation =>
        source.State.Inputs with { MaximumLength = options.MaximumLength ?? source.State.Inputs.MaximumLength };

    /// <summary>Whether the weights have a head, and of another task.</summary>
    private bool HasOldHead => !source.State.Model.IsHeadNew && source.State.Labels.Count > 1;

    public override int FewestOfClass(double share, ulong seed) => training.Split(share, seed).Validation.ClassCounts().Min();

    public override TrainedArm Train(TransferArm arm, ulong seed, double? share, IProgress<FitProgress> progress, CancellationToken cancellation)
    {
        var examples = share is { } part ? training.Split(part, seed).Validation : training;
        var own = arm.IsFromScratch ? source.FromScratch(seed) : source;
        var recipe = arm.On(options.Recipe with { Seed = seed });
        recipe = recipe with { FrozenEpochs = recipe.FrozenEpochs ?? FrozenEpochs };
        var classifier = TextClassifier.From(own, device);
        var report = classifier.FineTune(examples, test, options with { Recipe = recipe, HeldOut = 0, Validation = null }, progress, cancellation);
        // what is compared is the model, and not how it is kept
        if (classifier.Adapters is not null && report.Steps > 0) classifier.MergeAdapters();
        return new TrainedArm(
            arm, report.Steps > 0 ? classifier : new NothingHeld(), classifier.Model, report, examples.Count, () => TextClassifier.From(own, device).StartOf(Classes, seed));
    }

    public override float[] Logits(TrainedArm arm, CancellationToken cancellation) => Outputs((TextModel)arm.Model, test, cancellation);

    public override IReadOnlyList<StageRows> Representations(Model model, int examples)
    {
        List<List<float>> states = [];
        foreach (var text in Enumerable.Range(0, examples).Select(index => Encode(test[index])))
        {
            using var pass = Pass.Infer(device);
            var trace = new ForwardTrace();
            _ = ((TextModel)model).Forward(pass, Preparation.Batch((TextModel)model, [text]), trace);
            while (states.Count < trace.HiddenStates.Count) states.Add([]);
            for (int at = 0; at < trace.HiddenStates.Count; at++) states[at].AddRange(trace.HiddenStates[at].Mean(1).Value.ToArray());
        }
        return [.. states.Select(static (rows, at) => new StageRows(at == 0 ? "embeddings" : string.Create(CultureInfo.InvariantCulture, $"layer{at - 1}"), [.. rows]))];
    }

    public override Forgetting? Forgotten(TrainedArm arm, CancellationToken cancellation)
    {
        var before = source.State.Model;
        if (arm.Arm.IsFromScratch || !HasOldHead || source.State.Labels.SequenceEqual(Classes)) return null;
        using var now = before.Remake(source.State.Labels.Count, seed: 0);
        now.CopyWeightsFrom(before);
        now.CopyWeightsFrom(arm.Model, includeHead: false);
        now.IsHeadNew = false;
        int classes = source.State.Labels.Count;
        var forgetting = Compare(oldOutputs ??= Outputs(before, test, cancellation), Outputs(now, test, cancellation), classes);
        if (old is null) return forgetting;
        int[] labels = [.. Enumerable.Range(0, old.Count).Select(old.Class)];
        return forgetting with { AccuracyBefore = Right(Outputs(before, old, cancellation), labels, classes), AccuracyAfter = Right(Outputs(now, old, cancellation), labels, classes) };
    }

    public override WorstExample Explain(TrainedArm arm, int example, int predicted, WorstExample plain)
    {
        var tokens = Encode(test[example]);
        var model = (TextModel)arm.Model;
        var weights = AttentionRollout.Of(model, device, Preparation.Batch(model, [tokens]));
        return plain with { Pieces = TextPieces.Of(test[example], tokens, weights) };
    }

    public override string Name(int example) => string.Create(CultureInfo.InvariantCulture, $"line {test[example].Line}");

    private TokenisedText Encode(TextExample text) => Preparation.Encode(text.Text, text.Pair);

    private float[] Outputs(TextModel model, LabelledTexts texts, CancellationToken cancellation)
    {
        var rows = new List<float>();
        foreach (var row in TextInference.Run(model, device, Preparation, Enumerable.Range(0, texts.Count).Select(index => Encode(texts[index])), cancellation))
            rows.AddRange(row.Outputs[0].Values.Span);
        return [.. rows];
    }
}
