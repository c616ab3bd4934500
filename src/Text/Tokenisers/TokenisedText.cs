namespace Graft.Text;

/// <summary>The tokens of a text or a pair of texts, special tokens included; nothing is padded.</summary>
/// <remarks>Hugging Face's <c>Encoding</c>.</remarks>
#pragma warning disable CA1819 // columns that are copied into batches
public sealed class TokenisedText
{
    internal TokenisedText(int length)
    {
        (Ids, TokenTypes, Sequences, Words) = (new int[length], new int[length], new int[length], new int[length]);
        Offsets = new (int, int)[length];
    }

    /// <summary>Tokens that are of no text that is known: those of a block that several texts fill.</summary>
    /// <param name="ids">The tokens' numbers.</param>
    public static TokenisedText Of(ReadOnlySpan<int> ids)
    {
        var text = new TokenisedText(ids.Length);
        ids.CopyTo(text.Ids);
        Array.Fill(text.Sequences, -1);
        Array.Fill(text.Words, -1);
        return text;
    }

    /// <summary>The number of tokens.</summary>
    public int Length => Ids.Length;

    /// <summary>The tokens' numbers, [T].</summary>
    public int[] Ids { get; }

    /// <summary>The tokens' types, [T]: mostly 0 for the first text and 1 for the second.</summary>
    public int[] TokenTypes { get; }

    /// <summary>Where each token lies in its text, [T], in UTF-16 units; (0, 0) for special tokens.</summary>
    public (int Start, int End)[] Offsets { get; }

    /// <summary>Which text each token is of, [T]: 0 or 1, -1 for special tokens that were put around them.</summary>
    public int[] Sequences { get; }

    /// <summary>The number of each token's word within its text, [T]; -1 for special tokens that were put around them.</summary>
    public int[] Words { get; }
}
#pragma warning restore CA1819
