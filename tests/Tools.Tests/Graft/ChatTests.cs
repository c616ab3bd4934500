using Graft.Testing;

namespace Graft.Tools.Tests;

/// <summary>Conversations on the command line, with a decoder of random weights.</summary>
public sealed class ChatTests : IDisposable
{
    private const string Turns = "{{ bos_token }}{% for message in messages %} {{ message.content }}{% endfor %}{% if add_generation_prompt %} ada{% endif %}";

    private readonly string folder = Directory.CreateTempSubdirectory("graft-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Lines_in_are_messages_and_answers_come_out()
    {
        string model = TinyDecoder.Write(In("model"));
        string Continued(string prompt) => GraftLine.Run("generate", prompt, "--model", model, "--max-new-tokens", "3").Output;
        Talk("is it red").AssertFailed(2, "has no chat template", "--chat-template FILE");
        File.WriteAllText(Path.Combine(model, "chat_template.jinja"), Turns);
        string first = Continued("<s> is the cat ada");
        var run = Talk("is the cat\n\n  /clear \nis the cat\n");
        Assert.Equal((0, first + first, ""), (run.ExitCode, run.Output, run.Error));
        string second = Continued($"<s> is the cat {first.Trim()} red ada");
        Assert.Equal(first + second, Talk("is the cat\nred\n/exit\nnever").Output);
        Assert.Equal(Continued("<s> bob works is the cat ada"), Talk("is the cat", "--system", "bob works").Output);
        Assert.Contains("there is no /help", Talk("/help\n").Error, StringComparison.Ordinal);

        File.WriteAllText(In("other.jinja"), "{{ bos_token }} {{ messages[-1].content }}");
        Assert.Equal(Continued("<s> rome"), Talk("rome", "--chat-template", In("other.jinja")).Output);
        File.WriteAllText(In("bad.jinja"), "{% nothing %}");
        Talk("rome", "--chat-template", In("bad.jinja")).AssertFailed(2, "bad.jinja", "line 1", "'nothing' is not supported");
        Talk("rome", "--chat-template", In("none.jinja")).AssertFailed(2, "none.jinja");
        Talk(string.Join(' ', Enumerable.Repeat("cat", 40))).AssertFailed(2, "the model's context of 24");
        Talk("rome", "--num-beams", "2").AssertFailed(2, "--num-beams");
        Talk("rome", "--temperature", "0").AssertFailed(2, "temperature is 0");
        Talk("rome", "--num-return-sequences", "2", "--sample").AssertFailed(2, "--num-return-sequences");

        GraftLine Talk(string lines, params string[] options)
        {
            var before = Console.In;
            Console.SetIn(new StringReader(lines));
            try
            {
                return GraftLine.Run(["chat", "--model", model, "--max-new-tokens", "3", .. options]);
            }
            finally
            {
                Console.SetIn(before);
            }
        }
    }

    [Fact]
    public void Only_causal_language_models_talk() => GraftLine.Run("chat", "--model", TinyEncoder.Write(In("encoder"))).AssertFailed(2, "writes no texts");

    private string In(string name) => Path.Combine(folder, name);
}
