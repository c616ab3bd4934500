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
    TextModelSource source, LabelledTexts training, LabelledTexts test, TextFineTuneOptions options, LabelledTexts? old, Device device)
    : ClassifierSubject<TextModel, TextPreparation, TextFineTuneOptions, LabelledTexts>(source.State, training, test, old, options.Recipe, device)
{
    public override string Task => "text-classification";

    public override string Data => TrainingSet.Source;

    public override string Test => TestSet.Source;

    public override IReadOnlyList<string> Classes => TrainingSet.ClassNames;

    public override int TrainingExamples => TrainingSet.Count;

    public override int Epochs => options.EpochsFor(TrainingSet.Count) + FrozenEpochs;

    public override DomainMethodKind? Adaptation => options.Adaptation.Method == DomainMethodKind.SourceOnly ? null : options.Adaptation.Method;

    // a head that is new is so for every arm, so that all have as many epochs
    protected override int FrozenEpochs => options.Recipe.FrozenEpochs ?? (OldClasses > 1 ? 0 : 1);

    protected override int OldClasses => source.State.Model.IsHeadNew ? 0 : source.State.Labels.Count;

    private TextPreparation Preparation =>
        source.State.Inputs with { MaximumLength = options.MaximumLength ?? source.State.Inputs.MaximumLength };

    public override int FewestOfClass(double share, ulong seed) => TrainingSet.Split(share, seed).Validation.ClassCounts().Min();

    public override IReadOnlyList<StageRows> Representations(Model model, int examples)
    {
        List<List<float>> states = [];
        foreach (var text in Enumerable.Range(0, examples).Select(index => Encode(TestSet[index])))
        {
            using var pass = Pass.Infer(Device);
            var trace = new ForwardTrace();
            _ = ((TextModel)model).Forward(pass, Preparation.Batch((TextModel)model, [text]), trace);
            while (states.Count < trace.HiddenStates.Count) states.Add([]);
            for (int at = 0; at < trace.HiddenStates.Count; at++) states[at].AddRange(trace.HiddenStates[at].Mean(1).Value.ToArray());
        }
        return [.. states.Select(static (rows, at) => new StageRows(at == 0 ? "embeddings" : string.Create(CultureInfo.InvariantCulture, $"layer{at - 1}"), [.. rows]))];
    }

    public override WorstExample Explain(TrainedArm arm, int example, int predicted, WorstExample plain)
    {
        var tokens = Encode(TestSet[example]);
        var model = (TextModel)arm.Model;
        var weights = AttentionRollout.Of(model, Device, Preparation.Batch(model, [tokens]));
        return plain with { Pieces = TextPieces.Of(TestSet[example], tokens, weights) };
    }

    public override string Name(int example) => string.Create(CultureInfo.InvariantCulture, $"line {TestSet[example].Line}");

    private TokenisedText Encode(TextExample text) => Preparation.Encode(text.Text, text.Pair);

    protected override int[] Labels(LabelledTexts examples) => [.. Enumerable.Range(0, examples.Count).Select(examples.Class)];

    protected override LabelledTexts Share(LabelledTexts examples, double share, ulong seed) => examples.Split(share, seed).Validation;

    protected override Func<TaskModel<TextModel, TextPreparation, TextFineTuneOptions>> Start(bool isFromScratch, ulong seed)
    {
        var own = isFromScratch ? source.FromScratch(seed) : source;
        return () => TextClassifier.From(own, Device);
    }

    protected override FitReport FineTune(
        TaskModel<TextModel, TextPreparation, TextFineTuneOptions> classifier, LabelledTexts examples, FineTuneOptions own, bool isAdapted, IProgress<FitProgress> progress,
        CancellationToken cancellation) =>
        ((TextClassifier)classifier).FineTune(examples, TestSet, options with
        {
            Recipe = own,
            HeldOut = 0,
            Validation = null,
            Adaptation = isAdapted ? options.Adaptation : new(),
        }, progress, cancellation);

    protected override TextModel Remake(TextModel model, int classes) => model.Remake(classes, seed: 0);

    protected override float[] Outputs(TextModel model, LabelledTexts examples, CancellationToken cancellation)
    {
        var rows = new List<float>();
        foreach (var row in TextInference.Run(model, Device, Preparation, Enumerable.Range(0, examples.Count).Select(index => Encode(examples[index])), cancellation))
            rows.AddRange(row.Outputs[0].Values.Span);
        return [.. rows];
    }
}
