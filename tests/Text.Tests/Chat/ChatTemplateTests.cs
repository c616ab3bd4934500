using System.Text.Json;

namespace Graft.Text.Tests;

/// <summary>Chat templates of folders, what they know, and what happens to bad ones.</summary>
public sealed class ChatTemplateTests : IDisposable
{
    private const string Turns = "{{ bos_token }}{% for message in messages %}"
        + "[{{ message.role }}]{{ message['content'] | trim }}{% endfor %}{% if add_generation_prompt %}[assistant]{% endif %}";

    private readonly string folder = Directory.CreateTempSubdirectory("chat-").FullName;

    private static readonly ChatTemplateMessage[] Talk = [new("user", " Hi "), new("assistant", "Yes?"), new("user", "No.")];

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void A_folder_says_what_its_conversations_look_like()
    {
        var tokeniser = Written(template: Turns);
        Assert.Equal("<s>[user]Hi[assistant]Yes?[user]No.[assistant]", tokeniser.FindChatTemplate()!.Apply(Talk));
        Assert.Equal("<s>[user]Hi", tokeniser.FindChatTemplate("default")!.Apply(Talk[..1], new ChatTemplateOptions { AddGenerationPrompt = false }));
        Assert.Contains("no chat template 'rag' among default", Assert.Throws<ArgumentException>(() => tokeniser.FindChatTemplate("rag")).Message, StringComparison.Ordinal);
        Assert.Null(Written(template: null).FindChatTemplate());
        Assert.Throws<ArgumentException>(() => tokeniser.FindChatTemplate()!.Apply([]));
    }

    [Fact]
    public void Of_several_templates_one_is_named()
    {
        var tokeniser = Written(new[] { new { name = "default", template = "a" }, new { name = "rag", template = "b{{ eos_token }}" } });
        Assert.Equal(["default", "rag"], tokeniser.ChatTemplateNames);
        Assert.Equal("a", tokeniser.FindChatTemplate()!.Apply(Talk));
        Assert.Equal("b</s>", tokeniser.FindChatTemplate("rag")!.Apply(Talk));
        var none = Written(new[] { new { name = "x", template = "a" }, new { name = "y", template = "b" } });
        string problem = Assert.Throws<CheckpointException>(() => none.FindChatTemplate()).Message;
        Assert.Contains("none of its chat templates is the default one: name one of x, y", problem, StringComparison.Ordinal);
        Assert.Throws<CheckpointException>(() => Written(5));
        Assert.Throws<CheckpointException>(() => Written(new[] { new { template = "a" } }));
    }

    [Fact]
    public void A_file_of_its_own_comes_before_the_settings_and_is_saved_with_them()
    {
        Written(template: "older");
        File.WriteAllText(Path.Combine(folder, "chat_template.jinja"), "newer {{ messages[0].content }}\n");
        var tokeniser = Tokeniser.Open(folder);
        Assert.Equal("newer  Hi ", tokeniser.FindChatTemplate()!.Apply(Talk));
        string copy = Path.Combine(folder, "copy");
        tokeniser.Save(copy);
        Assert.Equal("newer  Hi ", Tokeniser.Open(copy).FindChatTemplate()!.Apply(Talk));
        Assert.Equal("newer  Hi ", ChatTemplate.Open(Path.Combine(copy, "chat_template.jinja")).Apply(Talk));
        Assert.Throws<CheckpointException>(() => ChatTemplate.Open(Path.Combine(folder, "nothing.jinja")));
    }

    [Fact]
    public void A_template_knows_what_it_is_given_and_what_day_it_is()
    {
        using var document = JsonDocument.Parse("""{"enable_thinking": false, "tools": [{"name": "rain", "n": 2}]}""");
        var options = new ChatTemplateOptions
        {
            Variables = document.RootElement.EnumerateObject().ToDictionary(static member => member.Name, static member => member.Value),
            Clock = new Day(),
        };
        var template = ChatTemplate.Parse("{{ enable_thinking }} {{ tools | tojson }} {{ strftime_now('%d.%m.%Y') }} {{ bos_token is defined }}");
        Assert.Equal("""False [{"name": "rain", "n": 2}] 03.02.2024 False""", template.Apply(Talk, options));
        Assert.Equal("None|None", ChatTemplate.Parse("{{ tools }}|{{ documents }}").Apply(Talk));
    }

    [Fact]
    public void What_is_wrong_names_the_template_and_the_line()
    {
        var tag = Assert.Throws<CheckpointException>(() => ChatTemplate.Parse("a\n{% include 'x' %}", name: "t.jinja"));
        Assert.Equal("t.jinja: line 2: the tag 'include' is not supported here", tag.Message);
        Assert.Equal("t: line 3: the filter 'wordwrap' is not supported here", Fails("\n\n{{ 'a' | wordwrap }}"));
        Assert.Equal("t: line 2: the method .zfill of a str is not supported here", Fails("{% if true %}\n{{ '1'.zfill(3) }}{% endif %}"));
        Assert.Equal("t: line 1: 'name' is undefined", Fails("{{ name.first }}"));
        Assert.Equal("t: line 1: a dict has no attribute 'tool_calls'", Fails("{{ messages[0].tool_calls[0] }}"));
        // what is not supported does no harm where it is not reached
        Assert.Equal("ok", ChatTemplate.Parse("{% if tools %}{{ 'a' | wordwrap }}{% endif %}ok").Apply(Talk));
        var complaint = Assert.Throws<ArgumentException>(() => ChatTemplate.Parse("{{ raise_exception('Take turns!') }}").Apply(Talk));
        Assert.Contains("the chat template refuses the messages: Take turns!", complaint.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "more than 100 deep")]
    [InlineData("{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}", "so it is given up")]
    [InlineData("{{ 'a' * 10000000000 }}", "letters, so it is given up")]
    [InlineData("{{ [1] * 10000000000 }}", "letters, so it is given up")]
    [InlineData("{% set ns = namespace(s='ab') %}{% for i in range(99) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}", "letters, so it is given up")]
    [InlineData("{% set ns = namespace(s='ab') %}{% for i in range(99) %}{% set ns.s = ns.s.replace('a', 'aaaaaaaaaa') %}{% endfor %}", "letters, so it is given up")]
    [InlineData("{% set ns = namespace(s='ab') %}{% for i in range(99) %}{% set ns.s = [ns.s, ns.s] %}{% endfor %}{{ ns.s }}", "too long to be written")]
    [InlineData("{% set ns = namespace(s=[]) %}{% for i in range(90000) %}{% set ns.s = [ns.s] %}{% endfor %}{{ ns.s | tojson }}", "nested too deeply")]
    [InlineData("{% set ns = namespace(s=[], t=[]) %}{% for i in range(90000) %}{% set ns.s = [ns.s] %}{% set ns.t = [ns.t] %}{% endfor %}{{ ns.s == ns.t }}", "nested too deeply")]
    [InlineData("{{ 2 ** 64 }}", "leaves 64 bits")]
    [InlineData("{{ 9223372036854775807 + 1 }}", "leaves 64 bits")]
    [InlineData("{{ range(-9223372036854775807, 9223372036854775807) }}", "more than 100000 numbers")]
    [InlineData("{{ 'a' | indent(99999999) }}", "0 to 1000 spaces")]
    public void What_a_template_may_do_ends(string template, string problem) => Assert.Contains(problem, Fails(template), StringComparison.Ordinal);

    [Theory]
    [InlineData("(", ")", 80_000)]
    [InlineData("not ", "", 240_000)]
    [InlineData("-", "", 500_000)]
    [InlineData("[", "]", 80_000)]
    [InlineData("{1:", "}", 80_000)]
    [InlineData("a if a else ", "", 80_000)]
    public void What_is_nested_without_end_is_refused(string begin, string end, int times)
    {
        string template = $"{{{{ {string.Concat(Enumerable.Repeat(begin, times))} 1 {string.Concat(Enumerable.Repeat(end, times))} }}}}";
        // how much a level takes of the stack is the compiler's choice: on a small one so many are too many in any case
        Exception? refused = null;
        var thread = new Thread(() => refused = Record.Exception(() => ChatTemplate.Parse(template)), maxStackSize: 512 * 1024);
        thread.Start();
        thread.Join();
        Assert.Contains("line 1: it is nested too deeply", Assert.IsType<CheckpointException>(refused).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Any_cut_of_a_template_is_a_template_or_a_clear_error()
    {
        const string Text = "{%- macro m(a, b='x\\n') -%}{{ a ~ b | upper }}{%- endmacro %}{% set ns = namespace(i=0) %}{% for m in messages if m.role != 'x' %}"
            + "\n  {%- set ns.i = ns.i + 1 %}"
            + "{{ {'a': [1, 2.5e3][::-1]}['a'] | join(', ') }}{# note #}{% else %}{% raw %}{{{% endraw %}{% endfor %}{{ m(1)[0:2] if ns.i is not defined else 'y' }}";
        int parsed = 0;
        for (int cut = 0; cut <= Text.Length; cut++)
            foreach (string text in (string[])[Text[..cut], Text[cut..], Text[..cut] + "%}" + Text[cut..], Text[..cut] + "'" + Text[cut..]])
            {
                try
                {
                    ChatTemplate.Parse(text).Apply(Talk);
                    parsed++;
                }
                catch (CheckpointException exception)
                {
                    Assert.Contains(": line ", exception.Message, StringComparison.Ordinal);
                }
            }
        Assert.True(parsed > 10, $"{parsed}");
    }

    private static string Fails(string template) => Assert.Throws<CheckpointException>(() => ChatTemplate.Parse(template, name: "t").Apply(Talk)).Message;

    private Tokeniser Written(object? template)
    {
        File.WriteAllText(Path.Combine(folder, "tokenizer.json"), """
            {"version": "1.0", "added_tokens": [{"id": 1, "content": "<s>", "special": true, "single_word": false, "lstrip": false, "rstrip": false, "normalized": false}],
             "normalizer": null, "pre_tokenizer": {"type": "WhitespaceSplit"}, "post_processor": null, "decoder": null,
             "model": {"type": "WordLevel", "vocab": {"<unk>": 0, "<s>": 1, "</s>": 2}, "unk_token": "<unk>"} }
            """);
        File.WriteAllText(Path.Combine(folder, "tokenizer_config.json"), JsonSerializer.Serialize(new { bos_token = "<s>", eos_token = "</s>", chat_template = template }));
        return Tokeniser.Open(folder);
    }

    private sealed class Day : TimeProvider
    {
        public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

        public override DateTimeOffset GetUtcNow() => new(2024, 2, 3, 4, 5, 6, TimeSpan.Zero);
    }
}
