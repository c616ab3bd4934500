using System.CommandLine;
using Graft.Tasks;
using Graft.Text;

namespace Graft.CommandLine;

/// <summary><c>--vectors</c> and <c>--word-model</c>: a network over word vectors instead of an encoder.</summary>
internal sealed class WordOptions
{
    /// <summary>The option that stands instead of a model.</summary>
    public const string Vectors = "--vectors";

    private readonly Option<string> vectors = Options.FilePath(
        Vectors, "FILE", "With --task text-classification: a file of word vectors (word2vec, GloVe, fastText's text), on which a small network is put. "
        + "--freeze-below trunk keeps the vectors as they are.");

    private readonly Option<string> kind = Options.Choice(
        "--word-model", "What stands on word vectors: the mean of a text's vectors, or windows of words (Kim 2014).", ["bag", "cnn"], "bag");

    public WordOptions(Command command)
    {
        command.Add(vectors);
        command.Add(kind);
    }

    /// <summary>The file of word vectors; null where an encoder is meant.</summary>
    /// <exception cref="WrongInputException">Options contradict each other.</exception>
    public string? File(string task, ModelOptions model, bool isFromScratch, ParseResult parsed)
    {
        string? file = parsed.GetValue(vectors);
        if (file is null)
            return parsed.GetResult(kind) is { Implicit: false } ? throw new WrongInputException($"{kind.Name} stands on word vectors: give their file with {Vectors}") : null;
        if (task != TextTasks.Classification) throw new WrongInputException($"{Vectors} goes with --task {TextTasks.Classification}, not with {task}");
        if (model.Given(parsed) is { } other) throw new WrongInputException($"{Vectors} and {other} contradict each other: give one of them");
        return isFromScratch ? throw new WrongInputException($"{Vectors} and --from-scratch contradict each other: give one of them") : file;
    }

    /// <summary>Refuses word vectors for pictures.</summary>
    /// <exception cref="WrongInputException">They are given.</exception>
    public void RequireNone(ParseResult parsed)
    {
        if (parsed.GetResult(vectors) is { Implicit: false }) throw new WrongInputException($"{Vectors} goes with --task {TextTasks.Classification}");
    }

    /// <summary>A network over the vectors of a file, for texts.</summary>
    /// <exception cref="CheckpointException">The file holds no word vectors.</exception>
    public TextModelSource Open(string file, LabelledTexts texts, ulong seed, ParseResult parsed)
    {
        string[] all = [.. Enumerable.Range(0, texts.Count).SelectMany(index => texts[index].Pair is { } pair ? [texts[index].Text, pair] : new[] { texts[index].Text })];
        var options = new WordModelOptions { Kind = parsed.GetValue(kind) == "cnn" ? WordModelKind.Cnn : WordModelKind.Bag, Seed = seed };
        try
        {
            return TextModelSource.Words(WordEmbeddings.Load(file), all, options);
        }
        catch (ArgumentException exception)
        {
            throw new WrongInputException($"{Printable.Whole(texts.Source)}: {Shell.Line(exception.Message.Split(" (Parameter")[0])}");
        }
    }
}
