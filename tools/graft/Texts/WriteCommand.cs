using System.CommandLine;
using Graft.Tasks;

namespace Graft.CommandLine;

/// <summary><c>graft translate</c> and <c>graft summarise</c>: texts in, a line out for each.</summary>
internal static class WriteCommand
{
    private const string Rules = "a line out for each text in. An empty text stays empty; one that is longer than the model takes is cut off.";

    public static Command Translate() => Make("translate", $"Translates texts with an encoder-decoder (Marian, T5, BART): {Rules}");

    public static Command Summarise() => Make("summarise", $"Summarises texts with an encoder-decoder (BART, T5): {Rules}");

    private static Command Make(string name, string description)
    {
        var command = new Command(name, description);
        var inputs = new Argument<string[]>("FILE")
        {
            Description = "Files of texts: .txt with one a line, or a column of .csv, .tsv or .jsonl; standard input, a text a line, for - or where none is given.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        command.Add(inputs);
        var model = new ModelOptions(command, ofTexts: true);
        var adapter = new AdapterOption(command);
        var columns = new TextData(command, hasLabels: false, hasPairs: false);
        var writing = new WritingOptions(command);
        var prefix = new Option<string?>("--prefix")
        {
            Description = "What is put before each text, where a model was trained so: 'translate English to German: ' of T5.",
            HelpName = "TEXT",
        };
        command.Add(prefix);
        var precision = new PrecisionOption(command);
        var device = new DeviceOptions(command);
        var json = Options.Json();
        command.Add(json);
        command.SetAction((parsed, interrupt) =>
        {
            string[] files = parsed.GetValue(inputs) is { Length: > 0 } given ? given : [TextData.StandardInput];
            foreach (string file in files)
                if (file != TextData.StandardInput && !File.Exists(file)) throw new WrongInputException($"{Printable.Whole(file)}: there is no such file of texts; - is standard input");
            string folder = model.TextFolder(parsed, interrupt);
            if (PretrainedModel.HeadOf(folder) != TextHead.SequenceToSequence)
                throw new WrongInputException($"--model {Printable.Whole(folder)} does not make texts of texts: fine-tune an encoder-decoder with --task {TextTasks.Translation}");
            using var where = device.Open(parsed);
            using var writer = TextLearners.Load(TextTasks.Translation, folder, adapter.Folder(parsed), where, SequenceToSequence.From);
            writer.Model.ConvertWeights(precision.Read(parsed));
            string before = parsed.GetValue(prefix) ?? "";
            var output = parsed.InvocationConfiguration.Output;
            var asked = new Queue<string>();
            var texts = files.SelectMany(file => columns.Lines(file, parsed)).Select(text =>
            {
                asked.Enqueue(text.Text);
                return string.IsNullOrWhiteSpace(text.Text) ? "" : before + text.Text;
            });
            try
            {
                foreach (string written in writer.Generate(texts, writing.Read(parsed, writer.Generation), interrupt))
                {
                    string text = asked.Dequeue();
                    if (!parsed.GetValue(json))
                    {
                        output.WriteLine(written.ReplaceLineEndings(" "));
                        continue;
                    }
                    JsonOutput.Write(output, members =>
                    {
                        members.WriteString("text", text);
                        members.WriteString("written", written);
                    });
                }
            }
            catch (ArgumentException exception)
            {
                throw new WrongInputException(Shell.Line(exception.Message));
            }
            return Task.FromResult(ExitCode.Done);
        });
        return command;
    }
}
