namespace Graft.Models;

/// <summary>What a search asks of a model: the scores of the token that comes next in each of R rows, whose earlier tokens the model remembers. Decoders
/// have one (<see cref="TextModel.CreateDecodingStep"/>), and so has whatever else writes tokens one after the other.</summary>
/// <remarks>Letters: N prompts, R rows, V tokens of the vocabulary. Used by one search at a time; the searches of <see cref="TokenGenerator"/> call it in
/// this order: <see cref="Begin"/>, then <see cref="Reorder"/> (or not) and <see cref="Continue"/> for each token.</remarks>
public abstract class DecodingStep : IDisposable
{
    /// <summary>V, how many scores there are for each row.</summary>
    public abstract int Vocabulary { get; }

    /// <summary>The most tokens that a row may have, its prompt's among them.</summary>
    public abstract int MaximumLength { get; }

    /// <summary>Reads the prompts, forgetting all rows that were before. Row n x <paramref name="copies"/> + i holds prompt n.</summary>
    /// <param name="prompts">The first tokens of each row [N], one or more each, of any lengths.</param>
    /// <param name="copies">How many rows each prompt has: R = N x copies.</param>
    /// <param name="capacity">The most tokens that a row is going to have.</param>
    /// <param name="logits">Receives the scores of each row's next token [R, V].</param>
    public abstract void Begin(IReadOnlyList<int[]> prompts, int copies, int capacity, Span<float> logits);

    /// <summary>Puts a token behind each row.</summary>
    /// <param name="tokens">[R].</param>
    /// <param name="logits">Receives the scores of the token after it [R, V].</param>
    public abstract void Continue(ReadOnlySpan<int> tokens, Span<float> logits);

    /// <summary>Makes each row go on from what another row has read: what beams do (Hugging Face's <c>_reorder_cache</c>).</summary>
    /// <param name="rows">Whose tokens each row has from here on [R]; one may come several times.</param>
    public abstract void Reorder(ReadOnlySpan<int> rows);

    /// <summary>Releases what it remembers.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Releases what it remembers.</summary>
    /// <param name="disposing">True where the caller disposes of it.</param>
    protected virtual void Dispose(bool disposing)
    {
    }
}
