using Graft.Autograd;
using Graft.Text;
using Graft.Transfer;

namespace Graft.Tasks;

/// <summary>Texts or pairs with the labels that a sequence classifier's head learns from.</summary>
internal sealed class LabelledTextExamples : TextExamples
{
    private readonly LabelledTexts texts;
    private readonly ClassificationLoss loss = new();
    private readonly float? consistency;

    public LabelledTextExamples(TextPreparation preparation, LabelledTexts texts, TextFineTuneOptions options) : base(preparation)
    {
        this.texts = texts;
        if (texts.Kind != TextLabelKind.SingleLabel) return;
        Classes = [.. Enumerable.Range(0, texts.Count).Select(texts.Class)];
        loss = options.Classes.Loss(Classes, texts.ClassNames.Count, options.LabelSmoothing);
        consistency = (float?)options.DropoutConsistency;
    }

    public override int Count => texts.Count;

    public override IReadOnlyList<int>? Classes { get; }

    public override Variable Loss(TextModel model, Pass pass, int[] chosen, int epoch)
    {
        if (loss.IsPlain && consistency is null) return base.Loss(model, pass, chosen, epoch);
        var batch = Preparation.Batch(model, Array.ConvertAll(chosen, index => this[index]));
        int[] labels = Array.ConvertAll(chosen, texts.Class);
        var logits = model.Forward(pass, batch)["logits"];
        if (consistency is not { } alpha) return loss.Of(logits, labels);
        var others = model.Forward(pass, batch)["logits"];
        return (loss.Of(logits, labels) + loss.Of(others, labels)) * 0.5f + ClassificationLoss.Divergence(logits, others) * alpha;
    }

    // two runs of dropout are compared where outputs are to be consistent
    public override bool IsSameEachEpoch => consistency is null;

    public override Variable LossOf(TextModel model, TextOutputs outputs, int[] chosen) =>
        loss.IsPlain ? base.LossOf(model, outputs, chosen) : loss.Of(outputs["logits"], Array.ConvertAll(chosen, texts.Class));

    protected override TextTargets Targets(TextFrame frame) => texts.Kind switch
    {
        TextLabelKind.SingleLabel => new TextTargets { Labels = [.. frame.Examples.Select(texts.Class)] },
        TextLabelKind.Regression => new TextTargets { Values = [.. frame.Examples.Select(texts.Value)] },
        _ => new TextTargets { Values = [.. frame.Examples.SelectMany(Marks)] },
    };

    protected override TokenisedText Encode(int index) => Preparation.Encode(texts[index].Text, texts[index].Pair);

    private float[] Marks(int index)
    {
        var marks = new float[texts.ClassNames.Count];
        foreach (int label in texts.Classes(index)) marks[label] = 1f;
        return marks;
    }
}
