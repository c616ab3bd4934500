using System.CommandLine;
using System.Text.Json;
using Graft.Tasks;

namespace Graft.CommandLine;

/// <summary><c>graft generate</c>: texts behind a prompt.</summary>
internal static class GenerateCommand
{
    public static Command Make()
    {
        var command = new Command("generate", "Writes the text that follows a prompt, as it comes.");
        var prompt = new Argument<string>("PROMPT") { Description = "The prompt; '' to begin from nothing, - for standard input." };
        command.Add(prompt);
        var model = new ModelOptions(command, ofTexts: true);
        var adapter = new AdapterOption(command);
        var how = new DrawingOptions(command);
        var stop = new Option<string[]>("--stop") { Description = "A text that ends what is written and is not in it; may be given several times.", HelpName = "TEXT" };
        command.Add(stop);
        var precision = new PrecisionOption(command);
        var device = new DeviceOptions(command);
        var json = Options.Json();
        command.Add(json);
        command.SetAction(async (parsed, interrupt) =>
        {
            string given = parsed.GetRequiredValue(prompt), folder = model.TextFolder(parsed, interrupt);
            if (adapter.Head(parsed, PretrainedModel.HeadOf(folder) ?? TextHead.None) != TextHead.CausalLanguageModel)
                throw new WrongInputException($"--model {Printable.Whole(folder)} writes no texts: it takes a causal language model, such as GPT-2");
            string text = given == TextData.StandardInput ? await Console.In.ReadToEndAsync(interrupt).ConfigureAwait(false) : given;
            string[] stops = parsed.GetValue(stop) ?? [];
            if (stops.Any(string.IsNullOrEmpty)) throw new WrongInputException("--stop needs a text that is not empty");
            using var where = device.Open(parsed);
            using var generator = TextLearners.Load(TextTasks.Writing, folder, adapter.Folder(parsed), where, TextGenerator.From);
            generator.Model.ConvertWeights(precision.Read(parsed));
            var options = how.Read(parsed, generator.Generation);
            var output = parsed.InvocationConfiguration.Output;
            try
            {
                options.Check();
                if (parsed.GetValue(json)) WriteJson(output, given, generator.Generate([text], options, stops, interrupt));
                else if (options.Beams > 1 || options.ReturnedSequences > 1)
                    foreach (var one in generator.Generate([text], options, stops, interrupt)) output.WriteLine(Safe(one.Text));
                else
                {
                    await foreach (string piece in generator.GenerateAsync(text, options, stops, interrupt).ConfigureAwait(false))
                    {
                        output.Write(Safe(piece));
                        output.Flush();
                    }
                    output.WriteLine();
                }
            }
            catch (ArgumentException exception)
            {
                throw new WrongInputException(Shell.Line(exception.Message));
            }
            return ExitCode.Done;
        });
        return command;
    }

    /// <summary>A model's text as a terminal may have it: with line breaks and tabs, and no other control character.</summary>
    public static string Safe(string text) =>
        string.Concat(text.Select(static letter => char.IsControl(letter) && letter is not ('\n' or '\t') ? '\uFFFD' : letter));

    private static void WriteJson(TextWriter output, string prompt, IReadOnlyList<GeneratedText> texts) => JsonOutput.Write(output, writer =>
    {
        writer.WriteString("prompt", prompt);
        writer.WriteStartArray("texts");
        foreach (var text in texts)
        {
            writer.WriteStartObject();
            writer.WriteString("text", text.Text);
            writer.WriteNumber("tokens", text.Tokens.Count);
            writer.WriteString("finish", JsonNamingPolicy.KebabCaseLower.ConvertName(text.Finish.ToString()));
            if (text.Score is { } score) writer.WriteFigure("score", score);
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
    });
}
