using Graft.Text;

namespace Graft.Tasks;

/// <summary>Texts or pairs with the labels that a sequence classifier's head learns from.</summary>
internal sealed class LabelledTextExamples(TextPreparation preparation, LabelledTexts texts) : TextExamples(preparation)
{
    public override int Count => texts.Count;

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
