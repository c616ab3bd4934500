using Graft.Testing;
using Graft.Text;
using Microsoft.Extensions.AI;

namespace Graft.Tasks.Tests;

/// <summary>Conversations with a decoder of random weights, which answers nonsense, but always the same.</summary>
public sealed class TextChatTests : TextTaskTests
{
    private const string Turns = "{{ bos_token }}{% for message in messages %}"
        + "{% if message.role == 'system' %} the{% endif %} {{ message.content }}{% endfor %}{% if add_generation_prompt %} ada{% endif %}";

    private static readonly ChatMessage[] Question = [new(ChatRole.User, "is the cat red")];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("gpt2")]
    [InlineData("llama")]
    public async Task An_answer_is_the_text_behind_the_template(string type)
    {
        using var client = Client(out var generator, type);
        string expected = generator.Generate("<s> is the cat red ada");
        var response = await client.GetResponseAsync(Question, cancellationToken: Cancellation);
        Assert.Equal(expected, response.Text);
        Assert.NotEqual("", expected);
        Assert.Equal(ChatRole.Assistant, response.Messages.Single().Role);
        Assert.Equal((6, 9, 15), (response.Usage!.InputTokenCount, response.Usage.OutputTokenCount, response.Usage.TotalTokenCount));
        Assert.Equal((ChatFinishReason.Length, generator.Model.Name), (response.FinishReason, response.ModelId));

        var updates = new List<ChatResponseUpdate>();
        await foreach (var update in client.GetStreamingResponseAsync(Question, cancellationToken: Cancellation)) updates.Add(update);
        Assert.True(updates.Count > 3, $"{updates.Count} updates");
        Assert.Equal(expected, string.Concat(updates.Select(static update => update.Text)));
        Assert.Single(updates.Select(static update => update.ResponseId).Distinct());
        Assert.All(updates[..^1], static update => Assert.Null(update.FinishReason));
        Assert.Equal(9, updates[^1].Contents.OfType<UsageContent>().Single().Details.OutputTokenCount);

        var again = await client.GetResponseAsync([.. Question, .. response.Messages, new(ChatRole.User, "red")], new ChatOptions { MaxOutputTokens = 2 }, Cancellation);
        Assert.Equal((1 + 4 + expected.Split(' ').Length + 1 + 1, 2), (again.Usage!.InputTokenCount, again.Usage.OutputTokenCount));
    }

    [Fact]
    public async Task Options_are_followed()
    {
        using var client = Client(out var generator);
        string greedy = (await client.GetResponseAsync(Question, cancellationToken: Cancellation)).Text;
        int first = generator.Preparation.Tokeniser.IdOf(greedy.Split(' ')[0])!.Value;

        var cut = await Answer(client, new ChatOptions { MaxOutputTokens = 3 });
        Assert.Equal((3, ChatFinishReason.Length), (cut.Usage!.OutputTokenCount, cut.FinishReason));
        string stop = greedy.Split(' ')[^1];
        var stopped = await Answer(client, new ChatOptions { StopSequences = [stop] });
        Assert.Equal((greedy[..greedy.IndexOf(stop, StringComparison.Ordinal)], ChatFinishReason.Stop), (stopped.Text, stopped.FinishReason));
        var ended = await Answer(client, new ChatOptions { RawRepresentationFactory = _ => generator.Generation with { EndTokens = [first] } });
        Assert.Equal((1, ChatFinishReason.Stop), (ended.Usage!.OutputTokenCount, ended.FinishReason));

        Assert.Equal(greedy, (await Answer(client, new ChatOptions { Temperature = 0, TopK = 5, TopP = 0.5f })).Text);
        var drawn = new ChatOptions { Temperature = 3, TopK = 0, Seed = 5 };
        string one = (await Answer(client, drawn)).Text;
        Assert.Equal(one, (await Answer(client, drawn)).Text);
        Assert.Equal(one, generator.Generate("<s> is the cat red ada", generator.Generation with { DoSample = true, Temperature = 3, TopK = 0, Seed = 5 }));
        Assert.NotEqual(one, (await Answer(client, new ChatOptions { Temperature = 3, TopK = 0, Seed = 6 })).Text);
        Assert.Equal(greedy, (await Answer(client, new ChatOptions { TopK = 1 })).Text);

        // a token that came is far less likely than all others: none comes twice
        foreach (var penalty in (ChatOptions[])[new() { PresencePenalty = 100 }, new() { FrequencyPenalty = 100 }])
        {
            var seen = new List<string>();
            await foreach (var update in client.GetStreamingResponseAsync(Question, penalty, Cancellation))
                if (update.Text.Length > 0) seen.Add(update.Text.Trim());
            Assert.Equal(seen.Distinct(), seen);
        }
        // what a system message says comes before the rest, and so do instructions
        string system = (await client.GetResponseAsync([new(ChatRole.System, "bob"), .. Question], cancellationToken: Cancellation)).Text;
        Assert.Equal(generator.Generate("<s> the bob is the cat red ada"), system);
        Assert.Equal(system, (await Answer(client, new ChatOptions { Instructions = "bob" })).Text);
        Assert.Equal(
            generator.Generate("<s> the carol bob is the cat red ada"),
            (await client.GetResponseAsync([new(ChatRole.System, "bob"), .. Question], new ChatOptions { Instructions = "carol" }, Cancellation)).Text);
    }

    [Fact]
    public async Task What_cannot_be_answered_is_refused()
    {
        using var client = Client(out var generator);
        await Assert.ThrowsAsync<NotSupportedException>(() => Answer(client, new ChatOptions { Tools = [new Named("rain")] }));
        await Assert.ThrowsAsync<NotSupportedException>(() => Answer(client, new ChatOptions { ResponseFormat = ChatResponseFormat.Json }));
        var picture = await Assert.ThrowsAsync<NotSupportedException>(() =>
            client.GetResponseAsync([new(ChatRole.User, [new DataContent(new byte[1], "image/png")])], cancellationToken: Cancellation));
        Assert.Contains("DataContent", picture.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ArgumentException>(() => client.GetResponseAsync([], cancellationToken: Cancellation));
        var cold = await Assert.ThrowsAsync<ArgumentException>(() => Answer(client, new ChatOptions { RawRepresentationFactory = _ => new GenerationOptions { Temperature = -1 } }));
        Assert.Contains("temperature is -1", cold.Message, StringComparison.Ordinal);
        var far = await Assert.ThrowsAsync<ArgumentException>(() =>
            client.GetResponseAsync([new(ChatRole.User, string.Join(' ', Enumerable.Repeat("cat", 30)))], cancellationToken: Cancellation));
        Assert.Contains("the model's context of 24", far.Message, StringComparison.Ordinal);
        using var plain = TextGenerator.FromPretrained(TinyDecoder.Write(In("plain")));
        Assert.Contains("has no chat template", Assert.Throws<ArgumentException>(() => new TextChatClient(plain)).Message, StringComparison.Ordinal);
        using var other = new TextChatClient(generator, ChatTemplate.Parse("{{ raise_exception('who is ' + messages[0].role + '?') }}"), leaveOpen: true);
        var complaint = await Assert.ThrowsAsync<ArgumentException>(() => other.GetResponseAsync(Question, cancellationToken: Cancellation));
        Assert.Contains("who is user?", complaint.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_can_be_broken_off_and_the_next_is_whole()
    {
        using var client = Client(out _);
        string whole = (await client.GetResponseAsync(Question, cancellationToken: Cancellation)).Text;
        using var source = new CancellationTokenSource();
        int pieces = 0;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var update in client.GetStreamingResponseAsync(Question, cancellationToken: source.Token))
                if (++pieces == 2) source.Cancel();
        });
        Assert.Equal(2, pieces);
        await foreach (var update in client.GetStreamingResponseAsync(Question, cancellationToken: Cancellation)) break;
        Assert.Equal(whole, (await client.GetResponseAsync(Question, cancellationToken: Cancellation)).Text);
        var together = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => client.GetResponseAsync(Question, cancellationToken: Cancellation))));
        Assert.All(together, response => Assert.Equal(whole, response.Text));
    }

    [Fact]
    public void It_says_what_it_is()
    {
        using var client = Client(out var generator);
        var metadata = (ChatClientMetadata)client.GetService(typeof(ChatClientMetadata))!;
        Assert.Equal(("graft", generator.Model.Name), (metadata.ProviderName, metadata.DefaultModelId));
        Assert.Same(client, client.GetService(typeof(IChatClient)));
        Assert.Same(generator, client.GetService(typeof(TextGenerator)));
        Assert.NotNull(client.GetService(typeof(ChatTemplate)));
        Assert.Null(client.GetService(typeof(IChatClient), "key"));
        Assert.Null(client.GetService(typeof(string)));
    }

    private static Task<ChatResponse> Answer(TextChatClient client, ChatOptions options) => client.GetResponseAsync(Question, options, Cancellation);

    private TextChatClient Client(out TextGenerator generator, string type = "gpt2")
    {
        string folder = TinyDecoder.Write(In(type), type);
        File.WriteAllText(Path.Combine(folder, "chat_template.jinja"), Turns);
        generator = TextGenerator.Load(folder);
        return new TextChatClient(generator);
    }

    private sealed class Named(string name) : AITool
    {
        public override string Name => name;
    }
}
