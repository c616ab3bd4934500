using Graft.Autograd;
using Graft.Text;

namespace Graft.Tasks;

/// <summary>Tokenised texts and what is to be learnt of them.</summary>
internal abstract class TextExamples(TextPreparation preparation)
{
    private TokenisedText[]? tokens;

    public TextPreparation Preparation => preparation;

    public abstract int Count { get; }

    /// <summary>The class of each text; null where they have not one each.</summary>
    public virtual IReadOnlyList<int>? Classes => null;

    /// <summary>Texts of another domain that is adapted to; null for none.</summary>
    public virtual IReadOnlyList<TokenisedText>? TargetTexts => null;

    /// <summary>Whether label smoothing is for them.</summary>
    public virtual bool SmoothsLabels => Classes is not null;

    /// <summary>How long a text is, for batches of about one length.</summary>
    public virtual int LengthOf(int index) => this[index].Length;

    /// <summary>Whether the loss needs the texts themselves beside what the model makes of them.</summary>
    public virtual bool LooksAtTexts => false;

    /// <summary>The tokens of a text; all are made when the first is asked for, since the plan of an epoch needs their lengths.</summary>
    public TokenisedText this[int index] => (tokens ??= [.. Enumerable.Range(0, Count).Select(Encode)])[index];

    /// <summary>The mean loss over some of the texts.</summary>
    /// <param name="model">The model that learns.</param>
    /// <param name="pass">The step.</param>
    /// <param name="chosen">Which texts.</param>
    /// <param name="epoch">The epoch, from 0.</param>
    public virtual Variable Loss(TextModel model, Pass pass, int[] chosen, int epoch)
    {
        var texts = Array.ConvertAll(chosen, index => this[index]);
        var batch = preparation.Batch(model, texts);
        return model.Loss(pass, batch, Targets(new TextFrame(chosen, texts, batch.Length, preparation.Tokeniser.PadsLeft)));
    }

    /// <summary>Whether every epoch has the same texts as they are, so that what a frozen encoder makes of them may be kept.</summary>
    public virtual bool IsSameEachEpoch => false;

    /// <summary>The mean loss of the outputs for some of the texts, where <see cref="IsSameEachEpoch"/>.</summary>
    /// <param name="model">The model that learns.</param>
    /// <param name="outputs">What it gave.</param>
    /// <param name="chosen">Which texts.</param>
    public virtual Variable LossOf(TextModel model, TextOutputs outputs, int[] chosen) =>
        model.Loss(outputs, Targets(new TextFrame(chosen, [], Length: 0, preparation.Tokeniser.PadsLeft)));

    /// <summary>Adds the examples: their tokens and what is to be learnt of them.</summary>
    public virtual void AddTo(DataFingerprint print)
    {
        print.Add(Count);
        for (int index = 0; index < Count; index++)
        {
            var text = this[index];
            print.Add(text.Ids.AsSpan());
            var targets = Targets(new TextFrame([index], [text], text.Length, preparation.Tokeniser.PadsLeft));
            print.Add(targets.Labels.AsSpan());
            print.Add(targets.Values.AsSpan());
            print.Add(targets.StartPositions.AsSpan());
            print.Add(targets.EndPositions.AsSpan());
        }
    }

    /// <summary>What the model has to give for texts of a batch.</summary>
    protected abstract TextTargets Targets(TextFrame frame);

    protected abstract TokenisedText Encode(int index);
}

/// <summary>Texts as they lie in a batch.</summary>
/// <param name="Examples">Which they are.</param>
/// <param name="Texts">Their tokens.</param>
/// <param name="Length">T: the places of a row.</param>
/// <param name="PadsLeft">Whether the padding is in front.</param>
internal sealed record TextFrame(IReadOnlyList<int> Examples, IReadOnlyList<TokenisedText> Texts, int Length, bool PadsLeft)
{
    /// <summary>The place of a text's first token in its row.</summary>
    public int Start(int row) => PadsLeft ? Length - Texts[row].Length : 0;
}
