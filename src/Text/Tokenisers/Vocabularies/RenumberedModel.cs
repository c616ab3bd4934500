namespace Graft.Text.Tokenisers;

/// <summary>The tokens of another model with the numbers that a vocabulary gives them; what it does not have is unknown.</summary>
internal sealed class RenumberedModel(TokenModel model, Vocabulary vocabulary, int unknown) : TokenModel(vocabulary)
{
    private readonly int[] numbers = [.. Enumerable.Range(0, model.Vocabulary.Size).Select(id => model.Vocabulary[id] is { } token ? vocabulary.IdOf(token) ?? unknown : unknown)];

    public override int? Unknown => unknown;

    public override void Tokenise(ReadOnlySpan<char> word, int at, TokenList tokens)
    {
        int before = tokens.Count;
        model.Tokenise(word, at, tokens);
        tokens.Renumber(before, numbers);
    }
}
