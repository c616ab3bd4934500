namespace Graft.Text.Tokenisers;

/// <summary>The added and special tokens of a folder without <c>tokenizer.json</c>, with their numbers.</summary>
internal sealed class SpecialTokens
{
    private readonly FolderFiles files;
    private readonly TokeniserSettings settings;
    private readonly Vocabulary vocabulary;
    private readonly string vocabularyPath;
    private readonly Dictionary<string, AddedToken> tokens = new(StringComparer.Ordinal);

    public SpecialTokens(FolderFiles files, TokeniserSettings settings, Vocabulary vocabulary, string vocabularyPath, bool maskStrips)
    {
        (this.files, this.settings, this.vocabulary, this.vocabularyPath) = (files, settings, vocabulary, vocabularyPath);
        string config = files.PathOf(TokeniserSettings.ConfigFile), path = Printable.Whole(vocabularyPath);
        foreach (var token in settings.AddedTokens)
        {
            string text = Printable.Text(token.Content);
            if (vocabulary.IdOf(token.Content) is { } id && id != token.Id)
                throw new CheckpointException(config, $"the number of '{text}' is {token.Id}, and {id} in {path}");
            if (vocabulary[token.Id] is { } other && other != token.Content)
                throw new CheckpointException(config, $"token {token.Id} is '{text}', and '{Printable.Text(other)}' in {path}");
            if (token.Id > 2L * vocabulary.Size + 65536)
                throw new CheckpointException(config, $"the number of '{text}' is {token.Id} beside a vocabulary of {vocabulary.Size}");
            tokens[token.Content] = token with { Normalised = token.Normalised && !token.Special };
        }
        string? mask = settings.Specials.GetValueOrDefault("mask_token");
        foreach (string token in settings.Specials.Values.Concat(settings.FurtherSpecials))
            if (!tokens.ContainsKey(token) && vocabulary.IdOf(token) is { } id)
                tokens[token] = settings.Described.TryGetValue(token, out var described)
                    ? described with { Id = id, Normalised = false } : new AddedToken(token, id, LeftStrip: maskStrips && token == mask);
    }

    public IReadOnlyList<AddedToken> Added => [.. tokens.Values];

    /// <summary>The number of a special token; null where none is named or the vocabulary lacks it.</summary>
    public int? Find(string name) => settings.Specials.TryGetValue(name, out string? token) ? tokens.TryGetValue(token, out var added) ? added.Id : vocabulary.IdOf(token) : null;

    /// <summary>The number of a special token that has to be there.</summary>
    public int Require(string name)
    {
        if (!settings.Specials.TryGetValue(name, out string? token))
            throw new CheckpointException(files.PathOf(TokeniserSettings.ConfigFile), $"names no {name}, which the text needs");
        return tokens.TryGetValue(token, out var added) ? added.Id : vocabulary.IdOf(token)
            ?? throw new CheckpointException(vocabularyPath, $"has no '{Printable.Text(token)}', the {name} of {Printable.Whole(files.PathOf(TokeniserSettings.ConfigFile))}");
    }

    /// <summary>What stands around texts.</summary>
    public Template Frame(Framing framing)
    {
        switch (framing)
        {
            case Framing.Bert: return Template.Bert(Require("cls_token"), Require("sep_token"));
            case Framing.Roberta: return Template.Roberta(Require("cls_token"), Require("sep_token"));
            case Framing.End:
                var end = TemplatePart.Special(0, Require("eos_token"));
                return new Template([TemplatePart.Text(0, 0), end], [TemplatePart.Text(0, 0), end, TemplatePart.Text(1, 0), end]);
            case Framing.ClassLast:
                int separator = Require("sep_token"), last = Require("cls_token");
                var first = (TemplatePart[])[TemplatePart.Text(0, 0), TemplatePart.Special(0, separator)];
                return new Template([.. first, TemplatePart.Special(2, last)],
                    [.. first, TemplatePart.Text(1, 1), TemplatePart.Special(1, separator), TemplatePart.Special(2, last)]);
            case Framing.BeginEnd:
                TemplatePart[] begins = settings.Config?.Flag("add_bos_token") ?? true ? [TemplatePart.Special(0, Require("bos_token"))] : [];
                TemplatePart[] ends = settings.Config?.Flag("add_eos_token") ?? false ? [TemplatePart.Special(0, Require("eos_token"))] : [];
                TemplatePart[] single = [.. begins, TemplatePart.Text(0, 0), .. ends];
                return new Template(single, [.. single, .. begins, TemplatePart.Text(1, 0), .. ends]);
            default: return Template.Bare;
        }
    }
}
