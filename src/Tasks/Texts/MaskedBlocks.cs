using Graft.Autograd;
using Graft.Tensors;
using Graft.Text;

namespace Graft.Tasks;

/// <summary>Texts joined and cut into blocks, of whose tokens another 15 % are to be filled in in each epoch: 80 % of these are masked, 10 % replaced by
/// another token, 10 % left (Devlin et al. 2018; masks drawn anew, Liu et al. 2019).</summary>
internal class MaskedBlocks : TextExamples
{
    private const float Share = 0.15f, MaskedBelow = 0.8f, ReplacedBelow = 0.9f;

    private readonly List<TokenisedText> blocks = [];
    private readonly RandomStream stream;
    private readonly int mask;
    private readonly bool masksAll;

    /// <param name="preparation">How texts become tokens.</param>
    /// <param name="texts">The texts.</param>
    /// <param name="seed">The seed of what is to be filled in.</param>
    /// <param name="masksAll">Whether all that is to be filled in is masked, and nothing replaced or left.</param>
    public MaskedBlocks(TextPreparation preparation, IReadOnlyList<string> texts, ulong seed, bool masksAll = false) : base(preparation)
    {
        this.masksAll = masksAll;
        mask = preparation.Tokeniser.MaskId ?? throw new ArgumentException("the tokeniser has no mask token, so nothing can be masked");
        stream = new RandomStream(seed, "mask");
        // a text a line: joined with the separator that stands between texts, then cut
        string separator = preparation.Tokeniser.SeparatorId is { } id ? $" {preparation.Tokeniser.TokenOf(id)} " : " ";
        foreach (string joined in Join(texts, separator))
            blocks.AddRange(preparation.Tokeniser.EncodeWindows(joined, null, new TokeniseOptions { MaximumLength = preparation.MaximumLength }));
        blocks.RemoveAll(static block => block.Words.Max() < 0);
    }

    public override int Count => blocks.Count;

    public override Variable Loss(TextModel model, Pass pass, int[] chosen, int epoch)
    {
        var (batch, labels) = Masked(model, chosen, epoch);
        return model.Loss(pass, batch, new TextTargets { Labels = labels });
    }

    /// <summary>The blocks with tokens masked, and the tokens that were there.</summary>
    public (TextBatch Batch, int[] Labels) Masked(TextModel model, int[] chosen, int epoch)
    {
        var texts = Array.ConvertAll(chosen, index => this[index]);
        var batch = Preparation.Batch(model, texts);
        var frame = new TextFrame(chosen, texts, batch.Length, Preparation.Tokeniser.PadsLeft);
        var labels = new int[batch.TokenIds.Length];
        Array.Fill(labels, TextTargets.Ignored);
        for (int row = 0; row < texts.Length; row++)
        {
            ulong place = ((ulong)epoch * (ulong)Count + (ulong)chosen[row]) * (ulong)(3 * Preparation.MaximumLength);
            for (int token = 0; token < texts[row].Length; token++, place += 3)
            {
                if (texts[row].Words[token] < 0 || stream.Uniform(place) >= Share) continue;
                int at = row * frame.Length + frame.Start(row) + token;
                labels[at] = batch.TokenIds[at];
                float kind = stream.Uniform(place + 1);
                if (masksAll || kind < MaskedBelow) batch.TokenIds[at] = mask;
                else if (kind < ReplacedBelow) batch.TokenIds[at] = (int)(stream.Uniform(place + 2) * model.Sizes.Vocabulary);
            }
        }
        // a batch in which chance has left everything out teaches nothing: its first word is to be filled in
        if (Array.TrueForAll(labels, static label => label == TextTargets.Ignored))
        {
            int token = Array.FindIndex(texts[0].Words, static word => word >= 0), at = frame.Start(0) + token;
            labels[at] = batch.TokenIds[at];
            batch.TokenIds[at] = mask;
        }
        return (batch, labels);
    }

    protected override TextTargets Targets(TextFrame frame) => new();

    protected override TokenisedText Encode(int index) => blocks[index];

    /// <summary>Texts joined to pieces of bounded length, so that one is tokenised at a time.</summary>
    private static IEnumerable<string> Join(IReadOnlyList<string> texts, string separator)
    {
        const int Longest = 1 << 16;
        var joined = new System.Text.StringBuilder();
        foreach (string text in texts)
        {
            if (joined.Length > 0) joined.Append(separator);
            joined.Append(text);
            if (joined.Length < Longest) continue;
            yield return joined.ToString();
            joined.Clear();
        }
        if (joined.Length > 0) yield return joined.ToString();
    }
}
