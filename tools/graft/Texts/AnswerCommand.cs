using System.CommandLine;
using System.Globalization;
using Graft.Tasks;

namespace Graft.CommandLine;

/// <summary><c>graft answer</c>: the answer that a text gives to a question.</summary>
internal static class AnswerCommand
{
    public static Command Make()
    {
        var command = new Command("answer", "Finds the answer to a question in a text.");
        var question = new Argument<string[]>("QUESTION") { Description = "The questions.", Arity = ArgumentArity.OneOrMore };
        command.Add(question);
        var model = new ModelOptions(command, ofTexts: true);
        var context = Options.FilePath("--context", "FILE", "The text, UTF-8; - for standard input.", required: true);
        command.Add(context);
        var none = new Option<double?>("--no-answer-threshold")
        {
            Description = "Above which no-answer score the answer is empty; without it there always is an answer.",
            HelpName = "SCORE",
        };
        command.Add(none);
        var device = new DeviceOptions(command);
        var json = Options.Json();
        command.Add(json);
        command.SetAction((parsed, interrupt) =>
        {
            string file = parsed.GetRequiredValue(context), folder = model.TextFolder(parsed, interrupt);
            if (file != TextData.StandardInput && !File.Exists(file)) throw new WrongInputException($"--context {Printable.Whole(file)}: there is no such file");
            if (PretrainedModel.HeadOf(folder) != TextHead.QuestionAnswering)
                throw new WrongInputException($"--model {Printable.Whole(folder)} answers no questions: fine-tune it with --task {TextTasks.Questions}");
            string text = file == TextData.StandardInput ? Console.In.ReadToEnd() : File.ReadAllText(file);
            if (string.IsNullOrWhiteSpace(text)) throw new WrongInputException($"--context {Printable.Whole(file)} is empty: there is nothing to read");
            using var where = device.Open(parsed);
            using var reader = QuestionAnswerer.Load(folder, where.Device);
            string[] questions = parsed.GetRequiredValue(question);
            var options = new AnswerOptions { NoAnswerThreshold = parsed.GetValue(none) };
            var output = parsed.InvocationConfiguration.Output;
            foreach (var (asked, answer) in questions.Zip(reader.Answer(questions.Select(one => (one, text)), options, interrupt)))
            {
                if (!parsed.GetValue(json))
                {
                    output.WriteLine(answer.Text.Length == 0
                        ? "(the text has no answer)" : string.Create(CultureInfo.InvariantCulture, $"{Printable.Text(answer.Text)}  ({Tables.Percent(answer.Probability)})"));
                    continue;
                }
                JsonOutput.Write(output, writer =>
                {
                    writer.WriteString("question", asked);
                    writer.WriteString("answer", answer.Text);
                    writer.WriteNumber("start", answer.Start);
                    writer.WriteNumber("end", answer.End);
                    writer.WriteFigure("score", answer.Score);
                    writer.WriteFigure("probability", answer.Probability);
                    writer.WriteFigure("noAnswerScore", answer.NoAnswerScore);
                });
            }
            return Task.FromResult(ExitCode.Done);
        });
        return command;
    }
}
