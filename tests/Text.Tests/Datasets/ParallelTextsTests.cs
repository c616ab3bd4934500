using System.IO.Compression;
using System.Text;
using Graft.Testing;

namespace Graft.Text.Tests;

public sealed class ParallelTextsTests : IDisposable
{
    private readonly TextFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Two_files_agree_line_by_line_and_empty_sides_are_left_out()
    {
        string german = folder.Write("a.de", "eins\n\nzwei\r\ndrei\n"), english = folder.Write("a.en", "one\nnothing\ntwo\n \n");
        var texts = ParallelTexts.Open(german, english);
        Assert.Equal(["eins", "zwei"], texts.Sources);
        Assert.Equal(["one", "two"], texts.Targets);
        Assert.Equal((2, 2, 3L, german), (texts.Count, texts.LeftOut, texts[1].Line, texts.Source));
        Assert.Equal(("two", "zwei"), (texts.Reversed()[1].Source, texts.Reversed()[1].Target));
        Assert.Equal(4, ParallelTexts.Open(german, english, new ParallelTextOptions { Empty = EmptyTexts.Keep }).Count);
    }

    [Theory]
    [InlineData("a.csv", "id,source,target\n1,\"eins, zwei\",one\n2,drei,three\n")]
    [InlineData("a.tsv", "source\ttarget\neins, zwei\tone\ndrei\tthree\n")]
    [InlineData("a.jsonl", "{\"source\": \"eins, zwei\", \"target\": \"one\"}\n{\"target\": \"three\", \"source\": \"drei\"}\n")]
    public void A_file_has_two_columns(string name, string text)
    {
        Assert.Equal(["eins, zwei", "drei"], ParallelTexts.Open(folder.Write(name, text)).Sources);
        var compressed = ParallelTexts.Open(folder.Write(name + ".gz", Compress(text)));
        Assert.Equal(["one", "three"], compressed.Targets);
        var reversed = ParallelTexts.Open(folder.Path(name), new ParallelTextOptions { Source = "target", Target = "source" });
        Assert.Equal(["one", "three"], reversed.Sources);
    }

    [Fact]
    public void What_cannot_be_used_is_refused_with_its_place()
    {
        string three = folder.Write("a.de", "a\nb\nc\n"), two = folder.Write("a.en", "x\n\n"), none = folder.Write("b.en", "\n \n\n");
        Refused("a.en: ends behind line 2, and", () => ParallelTexts.Open(three, two));
        Refused("a.de has 3: each line has to be the translation", () => ParallelTexts.Open(three, two));
        Refused("a.en: ends behind line 2", () => ParallelTexts.Open(two, three));
        Refused("a.en, line 2, column text: is empty", () => ParallelTexts.Open(two, folder.Write("c.en", "x\ny\n"), new ParallelTextOptions { Empty = EmptyTexts.Refuse }));
        Refused("holds 3 pairs, and each has an empty side", () => ParallelTexts.Open(three, none));
        Refused("is empty", () => ParallelTexts.Open(three, folder.Write("d.en", "")));
        Refused("there is no such file", () => ParallelTexts.Open(three, folder.Path("missing.en")));
        Refused("there is no column 'target'; there are source, goal", () => ParallelTexts.Open(folder.Write("e.csv", "source,goal\na,b\n")));
        Refused("line 3, column target: is empty",
            () => ParallelTexts.Open(folder.Write("f.csv", "source,target\na,b\nc,\n"), new ParallelTextOptions { Empty = EmptyTexts.Refuse }));
        byte[] compressed = Compress(string.Concat(Enumerable.Range(0, 5000).Select(static number => $"line {number * 7919 % 5000}\n")));
        Refused("cannot be read", () => ParallelTexts.Open(folder.Write("g.txt.gz", "no gzip"), folder.Path("g.txt.gz")));
        Refused("g.de.gz", () => ParallelTexts.Open(folder.Write("g.de.gz", compressed[..(compressed.Length / 2)]), folder.Write("g.en.gz", compressed)));
    }

    [Fact]
    public void Parts_are_drawn_by_a_seed()
    {
        var texts = new ParallelTexts("numbers", Enumerable.Range(0, 100).Select(static number => new ParallelExample($"{number}", $"{-number}")));
        var (training, validation) = texts.Split(0.1, 3);
        Assert.Equal((90, 10), (training.Count, validation.Count));
        Assert.Empty(training.Sources.Intersect(validation.Sources));
        Assert.Equal(20, texts.Draw(20, 1).Count);
        Assert.Equal(texts.Draw(20, 1).Sources, texts.Draw(20, 1).Sources);
        Assert.NotEqual(texts.Draw(20, 1).Sources, texts.Draw(20, 2).Sources);
    }

    [Fact]
    public void Published_pairs_are_as_many_as_their_notes_say()
    {
        var training = ParallelTexts.Open(RealData.Require("multi30k/train.de.gz"), RealData.Require("multi30k/train.en.gz"));
        var test = ParallelTexts.Open(RealData.Require("multi30k/test_2016_flickr.de.gz"), RealData.Require("multi30k/test_2016_flickr.en.gz"));
        Assert.Equal((29000, 1000), (training.Count + training.LeftOut, test.Count));
        Assert.Equal("Zwei junge weiße Männer sind im Freien in der Nähe vieler Büsche.", training[0].Source);
    }

    private static byte[] Compress(string text)
    {
        using var stream = new MemoryStream();
        using (var compressor = new GZipStream(stream, CompressionLevel.Fastest)) compressor.Write(Encoding.UTF8.GetBytes(text));
        return stream.ToArray();
    }

    private static void Refused(string problem, Action action) => Assert.Contains(problem, Assert.Throws<TextFileException>(action).Message, StringComparison.Ordinal);
}
