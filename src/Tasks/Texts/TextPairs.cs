using Graft.Autograd;
using Graft.Text;

namespace Graft.Tasks;

/// <summary>Pairs of texts that an embedder learns from.</summary>
internal sealed class TextPairs : TextExamples
{
    private readonly IReadOnlyList<TextExample> pairs;
    private readonly Func<int, float>? similarity;
    private readonly TokenisedText?[] partners;

    public TextPairs(TextPreparation preparation, IReadOnlyList<TextExample> pairs, Func<int, float>? similarity) : base(preparation)
    {
        int alone = pairs.ToList().FindIndex(static pair => pair.Pair is null);
        if (alone >= 0) throw new ArgumentException($"text {alone + 1} has no second one: give pairs");
        (this.pairs, this.similarity, partners) = (pairs, similarity, new TokenisedText?[pairs.Count]);
    }

    public override int Count => pairs.Count;

    public override Variable Loss(TextModel model, Pass pass, int[] chosen, int epoch)
    {
        var encoder = (SentenceEncoder)model;
        var first = encoder.Embed(pass, Preparation.Batch(model, Array.ConvertAll(chosen, index => this[index])));
        var second = encoder.Embed(pass, Preparation.Batch(model, Array.ConvertAll(chosen, index => partners[index] ??= Preparation.Encode(pairs[index].Pair!))));
        return similarity is { } value
            ? SentenceLosses.CosineSimilarity(first, second, Array.ConvertAll(chosen, index => value(index))) : SentenceLosses.MultipleNegativesRanking(first, second);
    }

    public override void AddTo(DataFingerprint print)
    {
        base.AddTo(print);
        for (int index = 0; index < Count; index++)
        {
            print.Add(pairs[index].Pair!);
            if (similarity is not null) print.Add([similarity(index)]);
        }
    }

    protected override TextTargets Targets(TextFrame frame) => new();

    protected override TokenisedText Encode(int index) => Preparation.Encode(pairs[index].Text);
}

/// <summary>Texts that are their own partners under another dropout.</summary>
internal sealed class TextsAlone(TextPreparation preparation, IReadOnlyList<string> texts) : TextExamples(preparation)
{
    public override int Count => texts.Count;

    public override Variable Loss(TextModel model, Pass pass, int[] chosen, int epoch) =>
        SentenceLosses.SimCse((SentenceEncoder)model, pass, Preparation.Batch(model, Array.ConvertAll(chosen, index => this[index])));

    protected override TextTargets Targets(TextFrame frame) => new();

    protected override TokenisedText Encode(int index) => Preparation.Encode(texts[index]);
}
