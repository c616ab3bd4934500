using System.CommandLine;
using System.Globalization;
using Graft.Text;

namespace Graft.CommandLine;

/// <summary><c>graft neighbours --vectors</c>: neighbours and analogies of words.</summary>
internal sealed class WordNeighbours
{
    private const int AnalogyWords = 3;

    private readonly Option<string> vectors = Options.FilePath(
        "--vectors", "FILE", "A file of word vectors instead, of whose words the neighbours are: word2vec's binary or text, GloVe's or fastText's text, or safetensors.");

    private readonly Option<string?> analogy = new("--analogy")
    {
        Description = "Three words with spaces between them, such as \"man king woman\": what is to the third as the second is to the first.",
        HelpName = "\"A B C\"",
        Arity = ArgumentArity.ExactlyOne,
    };

    public WordNeighbours(Command command)
    {
        command.Add(vectors);
        command.Add(analogy);
    }

    /// <summary>Whether words are asked for.</summary>
    public bool IsAsked(ParseResult parsed) => parsed.GetValue(vectors) is not null;

    /// <exception cref="WrongInputException">An analogy is asked for of no file of words.</exception>
    public void RequireNone(ParseResult parsed)
    {
        if (parsed.GetValue(analogy) is not null) throw new WrongInputException($"{analogy.Name} is of words: give their file with {vectors.Name}");
    }

    public int Run(IReadOnlyList<string> words, int top, bool asJson, ParseResult parsed)
    {
        string file = parsed.GetValue(vectors)!;
        string[] three = parsed.GetValue(analogy)?.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) ?? [];
        if (parsed.GetValue(analogy) is { } given && three.Length != AnalogyWords)
            throw new WrongInputException($"{analogy.Name} is three words with spaces between them, such as \"man king woman\", not '{Printable.Text(given)}'");
        if (words.Count + three.Length == 0) throw new WrongInputException($"there is no word to find neighbours of: give one, or {analogy.Name}");
        var known = WordEmbeddings.Load(file, WordCase.Any);
        foreach (string word in words.Concat(three)) Require(known, word, file);
        var output = parsed.InvocationConfiguration.Output;
        foreach (string word in words) Write(output, word, known.Nearest(word, top), asJson, withHeading: words.Count > 1 || three.Length > 0);
        if (three is [var first, var second, var third])
            Write(output, $"{first} {second} {third}", known.Analogy([second, third], [first], top), asJson, withHeading: words.Count > 0);
        return ExitCode.Done;
    }

    private static void Require(WordEmbeddings known, string word, string file)
    {
        if (known.IndexOf(word) >= 0) return;
        var near = known.NearSpellings(word);
        throw new WrongInputException($"'{Printable.Text(word)}' is not among the {Tables.Count(known.Vectors.Count)} words of {Printable.Whole(file)}"
            + (near.Count == 0 ? "" : $"; spelled much like it: {Printable.Some(near)}"));
    }

    private static void Write(TextWriter output, string text, IReadOnlyList<WordSimilarity> found, bool asJson, bool withHeading)
    {
        if (!asJson)
        {
            if (withHeading) output.WriteLine(Printable.Text(text));
            foreach (var match in found) output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{match.Similarity:0.000}  {Printable.Text(match.Word)}"));
            return;
        }
        JsonOutput.Write(output, writer =>
        {
            writer.WriteString("text", text);
            writer.WriteStartArray("neighbours");
            foreach (var match in found)
            {
                writer.WriteStartObject();
                writer.WriteString("text", match.Word);
                writer.WriteFigure("score", match.Similarity);
                writer.WriteEndObject();
            }
            writer.WriteEndArray();
        });
    }
}
