using System.Runtime.CompilerServices;
using Graft.Text;
using Microsoft.Extensions.AI;

namespace Graft.Tasks;

/// <summary>A conversation with a language model of one's own: an <see cref="IChatClient"/> of Microsoft.Extensions.AI over a <see cref="TextGenerator"/> and the chat
/// template of its folder.</summary>
/// <remarks>
/// <para>It remembers nothing between calls, and threads may share it as they may share the generator: each answer keeps keys and values of its own.</para>
/// <para>Of <see cref="ChatOptions"/> it follows <c>Instructions</c>, <c>Temperature</c> (0 takes the likeliest token each time), <c>TopP</c>, <c>TopK</c>,
/// <c>MaxOutputTokens</c>, <c>StopSequences</c>, <c>Seed</c>, <c>FrequencyPenalty</c> and <c>PresencePenalty</c> (OpenAI's rule over the tokens of the answer); what
/// is not given is as <see cref="TextGenerator.Generation"/> says, always without beams. A <c>RawRepresentationFactory</c> that makes
/// <see cref="GenerationOptions"/> takes that one's place. Tools, a JSON format and messages of anything but text are refused. <c>ModelId</c>, <c>ConversationId</c>,
/// <c>Reasoning</c> and <c>AdditionalProperties</c> change nothing.</para>
/// <para>The same messages, options and seed (0 where none is given) give the same answer.</para>
/// </remarks>
/// <example><code>
/// using IChatClient client = new TextChatClient(TextGenerator.Load("SmolLM2-135M-Instruct"));
/// await foreach (var update in client.GetStreamingResponseAsync("Why is the sky blue?")) Console.Write(update.Text);
/// </code></example>
public sealed class TextChatClient : IChatClient
{
    private readonly TextGenerator generator;
    private readonly ChatTemplate template;
    private readonly bool leaveOpen;

    /// <summary>A client of a generator.</summary>
    /// <param name="generator">What writes.</param>
    /// <param name="template">What makes a text of a conversation; null for that of the generator's folder.</param>
    /// <param name="leaveOpen">Whether the generator lives on when the client is disposed of.</param>
    /// <exception cref="ArgumentException">No template is given, and the generator's folder has none.</exception>
    /// <exception cref="CheckpointException">The folder's template is malformed or has a tag that is not supported.</exception>
    public TextChatClient(TextGenerator generator, ChatTemplate? template = null, bool leaveOpen = false)
    {
        ArgumentNullException.ThrowIfNull(generator);
        (this.generator, this.leaveOpen) = (generator, leaveOpen);
        this.template = template ?? generator.Preparation.Tokeniser.FindChatTemplate() ?? throw new ArgumentException(
            $"{generator.Model.Name} has no chat template, so it is not known what a conversation looks like to it: "
            + "take a model that was tuned for conversations, or give a template", nameof(template));
    }

    /// <summary>The answer to a conversation.</summary>
    /// <param name="messages">The messages so far, one or more.</param>
    /// <param name="options">How it is written; null for what the model's folder says.</param>
    /// <param name="cancellationToken">Ends the work between two tokens.</param>
    /// <returns>One message with its text, the counts of tokens, and whether it came to its end (<c>stop</c>) or to the greatest length (<c>length</c>).</returns>
    /// <exception cref="ArgumentException">There is no message, the template refuses them, they leave no room in the model's context, or an option is impossible.</exception>
    /// <exception cref="NotSupportedException">Something is asked for that is not built.</exception>
    /// <exception cref="CheckpointException">The template does what is not supported, or the head is untrained.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

    /// <summary>The answer piece by piece, as it is written; the last update has the counts of tokens and why it ended.</summary>
    /// <inheritdoc cref="GetResponseAsync"/>
    public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        ChatRequests.RequireBuilt(options);
        return Updates(ChatRequests.MessagesOf(messages, options), ChatRequests.OptionsOf(options, this, generator.Generation), options?.StopSequences, cancellationToken);
    }

    /// <summary>What describes the client (<see cref="ChatClientMetadata"/>), the generator, or the client itself.</summary>
    /// <param name="serviceType">What is asked for.</param>
    /// <param name="serviceKey">Null: there are none with keys.</param>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        if (serviceKey is not null) return null;
        if (serviceType == typeof(ChatClientMetadata)) return new ChatClientMetadata("graft", null, generator.Model.Name);
        if (serviceType == typeof(ChatTemplate)) return template;
        return serviceType.IsInstanceOfType(this) ? this : serviceType.IsInstanceOfType(generator) ? generator : null;
    }

    /// <summary>Disposes of the generator, unless it was to be left open.</summary>
    public void Dispose()
    {
        if (!leaveOpen) generator.Dispose();
    }

    private async IAsyncEnumerable<ChatResponseUpdate> Updates(
        IReadOnlyList<ChatTemplateMessage> messages, GenerationOptions options, IEnumerable<string>? stops, [EnumeratorCancellation] CancellationToken cancellation)
    {
        string text = template.Apply(messages), id = Guid.NewGuid().ToString("N"), model = generator.Model.Name;
        int prompt = 0, written = 0;
        FinishReason? finish = null;
        await foreach (var piece in generator.WriteAsync(Tokens, options, stops is null ? null : [.. stops], cancellation).ConfigureAwait(false))
        {
            written++;
            finish = piece.Finish;
            if (piece.Text.Length > 0) yield return Update(new TextContent(piece.Text));
        }
        var last = Update(new UsageContent(new UsageDetails { InputTokenCount = prompt, OutputTokenCount = written, TotalTokenCount = prompt + written }));
        last.FinishReason = finish == FinishReason.Length ? ChatFinishReason.Length : ChatFinishReason.Stop;
        yield return last;

        int[] Tokens(TextPreparation preparation)
        {
            int[] tokens = [.. preparation.Tokeniser.Encode(text, null, new TokeniseOptions { AddSpecialTokens = false }).Ids];
            prompt = tokens.Length;
            return tokens.Length > 0 ? tokens : throw new ArgumentException("the chat template makes an empty text of the messages");
        }

        ChatResponseUpdate Update(AIContent content) => new(ChatRole.Assistant, [content]) { ResponseId = id, MessageId = id, ModelId = model, CreatedAt = DateTimeOffset.UtcNow };
    }
}
