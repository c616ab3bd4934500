using System.Text;
using Graft.Testing;

namespace Graft.Text.Tests;

/// <summary>Files of texts, of vectors and of indices that were changed somewhere.</summary>
public sealed class MutatedTextFilesTests : IDisposable
{
    private const int Count = 400;

    private readonly TextFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("a.csv", 21)]
    [InlineData("a.tsv", 22)]
    [InlineData("a.jsonl", 23)]
    [InlineData("a.txt", 24)]
    public Task Tables_are_read_or_refused(string name, int seed)
    {
        var text = new StringBuilder(name == "a.jsonl" ? "" : name == "a.tsv" ? "text\tlabel\r\n" : "text,label\r\n");
        for (int row = 0; row < 200; row++)
        {
            text.Append(name switch
            {
                "a.csv" => $"\"a \"\"quoted\"\"\ntext, é{row}\",label {row % 3}\r\n",
                "a.tsv" => $"a \"text\" 😀{row}\tlabel {row % 3}\n",
                "a.jsonl" => $"{{\"text\": \"a\\n\\u00e9 {row}\", \"label\": {row % 3}, \"more\": [1, {{}}]}}\n",
                _ => $"a line {row}\r\n",
            });
        }
        return Bounded.Mutated<TextFileException>(Encoding.UTF8.GetBytes(text.ToString()), seed, Count, bytes =>
        {
            var table = TextTable.Open(folder.Write(name, bytes));
            if (name == "a.txt") _ = table.Count();
            else _ = LabelledTexts.Read(table, new TextColumns { Text = "text", Label = "label" });
        });
    }

    [Fact]
    public Task Questions_are_read_or_refused()
    {
        string path = folder.Path("whole.json");
        SquadFile.Write(path, Enumerable.Range(0, 40).Select(static number => new QuestionExample(
            $"q{number}", "What \"is\" it?", $"é😀 a context {number / 4} with answers", number % 3 == 0 ? [] : [new AnswerSpan(4, "a context")], number % 3 == 0, "T")));
        return Bounded.Mutated<TextFileException>(File.ReadAllBytes(path), seed: 25, Count, bytes => SquadFile.Read(folder.Write("a.json", bytes)));
    }

    [Fact]
    public Task Choices_are_read_or_refused()
    {
        string text = string.Concat(Enumerable.Range(0, 60).Select(static number => $"{{\"context\": \"c {number}\", \"choices\": [\"é\", \"b\\n\", \"{number}\"], \"label\": {number % 3}}}\n"));
        return Bounded.Mutated<TextFileException>(Encoding.UTF8.GetBytes(text), seed: 29, Count, bytes => ChoiceFile.Read(folder.Write("a.jsonl", bytes)));
    }

    [Fact]
    public Task Tagged_words_are_read_or_refused()
    {
        string text = string.Concat(Enumerable.Repeat("-DOCSTART- -X- O\n\nEU NNP B-ORG\nrejects VBZ O\nGerman JJ B-MISC\n\n", 60));
        return Bounded.Mutated<TextFileException>(Encoding.UTF8.GetBytes(text), seed: 26, Count, bytes => TaggedTexts.Open(folder.Write("a.conll", bytes)));
    }

    [Fact]
    public Task Indices_are_read_or_refused()
    {
        var index = new VectorIndex(4);
        for (int row = 0; row < 60; row++) index.Add($"a key {row}", [row, 1, 2, 3]);
        index.Save(folder.Path("whole.safetensors"));
        return Bounded.Mutated<CheckpointException>(File.ReadAllBytes(folder.Path("whole.safetensors")), seed: 27, Count, bytes =>
        {
            string path = folder.Write("a.safetensors", bytes);
            var read = VectorIndex.Load(path);
            _ = read.Search(new float[read.Dimension]);
            using var file = VectorFile.Open(path);
            _ = file.Search(new float[file.Dimension]);
        });
    }

    [Fact]
    public Task Word_vectors_are_read_or_refused()
    {
        string[] words = [.. Enumerable.Range(0, 50).Select(static row => $"wörd{row}")];
        WordVectorWriter.Write(folder.Path("whole.safetensors"), new WordVectors(words, 3, new float[150]));
        return Bounded.Mutated<CheckpointException>(File.ReadAllBytes(folder.Path("whole.safetensors")), seed: 28, Count, bytes =>
            WordEmbeddings.Load(folder.Write("a.safetensors", bytes), WordCase.Any).Coverage(words));
    }
}
