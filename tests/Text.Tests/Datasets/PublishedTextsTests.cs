using System.Text;
using Graft.Testing;

namespace Graft.Text.Tests;

/// <summary>Real sentences, brought from "label, space, words" to tables with a header.</summary>
public sealed class PublishedTextsTests : IDisposable
{
    private readonly TextFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Sentences_of_two_classes_are_read()
    {
        var texts = Open("text/sst2/stsa.binary.train", Encoding.UTF8);
        Assert.Equal((6920, "0", "1"), (texts.Count, texts.ClassNames[0], texts.ClassNames[1]));
        Assert.Equal([3310, 3610], texts.ClassCounts());
        Assert.StartsWith("a stirring , funny", texts[0].Text, StringComparison.Ordinal);
        Assert.Contains("béart", texts[7].Text, StringComparison.Ordinal);
        Assert.Equal([10, 10], texts.OfEachClass(10, seed: 1).ClassCounts());
    }

    [Fact]
    public void A_file_of_another_encoding_is_read_where_that_is_said()
    {
        Assert.Equal((5452, 6), (Open("text/trec/TREC.train.all", Encoding.Latin1).Count, Open("text/trec/TREC.train.all", Encoding.Latin1).ClassNames.Count));
        var problem = Assert.Throws<TextFileException>(() => Open("text/trec/TREC.train.all", encoding: null));
        Assert.Contains("which is no UTF-8: save the file as UTF-8, or name its encoding, often Latin-1", problem.Message, StringComparison.Ordinal);
        Assert.NotNull(problem.Line);
    }

    private LabelledTexts Open(string file, Encoding? encoding)
    {
        var lines = new List<string> { "label\ttext" };
        foreach (string line in File.ReadLines(RealData.Require(file), Encoding.Latin1)) lines.Add(line[0] + "\t" + line[2..]);
        // byte for byte what the file has
        string path = folder.Write("texts.tsv", Encoding.Latin1.GetBytes(string.Join('\n', lines)));
        return LabelledTexts.Open(path, new TextColumns { Text = "text", Label = "label" }, new TextTableOptions { Encoding = encoding, Quotes = false });
    }
}
