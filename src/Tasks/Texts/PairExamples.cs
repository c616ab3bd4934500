using Graft.Autograd;
using Graft.Text;

namespace Graft.Tasks;

/// <summary>Texts and what is to be made of them, as an encoder-decoder learns them.</summary>
internal sealed class PairExamples(TextPreparation preparation, ParallelTexts pairs, EncoderDecoderModel like, float labelSmoothing = 0) : TextExamples(preparation)
{
    private readonly int[]?[] sources = new int[pairs.Count][];
    private readonly int[]?[] targets = new int[pairs.Count][];

    public override int Count => pairs.Count;

    public override bool SmoothsLabels => true;

    public override int LengthOf(int index) => Source(index).Length + Target(index).Length;

    public override Variable Loss(TextModel model, Pass pass, int[] chosen, int epoch)
    {
        var (batch, labels) = Batch((EncoderDecoderModel)model, chosen);
        return model.Loss(pass, batch, new TextTargets { Labels = labels, LabelSmoothing = labelSmoothing });
    }

    /// <summary>Some pairs as a batch, and the words that are to be written.</summary>
    public (TextBatch Batch, int[] Labels) Batch(EncoderDecoderModel model, int[] chosen)
    {
        int[] labels = Labels(chosen);
        return (model.WithLabels(model.Pad(Array.ConvertAll(chosen, Source)), labels), labels);
    }

    /// <summary>The tokens of a text, which end as the model's texts do whether the tokeniser says so or not.</summary>
    public static int[] Ended(int[] ids, TextPreparation preparation, EncoderDecoderModel model)
    {
        if (model.EndToken is not { } end || (ids.Length > 0 && ids[^1] == end)) return ids;
        return ids.Length < preparation.MaximumLength ? [.. ids, end] : [.. ids[..^1], end];
    }

    protected override TextTargets Targets(TextFrame frame) => new() { Labels = Labels(frame.Examples) };

    protected override TokenisedText Encode(int index) => Preparation.Encode(pairs[index].Source);

    private int[] Source(int index) => sources[index] ??= Ended(this[index].Ids, Preparation, like);

    private int[] Target(int index) => targets[index] ??= Ended(Preparation.EncodeTarget(pairs[index].Target).Ids, Preparation, like);

    /// <summary>The words of the targets, side by side.</summary>
    private int[] Labels(IReadOnlyList<int> chosen)
    {
        int length = 1;
        foreach (int index in chosen) length = Math.Max(length, Target(index).Length);
        var labels = new int[chosen.Count * length];
        Array.Fill(labels, TextTargets.Ignored);
        for (int row = 0; row < chosen.Count; row++) Target(chosen[row]).CopyTo(labels, row * length);
        return labels;
    }
}
