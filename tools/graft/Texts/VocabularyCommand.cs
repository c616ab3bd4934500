using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Graft.Tasks;
using Graft.Text;

namespace Graft.CommandLine;

/// <summary><c>graft vocabulary</c>: a tokeniser for texts of one's own, and the config of a small encoder, to begin from nothing.</summary>
internal static class VocabularyCommand
{
    private const int SmallSize = 8192, SmallestSize = 6, LargestSize = 1 << 24;

    public static Command Make()
    {
        var command = new Command(
            "vocabulary",
            "Learns a vocabulary from texts of your own and writes vocab.txt or tokenizer.json, tokenizer_config.json and, where there is none, the config.json of a small model, "
            + "whose sizes you may change: a folder for graft fine-tune --from-scratch.");
        var data = Options.FilePath("--data", "FILE", "The texts: .txt with one a line, or a column of .csv, .tsv or .jsonl.", required: true);
        var target = Options.FilePath("--out", "DIR", "The folder to write.", required: true);
        command.Add(data);
        command.Add(target);
        var columns = new TextData(command, hasLabels: false);
        var size = Options.WholeNumber("--size", "How many tokens there are at most.", SmallestSize, SmallSize, LargestSize);
        var least = Options.WholeNumber("--minimum-count", "How often two pieces have to stand beside each other to become one.", 1, new WordPieceTrainerOptions().MinimumCount);
        var keepsCase = new Option<bool>("--keep-case") { Description = "Keep capital letters and accents, which a byte-pair encoding does anyway." };
        var kind = Options.Choice("--kind", "The pieces: WordPiece's, or joined bytes (bpe) or letters (metaspace).", VocabularyKind.Names, "wordpiece");
        var family = Options.Choice(
            "--architecture", "The model; left out, bert or, of joined pieces, bart. electra is for replaced-token-detection.", VocabularyModel.Names, null);
        var json = Options.Json();
        foreach (var option in (Option[])[size, least, kind, keepsCase, family, json]) command.Add(option);
        command.SetAction((parsed, interrupt) =>
        {
            string file = parsed.GetRequiredValue(data), to = parsed.GetRequiredValue(target);
            if (!File.Exists(file)) throw new WrongInputException($"--data {Printable.Whole(file)}: there is no such file");
            if (File.Exists(to)) throw new WrongInputException($"--out {Printable.Whole(to)} is a file: give a folder");
            if (File.Exists(Path.Combine(to, ModelFolder.WeightsFileName)))
                throw new WrongInputException($"--out {Printable.Whole(to)} holds the weights of a model, whose vocabulary this would replace: give another folder");
            var pieces = VocabularyKind.Find(parsed.GetValue(kind)!);
            var model = VocabularyModel.Find(parsed.GetValue(family) ?? (pieces.IsWordPiece ? "bert" : "bart"));
            if (model.IsEncoder != pieces.IsWordPiece)
                throw new WrongInputException($"--architecture {model.Name} does not go with --kind {pieces.Name}: take {string.Join(" or ", VocabularyModel.NamesFor(pieces))}");
            int tokens = parsed.GetValue(size);
            string config = Path.Combine(to, ModelFolder.ConfigFileName);
            bool isConfigNew = !File.Exists(config);
            if (!isConfigNew && JsonFile.Read(config).Number("vocab_size") is { } rows && rows < tokens)
                throw new WrongInputException(string.Create(CultureInfo.InvariantCulture,
                    $"{Printable.Whole(config)} has a vocab_size of {rows}: ask for as many tokens or fewer with --size, not for {tokens}"));
            var clock = Stopwatch.StartNew();
            int learnt = ProgressDisplay.Show(parsed.InvocationConfiguration.Error, display =>
            {
                try
                {
                    var texts = columns.Texts(file, parsed).Select(static text => text.Text);
                    return pieces.Learn(to, texts, new VocabularySettings(tokens, parsed.GetValue(least), !parsed.GetValue(keepsCase), model), new Progress(display, tokens), interrupt);
                }
                catch (ArgumentException exception)
                {
                    throw new WrongInputException($"--data {Printable.Whole(file)}: {Shell.Line(exception.Message.Split(" (Parameter")[0])}");
                }
            });
            double seconds = clock.Elapsed.TotalSeconds;
            if (isConfigNew) JsonFile.Write(config, writer => model.Write(writer, learnt));

            var output = parsed.InvocationConfiguration.Output;
            if (!parsed.GetValue(json))
            {
                output.WriteLine($"{Printable.Whole(to)}: {Tables.Count(learnt)} tokens in {Tables.Seconds(seconds)}"
                    + (isConfigNew ? $"; its {ModelFolder.ConfigFileName} is of a small {model.Name}, change it as you like" : ""));
                return Task.FromResult(ExitCode.Done);
            }
            JsonOutput.Write(output, writer =>
            {
                writer.WriteString("data", file);
                writer.WriteString("out", to);
                writer.WriteNumber("tokens", learnt);
                writer.WriteBoolean("config", isConfigNew);
                writer.WriteFigure("seconds", seconds);
            });
            return Task.FromResult(ExitCode.Done);
        });
        return command;
    }

    private sealed class Progress(ProgressDisplay display, int size) : IProgress<double>
    {
        public void Report(double value) => display.At(
            (long)(value * size), size, string.Create(CultureInfo.InvariantCulture, $"token {value * size:n0} of {size:n0}"), remaining: null);
    }
}
