namespace Graft.Text.Tokenisers;

/// <summary>A word is a token or unknown.</summary>
internal sealed class WordLevelModel(Vocabulary vocabulary, int? unknown) : TokenModel(vocabulary)
{
    public override int? Unknown => unknown;

    public override void Tokenise(ReadOnlySpan<char> word, int at, TokenList tokens)
    {
        int id = Vocabulary.Table.Find(word);
        if (id < 0 && unknown is null) return;
        tokens.Add(id < 0 ? unknown!.Value : id, at, at + word.Length);
    }
}
