using Graft.Text.Tokenisers;

namespace Graft.Text;

public sealed partial class Tokeniser
{
    /// <summary>The names of the chat templates that the files have; <c>default</c> is that of the one without a name.</summary>
    public IReadOnlyCollection<string> ChatTemplateNames => settings.ChatTemplates.Keys;

    internal IReadOnlyDictionary<string, string> SpecialTokens => settings.Specials;

    /// <summary>A chat template of <c>chat_template.jinja</c> or of <c>tokenizer_config.json</c>, which is read by each call.</summary>
    /// <param name="name">Its name; null for the usual one.</param>
    /// <returns>The template; null where no name is given and the files have none.</returns>
    /// <exception cref="ArgumentException">There is none of that name.</exception>
    /// <exception cref="CheckpointException">It is malformed or has a tag that is not supported, or none of several is the usual one.</exception>
    public ChatTemplate? FindChatTemplate(string? name = null)
    {
        var templates = settings.ChatTemplates;
        if (name is null && templates.Count == 0) return null;
        if (templates.TryGetValue(name ?? TokeniserSettings.DefaultTemplate, out var found))
            return ChatTemplate.Parse(found.Template, settings.Specials, $"the chat template of {found.File}");
        string names = Printable.Some(templates.Keys);
        throw name is null ? new CheckpointException(TokeniserSettings.ConfigFile, $"none of its chat templates is the default one: name one of {names}")
            : new ArgumentException($"there is no chat template '{Printable.Text(name)}'{(templates.Count == 0 ? "" : $" among {names}")}", nameof(name));
    }
}
