using Graft.Text;

namespace Graft.Tasks;

/// <summary>Texts of which each token is learnt from those before it. What is longer than the maximum length is cut into blocks.</summary>
internal sealed class CausalTexts : TextExamples
{
    private readonly List<int[]> blocks = [];

    /// <exception cref="ArgumentException">No text has two tokens.</exception>
    public CausalTexts(TextPreparation preparation, IReadOnlyList<string> texts, TextPacking packing) : base(preparation)
    {
        var block = new List<int>();
        foreach (string text in texts)
        {
            int[] tokens = CausalTokens.OfText(preparation.Tokeniser, text);
            if (packing == TextPacking.None || block.Count + tokens.Length > preparation.MaximumLength) Close(block);
            block.AddRange(tokens);
        }
        Close(block);
        if (blocks.Count == 0) throw new ArgumentException("there is no text of at least two tokens to learn from");
    }

    public override int Count => blocks.Count;

    protected override TextTargets Targets(TextFrame frame)
    {
        var labels = new int[frame.Texts.Count * frame.Length];
        Array.Fill(labels, TextTargets.Ignored);
        for (int row = 0; row < frame.Texts.Count; row++) frame.Texts[row].Ids.CopyTo(labels, row * frame.Length + frame.Start(row));
        return new TextTargets { Labels = labels };
    }

    protected override TokenisedText Encode(int index) => TokenisedText.Of(blocks[index]);

    private void Close(List<int> block)
    {
        // one token alone teaches nothing
        foreach (int[] part in block.Chunk(Preparation.MaximumLength))
            if (part.Length > 1) blocks.Add(part);
        block.Clear();
    }
}
