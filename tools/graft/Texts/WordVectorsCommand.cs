using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Graft.Text;

namespace Graft.CommandLine;

/// <summary><c>graft word-vectors</c>: word vectors learnt from texts of one's own.</summary>
internal static class WordVectorsCommand
{
    private const string SkipGram = "skip-gram", Bag = "cbow", GloveMethod = "glove", Punctuation = "punctuation", WhiteSpace = "white-space";

    private const int MostDimensions = 4096, MostWindow = 1024;

    public static Command Make()
    {
        var command = new Command(
            "word-vectors", "Learns word vectors from texts of your own, for graft neighbours --vectors and graft fine-tune --vectors. Ctrl-C saves nothing.");
        var data = Options.FilePath("--data", "FILE", "The texts: .txt with one a line, or a column of .csv, .tsv or .jsonl.", required: true);
        var target = Options.FilePath("--out", "FILE", "The file to write: .txt as GloVe's, .vec as word2vec's and fastText's text, .bin as word2vec's, .safetensors.", required: true);
        command.Add(data);
        command.Add(target);
        var columns = new TextData(command, hasLabels: false);
        var method = Options.Choice("--method", "How they are learnt.", [SkipGram, Bag, GloveMethod], SkipGram);
        var dimensions = Options.WholeNumber("--dimensions", "How many numbers a word gets; 100 without it, of glove 50.", 1, preset: null, MostDimensions);
        var window = Options.WholeNumber("--window", "How many words on each side count; 5 without it, of glove 15.", 1, preset: null, MostWindow);
        var least = Options.WholeNumber("--minimum-count", "How often a word has to occur.", 1, new Word2VecOptions().MinimumCount);
        var epochs = Options.WholeNumber("--epochs", "How often the texts are gone through; 5 without it, of glove 25.", 1, preset: null);
        var split = Options.Choice(
            "--split", "What separates words: white space and punctuation, or white space alone, where the texts are cut already.", [Punctuation, WhiteSpace], Punctuation);
        var keepsCase = new Option<bool>("--keep-case") { Description = "Tell words apart by capital letters." };
        var seed = Options.Seed();
        var json = Options.Json();
        foreach (var option in (Option[])[method, dimensions, window, least, epochs, split, keepsCase, seed, json]) command.Add(option);
        command.SetAction((parsed, interrupt) =>
        {
            string file = parsed.GetRequiredValue(data), path = parsed.GetRequiredValue(target);
            if (!File.Exists(file)) throw new WrongInputException($"--data {Printable.Whole(file)}: there is no such file");
            if (WordVectorWriter.FormatOf(path) is null)
                throw new WrongInputException($"--out {Printable.Whole(path)}: its ending says no format of word vectors: call it {WordVectorWriter.Endings}");
            var place = OutputFile.Prepare("--out", path);
            var between = parsed.GetValue(split) == Punctuation ? WordSplit.Punctuation : WordSplit.WhiteSpace;
            bool lowerCase = !parsed.GetValue(keepsCase);
            var sentences = columns.Texts(file, parsed).Select(text => WordTokeniser.Words(text.Text, between, lowerCase));
            string how = parsed.GetValue(method)!;
            var glove = new GloveOptions();
            var word2Vec = new Word2VecOptions();
            glove = glove with
            {
                Dimension = parsed.Find(dimensions) ?? glove.Dimension,
                Window = parsed.Find(window) ?? glove.Window,
                Epochs = parsed.Find(epochs) ?? glove.Epochs,
                MinimumCount = parsed.GetValue(least),
                Seed = parsed.GetValue(seed),
            };
            word2Vec = word2Vec with
            {
                Method = how == Bag ? WordVectorMethod.ContinuousBag : WordVectorMethod.SkipGram,
                Dimension = parsed.Find(dimensions) ?? word2Vec.Dimension,
                Window = parsed.Find(window) ?? word2Vec.Window,
                Epochs = parsed.Find(epochs) ?? word2Vec.Epochs,
                MinimumCount = parsed.GetValue(least),
                Seed = parsed.GetValue(seed),
            };
            var clock = Stopwatch.StartNew();
            var (vectors, last) = ProgressDisplay.Show(parsed.InvocationConfiguration.Error, display =>
            {
                var progress = new Progress(display, clock);
                return (Train(), progress.Last);

                WordVectors Train()
                {
                    try
                    {
                        return how == GloveMethod ? Glove.Train(sentences, glove, progress, interrupt) : Word2Vec.Train(sentences, word2Vec, progress, interrupt);
                    }
                    catch (ArgumentException exception)
                    {
                        throw new WrongInputException($"--data {Printable.Whole(file)}: {Shell.Line(exception.Message.Split(" (Parameter")[0])}");
                    }
                }
            });
            double seconds = clock.Elapsed.TotalSeconds;
            var (to, problem) = place.Save(name => WordVectorWriter.Write(name, vectors));

            var (output, error) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
            if (!parsed.GetValue(json))
            {
                output.WriteLine($"{Printable.Whole(to)}: {Tables.Count(vectors.Count)} words with {vectors.Dimension} numbers each, learnt by {how} "
                    + $"from {Tables.Count(last.Pairs)} pairs in {Tables.Seconds(seconds)}{(last.Loss is { } loss ? $", loss {Tables.Loss(loss)}" : "")}");
                return Task.FromResult(SavePlace.Tell(error, problem));
            }
            JsonOutput.Write(output, writer =>
            {
                writer.WriteString("data", file);
                writer.WriteString("out", to);
                writer.WriteString("method", how);
                writer.WriteNumber("words", vectors.Count);
                writer.WriteNumber("dimensions", vectors.Dimension);
                writer.WriteNumber("pairs", last.Pairs);
                writer.WriteNumber("epochs", how == GloveMethod ? glove.Epochs : word2Vec.Epochs);
                writer.WriteFigure("loss", last.Loss);
                writer.WriteFigure("seconds", seconds);
                writer.WriteNumber("seed", glove.Seed);
            });
            return Task.FromResult(SavePlace.Tell(error, problem));
        });
        return command;
    }

    private sealed class Progress(ProgressDisplay display, Stopwatch clock) : IProgress<WordVectorProgress>
    {
        private const int Parts = 1000;

        public WordVectorProgress Last { get; private set; }

        public void Report(WordVectorProgress value)
        {
            Last = value;
            double seconds = clock.Elapsed.TotalSeconds;
            display.At(
                (long)(value.Share * Parts), Parts,
                string.Create(CultureInfo.InvariantCulture, $"{value.Words:n0} words, {value.Pairs:n0} pairs, {value.Pairs / Math.Max(seconds, 1e-9):n0} pairs/s"),
                value.Share > 0 ? TimeSpan.FromSeconds(seconds * (1 - value.Share) / value.Share) : null);
        }
    }
}
