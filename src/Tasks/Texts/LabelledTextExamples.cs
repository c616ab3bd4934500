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
    private readonly TextTeacher? teacher;

    public LabelledTextExamples(TextPreparation preparation, LabelledTexts texts, TextFineTuneOptions options, TextTeacher? teacher = null) : base(preparation)
    {
        this.texts = texts;
        this.teacher = teacher;
        if (texts.Kind != TextLabelKind.SingleLabel) return;
        Classes = [.. Enumerable.Range(0, texts.Count).Select(texts.Class)];
        loss = options.Classes.Loss(Classes, texts.ClassNames.Count, options.LabelSmoothing);
        consistency = (float?)options.DropoutConsistency;
        if (options.Adaptation.Texts is { } others) TargetTexts = [.. others.Select(text => preparation.Encode(text.Text, text.Pair))];
    }

    public override int Count => texts.Count;

    public override IReadOnlyList<int>? Classes { get; }

    public override IReadOnlyList<TokenisedText>? TargetTexts { get; }

    public override void AddTo(DataFingerprint print)
    {
        base.AddTo(print);
        foreach (var text in TargetTexts ?? []) print.Add(text.Ids.AsSpan());
    }

    // two runs differ by the dropout below the head, and a teacher reads for itself
    public override bool LooksAtTexts => consistency is not null || teacher is not null;

    public override Variable Loss(TextModel model, Pass pass, int[] chosen, int epoch)
    {
        if (loss.IsPlain && consistency is null && teacher is null) return base.Loss(model, pass, chosen, epoch);
        var tokens = Array.ConvertAll(chosen, index => this[index]);
        var batch = Preparation.Batch(model, tokens);
        int[] labels = Array.ConvertAll(chosen, texts.Class);
        var logits = model.Forward(pass, batch)["logits"];
        if (consistency is not { } alpha) return Taught(loss.Of(logits, labels), logits, tokens);
        var others = model.Forward(pass, batch)["logits"];
        return (Taught(loss.Of(logits, labels), logits, tokens) + Taught(loss.Of(others, labels), others, tokens)) * 0.5f + ClassificationLoss.Divergence(logits, others) * alpha;
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

    protected override TokenisedText Encode(int index)
    {
        var tokens = Preparation.Encode(texts[index].Text, texts[index].Pair);
        teacher?.Require(texts[index], tokens);
        return tokens;
    }

    private Variable Taught(Variable hard, Variable logits, TokenisedText[] tokens) => teacher is null ? hard : teacher.Of(hard, logits, tokens);

    private float[] Marks(int index)
    {
        var marks = new float[texts.ClassNames.Count];
        foreach (int label in texts.Classes(index)) marks[label] = 1f;
        return marks;
    }
}
