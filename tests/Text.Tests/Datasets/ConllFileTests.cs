namespace Graft.Text.Tests;

public sealed class ConllFileTests : IDisposable
{
    private readonly TextFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Sentences_are_divided_by_empty_lines_and_documents_are_passed_over()
    {
        string path = folder.Write("a.conll", "-DOCSTART- -X- O O\r\n\r\nEU NNP I-NP B-ORG\r\nrejects VBZ I-VP O\r\n\r\n \r\n# SYM O O\r\n");
        var sentences = ConllFile.Read(path).ToList();
        Assert.Equal([["EU", "rejects"], ["#"]], sentences.Select(sentence => sentence.Words));
        Assert.Equal([["B-ORG", "O"], ["O"]], sentences.Select(sentence => sentence.Tags));
        Assert.Equal([3, 7], sentences.Select(sentence => sentence.Line));
        Assert.Equal(["I-NP", "I-VP"], ConllFile.Read(path, tagColumn: 2).First().Tags);
        Assert.Equal(["NNP", "VBZ"], ConllFile.Read(path, wordColumn: 1, tagColumn: ^1).First().Words);
    }

    [Fact]
    public void Tabs_separate_where_there_are_any()
    {
        string path = folder.Write("a.tsv", "# a comment\n1\tNew York\tB-LOC\n2\tis\tO\n\n1\tbig\tO");
        Assert.Equal(["New York", "is", "big"], ConllFile.Read(path, wordColumn: 1).SelectMany(sentence => sentence.Words));
    }

    [Theory]
    [InlineData("", "holds no sentence")]
    [InlineData("-DOCSTART- O\n\n", "holds no sentence")]
    [InlineData("a X O\nb O\n", "line 2: expected 3 columns, as on line 1, found 2; they are separated by spaces")]
    [InlineData("a\tO\n\tO\n", "line 2, column 1: has no word")]
    [InlineData("a\tO\nb\t\n", "line 2, column 2: has no tag")]
    public void What_is_wrong_is_said_with_its_line(string text, string message)
    {
        string path = folder.Write("a.conll", text);
        Assert.Contains(message, Assert.Throws<TextFileException>(() => ConllFile.Read(path).Count()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_column_that_is_not_there_is_refused()
    {
        string path = folder.Write("a.conll", "a O\n");
        Assert.Contains("line 1: has 2 columns, and the tags are said to be in column 4",
            Assert.Throws<TextFileException>(() => ConllFile.Read(path, tagColumn: 3).Count()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Tags_have_numbers_and_take_a_models()
    {
        var texts = TaggedTexts.Open(folder.Write("a.conll", "a B-PER\nb O\n\nc B-LOC\n"));
        Assert.Equal(["B-LOC", "B-PER", "O"], texts.TagNames);
        Assert.Equal([1, 2], texts.Tags(0));
        var matched = texts.Match(["O", "B-PER", "B-LOC"]);
        Assert.Equal([1, 0], matched.Tags(0));
        var problem = Assert.Throws<TextFileException>(() => texts.Match(["O", "B-PER", "B-LOCATION"]));
        Assert.Contains("line 4: the model does not know the tag 'B-LOC' of the word 'c' (nearest: B-LOCATION)", problem.Message, StringComparison.Ordinal);
        var (training, validation) = texts.Split(0.5, seed: 1);
        Assert.Equal((1, 1), (training.Count, validation.Count));
        Assert.Throws<ArgumentException>(() => new TaggedTexts("mine", [new TaggedSentence(["a"], [])]));
    }
}
