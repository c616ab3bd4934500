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
            "Learns a vocabulary of word pieces from texts of your own and writes vocab.txt, tokenizer_config.json and, where there is none, the config.json of a small encoder, "
            + "whose sizes you may change: a folder for graft fine-tune --from-scratch.");
        var data = Options.FilePath("--data", "FILE", "The texts: .txt with one a line, or a column of .csv, .tsv or .jsonl.", required: true);
        var target = Options.FilePath("--out", "DIR", "The folder to write.", required: true);
        command.Add(data);
        command.Add(target);
        var columns = new TextData(command, hasLabels: false);
        var size = Options.WholeNumber("--size", "How many tokens there are at most.", SmallestSize, SmallSize, LargestSize);
        var least = Options.WholeNumber("--minimum-count", "How often two pieces have to stand beside each other to become one.", 1, new WordPieceTrainerOptions().MinimumCount);
        var keepsCase = new Option<bool>("--keep-case") { Description = "Keep capital letters and accents." };
        var family = Options.Choice("--architecture", "The encoder: bert for --task masked-language-model, electra for replaced-token-detection.", ["bert", "electra"], "bert");
        var json = Options.Json();
        foreach (var option in (Option[])[size, least, keepsCase, family, json]) command.Add(option);
        command.SetAction((parsed, interrupt) =>
        {
            string file = parsed.GetRequiredValue(data), to = parsed.GetRequiredValue(target);
            if (!File.Exists(file)) throw new WrongInputException($"--data {Printable.Whole(file)}: there is no such file");
            if (File.Exists(to)) throw new WrongInputException($"--out {Printable.Whole(to)} is a file: give a folder");
            if (File.Exists(Path.Combine(to, ModelFolder.WeightsFileName)))
                throw new WrongInputException($"--out {Printable.Whole(to)} holds the weights of a model, whose vocabulary this would replace: give another folder");
            var options = new WordPieceTrainerOptions { Size = parsed.GetValue(size), MinimumCount = parsed.GetValue(least), LowerCase = !parsed.GetValue(keepsCase) };
            string config = Path.Combine(to, ModelFolder.ConfigFileName);
            bool isConfigNew = !File.Exists(config);
            if (!isConfigNew && JsonFile.Read(config).Number("vocab_size") is { } rows && rows < options.Size)
                throw new WrongInputException(string.Create(CultureInfo.InvariantCulture,
                    $"{Printable.Whole(config)} has a vocab_size of {rows}: ask for as many tokens or fewer with --size, not for {options.Size}"));
            var clock = Stopwatch.StartNew();
            var vocabulary = ProgressDisplay.Show(parsed.InvocationConfiguration.Error, display =>
            {
                try
                {
                    return WordPieceTrainer.Train(columns.Texts(file, parsed).Select(static text => text.Text), options, new Progress(display, options.Size), interrupt);
                }
                catch (ArgumentException exception)
                {
                    throw new WrongInputException($"--data {Printable.Whole(file)}: {Shell.Line(exception.Message.Split(" (Parameter")[0])}");
                }
            });
            double seconds = clock.Elapsed.TotalSeconds;
            WordPieceTrainer.Save(to, vocabulary, options.LowerCase);
            if (isConfigNew) JsonFile.Write(config, writer => WriteConfig(writer, parsed.GetValue(family)!, vocabulary.Count));

            var output = parsed.InvocationConfiguration.Output;
            if (!parsed.GetValue(json))
            {
                output.WriteLine($"{Printable.Whole(to)}: {Tables.Count(vocabulary.Count)} tokens in {Tables.Seconds(seconds)}"
                    + (isConfigNew ? $"; its {ModelFolder.ConfigFileName} is of a small {parsed.GetValue(family)}, change it as you like" : ""));
                return Task.FromResult(ExitCode.Done);
            }
            JsonOutput.Write(output, writer =>
            {
                writer.WriteString("data", file);
                writer.WriteString("out", to);
                writer.WriteNumber("tokens", vocabulary.Count);
                writer.WriteBoolean("config", isConfigNew);
                writer.WriteFigure("seconds", seconds);
            });
            return Task.FromResult(ExitCode.Done);
        });
        return command;
    }

    /// <summary>The sizes of BERT-mini (Turc et al. 2019).</summary>
    private static void WriteConfig(System.Text.Json.Utf8JsonWriter json, string family, int tokens)
    {
        json.WriteString("model_type", family);
        json.WriteNumber("vocab_size", tokens);
        if (family == "electra") json.WriteNumber("embedding_size", 128);
        json.WriteNumber("hidden_size", 256);
        json.WriteNumber("num_hidden_layers", 4);
        json.WriteNumber("num_attention_heads", 4);
        json.WriteNumber("intermediate_size", 1024);
        json.WriteNumber("max_position_embeddings", 512);
        json.WriteNumber("type_vocab_size", 2);
    }

    private sealed class Progress(ProgressDisplay display, int size) : IProgress<double>
    {
        public void Report(double value) => display.At(
            (long)(value * size), size, string.Create(CultureInfo.InvariantCulture, $"token {value * size:n0} of {size:n0}"), remaining: null);
    }
}
