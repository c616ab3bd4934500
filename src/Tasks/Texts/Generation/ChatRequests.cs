using Graft.Text;
using Microsoft.Extensions.AI;

namespace Graft.Tasks;

/// <summary>What a chat client is asked, in this library's words.</summary>
internal static class ChatRequests
{
    /// <summary>Refuses what is not built.</summary>
    /// <exception cref="NotSupportedException">Something is asked for that would be missed.</exception>
    public static void RequireBuilt(ChatOptions? options)
    {
        if (options?.Tools is { Count: > 0 }) throw new NotSupportedException("tools are not built: ask without ChatOptions.Tools");
        if (options?.ResponseFormat is ChatResponseFormatJson) throw new NotSupportedException("answers in a format are not built: ask without ChatOptions.ResponseFormat");
    }

    /// <summary>The messages with the options' instructions before them.</summary>
    /// <exception cref="NotSupportedException">A message has something else than text.</exception>
    public static IReadOnlyList<ChatTemplateMessage> MessagesOf(IEnumerable<ChatMessage> messages, ChatOptions? options)
    {
        List<ChatTemplateMessage> made = [.. messages.Select(static message => new ChatTemplateMessage(message.Role.Value, TextOf(message)))];
        if (options?.Instructions is not { Length: > 0 } instructions) return made;
        // templates know one system message, the first
        if (made is [{ Role: var role } first, ..] && role == ChatRole.System.Value) made[0] = first with { Content = $"{instructions}\n{first.Content}" };
        else made.Insert(0, new ChatTemplateMessage(ChatRole.System.Value, instructions));
        return made;
    }

    /// <summary>How the answer is written.</summary>
    /// <param name="options">What is asked for; null for nothing.</param>
    /// <param name="client">The client that is asked.</param>
    /// <param name="own">What the model's folder says.</param>
    /// <exception cref="ArgumentException">An option is impossible.</exception>
    public static GenerationOptions OptionsOf(ChatOptions? options, IChatClient client, GenerationOptions own)
    {
        var made = (options?.RawRepresentationFactory?.Invoke(client) as GenerationOptions ?? own) with { Beams = 1, ReturnedSequences = 1 };
        if (options is null) return made;
        bool draws = options.Temperature is > 0 || options.Temperature is null && (made.DoSample || options.TopP is not null || options.TopK is not null);
        made = made with
        {
            DoSample = draws,
            Temperature = options.Temperature is { } temperature && temperature != 0 ? temperature : made.Temperature,
            TopP = options.TopP ?? made.TopP,
            TopK = options.TopK ?? made.TopK,
            MaximumNewTokens = options.MaxOutputTokens ?? made.MaximumNewTokens,
            Seed = options.Seed is { } seed ? unchecked((ulong)seed) : made.Seed,
        };
        float often = options.FrequencyPenalty ?? 0, ever = options.PresencePenalty ?? 0;
        if (often != 0 || ever != 0) made = made with { Processors = [.. made.Processors, new OccurrencePenalty(often, ever)] };
        made.Check();
        return made;
    }

    private static string TextOf(ChatMessage message)
    {
        foreach (var content in message.Contents)
            if (content is not (TextContent or TextReasoningContent or UsageContent))
                throw new NotSupportedException($"a message of role {Printable.Text(message.Role.Value)} has a {content.GetType().Name}, and conversations are of texts alone here");
        return message.Text;
    }

    /// <summary>Makes tokens of the answer less likely by how often they came, and by whether they came (OpenAI's <c>frequency_penalty</c> and
    /// <c>presence_penalty</c>).</summary>
    private sealed class OccurrencePenalty(float often, float ever) : LogitsProcessor
    {
        private readonly Dictionary<int, int> counts = [];

        public override void Apply(ReadOnlySpan<int> tokens, int promptLength, Span<float> scores)
        {
            counts.Clear();
            foreach (int token in tokens[promptLength..]) counts[token] = counts.GetValueOrDefault(token) + 1;
            foreach (var (token, count) in counts) scores[token] -= count * often + ever;
        }
    }
}
