using System.CommandLine;
using System.Text;
using Graft.Tasks;
using Graft.Text;
using Microsoft.Extensions.AI;

namespace Graft.CommandLine;

/// <summary><c>graft chat</c>: a conversation with a language model, a line a message.</summary>
internal static class ChatCommand
{
    private const string Exit = "/exit", Clear = "/clear";

    public static Command Make()
    {
        var command = new Command("chat", "Talks with a language model that was tuned for conversations: a line in is a message, "
            + $"{Clear} begins anew, {Exit} ends. Ctrl-C ends an answer, and at the prompt the conversation.");
        var model = new ModelOptions(command, ofTexts: true);
        var adapter = new AdapterOption(command);
        var system = new Option<string?>("--system") { Description = "What the model is told before the conversation.", HelpName = "TEXT", Arity = ArgumentArity.ExactlyOne };
        command.Add(system);
        var template = Options.FilePath("--chat-template", "FILE", "The template (in Jinja's language) that says what a conversation looks like; the model's own where it is not given.");
        command.Add(template);
        var how = new DrawingOptions(command);
        var device = new DeviceOptions(command);
        command.SetAction(async (parsed, interrupt) =>
        {
            string folder = model.TextFolder(parsed, interrupt);
            if (adapter.Head(parsed, PretrainedModel.HeadOf(folder) ?? TextHead.None) != TextHead.CausalLanguageModel)
                throw new WrongInputException($"--model {Printable.Whole(folder)} writes no texts: it takes a causal language model that was tuned for conversations");
            using var where = device.Open(parsed);
            using var generator = TextLearners.Load(TextTasks.Writing, folder, adapter.Folder(parsed), where, TextGenerator.From);
            using var client = new TextChatClient(generator, TemplateOf(parsed.GetValue(template), generator, folder), leaveOpen: true);
            var talk = new Conversation(client, parsed.GetValue(system), OptionsOf(parsed, how, generator), parsed.InvocationConfiguration.Output);
            await Talk(talk, parsed.InvocationConfiguration.Error, interrupt).ConfigureAwait(false);
            return ExitCode.Done;
        });
        return command;
    }

    private static ChatTemplate TemplateOf(string? path, TextGenerator generator, string folder)
    {
        var tokeniser = generator.Preparation.Tokeniser;
        return (path is null ? tokeniser.FindChatTemplate() : ChatTemplate.Open(path, tokeniser)) ?? throw new WrongInputException(
            $"--model {Printable.Whole(folder)} has no chat template, so it is not known what a conversation looks like to it: "
            + "take a model that was tuned for conversations, or give --chat-template FILE");
    }

    private static ChatOptions OptionsOf(ParseResult parsed, DrawingOptions how, TextGenerator generator)
    {
        var options = how.Read(parsed, generator.Generation);
        if (options.Beams > 1 && options.Beams != generator.Generation.Beams)
            throw new WrongInputException("--num-beams: an answer is written as it comes, and beams are known at the end alone");
        if (options.ReturnedSequences > 1 && options.ReturnedSequences != generator.Generation.ReturnedSequences)
            throw new WrongInputException("--num-return-sequences: a message has one answer");
        try
        {
            (options with { Beams = 1, ReturnedSequences = 1 }).Check();
        }
        catch (ArgumentException exception)
        {
            throw new WrongInputException(Shell.Line(exception.Message));
        }
        return new ChatOptions { RawRepresentationFactory = _ => options };
    }

    private static async Task Talk(Conversation talk, TextWriter error, CancellationToken interrupt)
    {
        bool isTerminal = !Console.IsInputRedirected && !Console.IsOutputRedirected;
        while (true)
        {
            if (isTerminal) await error.WriteAsync("> ").ConfigureAwait(false);
            // a terminal's line cannot be called off: the thread that reads it is left behind
            string? line = await Task.Run(Console.In.ReadLine, interrupt).WaitAsync(interrupt).ConfigureAwait(false);
            switch (line?.Trim())
            {
                case null or Exit: return;
                case "": continue;
                case Clear: talk.Clear(); continue;
                case ['/', .. var word] when word.Length > 0 && word.All(char.IsAsciiLetter):
                    error.WriteLine($"graft: there is no /{Printable.Text(word)}: {Clear} begins anew, {Exit} ends");
                    continue;
            }
            try
            {
                await talk.Answer(line, interrupt).ConfigureAwait(false);
            }
            catch (ArgumentException exception) when (isTerminal)
            {
                error.WriteLine($"graft: {Shell.Line(exception.Message)}; {Clear} begins anew");
            }
            catch (ArgumentException exception)
            {
                throw new WrongInputException(Shell.Line(exception.Message));
            }
        }
    }

    /// <summary>What was said so far.</summary>
    private sealed class Conversation
    {
        private readonly TextChatClient client;
        private readonly string? system;
        private readonly ChatOptions options;
        private readonly TextWriter output;
        private readonly List<ChatMessage> messages = [];

        public Conversation(TextChatClient client, string? system, ChatOptions options, TextWriter output)
        {
            (this.client, this.system, this.options, this.output) = (client, system, options, output);
            Clear();
        }

        public void Clear()
        {
            messages.Clear();
            if (!string.IsNullOrEmpty(system)) messages.Add(new ChatMessage(ChatRole.System, system));
        }

        /// <summary>Writes the answer to a message as it comes. One that was ended by Ctrl-C stays as far as it came; a message that cannot be answered is forgotten.</summary>
        public async Task Answer(string question, CancellationToken interrupt)
        {
            messages.Add(new ChatMessage(ChatRole.User, question));
            var answer = new StringBuilder();
            using var broken = CancellationTokenSource.CreateLinkedTokenSource(interrupt);
            using var caught = Signals.Catch(broken.Cancel);
            try
            {
                await foreach (var update in client.GetStreamingResponseAsync(messages, options, broken.Token).ConfigureAwait(false))
                {
                    answer.Append(update.Text);
                    output.Write(GenerateCommand.Safe(update.Text));
                    output.Flush();
                }
            }
            catch (OperationCanceledException) when (!interrupt.IsCancellationRequested)
            {
                // Ctrl-C ended the answer alone
            }
            catch (ArgumentException)
            {
                messages.RemoveAt(messages.Count - 1);
                throw;
            }
            output.WriteLine();
            messages.Add(new ChatMessage(ChatRole.Assistant, answer.ToString()));
        }
    }
}
