using System.Text.Json;
using Graft.Text.Templates;

namespace Graft.Text;

/// <summary>What a message of a conversation says, and who says it.</summary>
/// <param name="Role">Who: <c>system</c>, <c>user</c>, <c>assistant</c>, or what else a template knows.</param>
/// <param name="Content">What.</param>
public sealed record ChatTemplateMessage(string Role, string Content);

/// <summary>How a template is applied.</summary>
public sealed record ChatTemplateOptions
{
    /// <summary>Whether the text ends with what the assistant's next message begins with (<c>add_generation_prompt</c>).</summary>
    public bool AddGenerationPrompt { get; init; } = true;

    /// <summary>What else the template knows, such as <c>enable_thinking</c> or <c>tools</c>.</summary>
    public IReadOnlyDictionary<string, JsonElement> Variables { get; init; } = new Dictionary<string, JsonElement>();

    /// <summary>What <c>strftime_now</c> reads; null for the system's clock.</summary>
    public TimeProvider? Clock { get; init; }
}

/// <summary>Makes of a conversation the text that a model was trained on: the <c>chat_template</c> of a folder of the hub, a template in the part of Jinja's language
/// that such templates use (Hugging Face's <c>apply_chat_template</c>).</summary>
/// <remarks>It never changes: any number of threads may use it. A template comes with the model and is not trusted: steps, depth and length of what it does
/// are bounded, and it reaches nothing but what it is given and the clock. What a message says is not changed: where it spells a special token, the tokeniser
/// makes that token of it, as Hugging Face's do.</remarks>
public sealed class ChatTemplate
{
    private static readonly Dictionary<string, string> NoTokens = [];

    private readonly JinjaTemplate template;
    private readonly IReadOnlyDictionary<string, string> specialTokens;
    private readonly string name;

    private ChatTemplate(JinjaTemplate template, IReadOnlyDictionary<string, string> specialTokens, string name) =>
        (this.template, this.specialTokens, this.name) = (template, specialTokens, name);

    /// <summary>Reads a template.</summary>
    /// <param name="template">The template.</param>
    /// <param name="tokeniser">Whose special tokens it knows (<c>bos_token</c>, <c>eos_token</c> ...); null for none.</param>
    /// <param name="name">What complaints call it.</param>
    /// <exception cref="CheckpointException">It is malformed, or has a tag that is not supported; the message names the line.</exception>
    public static ChatTemplate Parse(string template, Tokeniser? tokeniser = null, string name = "the chat template")
    {
        ArgumentNullException.ThrowIfNull(template);
        ArgumentException.ThrowIfNullOrEmpty(name);
        return Parse(template, tokeniser?.SpecialTokens ?? NoTokens, name);
    }

    /// <summary>Reads a file with a template.</summary>
    /// <param name="path">The file, UTF-8.</param>
    /// <param name="tokeniser">Whose special tokens it knows; null for none.</param>
    /// <exception cref="CheckpointException">It is missing or malformed, or has a tag that is not supported; the message names the line.</exception>
    public static ChatTemplate Open(string path, Tokeniser? tokeniser = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using var file = CheckpointFile.Open(path);
        if (file.Length > JinjaTemplate.Longest) throw file.Fail($"a file of {file.Length} bytes is no chat template");
        return Parse(Tokenisers.FolderFiles.TextOf(file.Read(0, (int)file.Length), path), tokeniser, path);
    }

    /// <summary>The text of a conversation.</summary>
    /// <param name="messages">The messages, one or more.</param>
    /// <param name="options">How; null to end with the beginning of the assistant's next message.</param>
    /// <returns>The text with all special tokens: it is tokenised without adding any (<see cref="TokeniseOptions.AddSpecialTokens"/>).</returns>
    /// <exception cref="ArgumentException">There is no message, or the template refuses them: by a role that it does not know, or an order that it does not take.</exception>
    /// <exception cref="CheckpointException">The template does what is not supported or not possible; the message names the line.</exception>
    public string Apply(IReadOnlyList<ChatTemplateMessage> messages, ChatTemplateOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(messages);
        if (messages.Count == 0) throw new ArgumentException("the conversation has no message", nameof(messages));
        options ??= new ChatTemplateOptions();
        var variables = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach (var (token, text) in specialTokens) variables[token] = text;
        variables["messages"] = new TemplateList([.. messages.Select(static message =>
        {
            var map = new TemplateMap();
            map.Values["role"] = message.Role;
            map.Values["content"] = message.Content;
            return (object?)map;
        })]);
        // as where Hugging Face's are called without any
        variables["tools"] = variables["documents"] = null;
        variables["add_generation_prompt"] = options.AddGenerationPrompt;
        foreach (var (key, value) in options.Variables) variables[key] = VariableOf(key, value);
        var clock = options.Clock ?? TimeProvider.System;
        try
        {
            return template.Render(variables, () => clock.GetLocalNow().DateTime);
        }
        catch (TemplateException exception) when (exception.IsComplaint)
        {
            throw new ArgumentException($"the chat template refuses the messages: {Printable.Text(exception.Message)}", nameof(messages), exception);
        }
        catch (TemplateException exception)
        {
            throw new CheckpointException(name, exception.Message, exception);
        }
    }

    internal static ChatTemplate Parse(string template, IReadOnlyDictionary<string, string> specialTokens, string name)
    {
        try
        {
            return new ChatTemplate(JinjaTemplate.Parse(template), specialTokens, name);
        }
        catch (TemplateException exception)
        {
            throw new CheckpointException(name, exception.Message, exception);
        }
    }

    private static object? VariableOf(string key, JsonElement value)
    {
        try
        {
            return ValueJson.Read(value);
        }
        catch (FormatException exception)
        {
            throw new ArgumentException($"the variable '{Printable.Text(key)}' of the chat template: {exception.Message}", exception);
        }
    }
}
