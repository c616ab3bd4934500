using System.Text;

namespace Graft.Text.Tests;

public sealed class TextTableTests : IDisposable
{
    private readonly TextFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("\n")]
    [InlineData("\r\n")]
    [InlineData("\r")]
    public void Csv_is_read_as_Excel_writes_it(string end)
    {
        string path = folder.Write("a.csv", string.Join(
            end, "text,label", "plain,1", "\"with, comma\",2", $"\"two{end}lines\",3", "\"said \"\"so\"\"\",4", "5\" disk,5", "\"\",6", "", " ,7"));
        var rows = TextTable.Open(path).ToList();
        Assert.Equal(["plain", "with, comma", $"two{end}lines", "said \"so\"", "5\" disk", "", " "], rows.Select(row => row["text"]));
        Assert.Equal(["1", "2", "3", "4", "5", "6", "7"], rows.Select(row => row["label"]));
        Assert.Equal([2, 3, 4, 6, 7, 8, 10], rows.Select(row => row.Line));
    }

    [Fact]
    public void Semicolons_separate_where_the_header_has_them_alone_and_where_Excel_says_so()
    {
        Assert.Equal(["a, b", "1"], Values(TextTable.Open(folder.Write("a.csv", "text;label\na, b;1\n"))));
        Assert.Equal(["a|b", "1"], Values(TextTable.Open(folder.Write("b.csv", "sep=;\r\ntext;label\r\na|b;1\r\n"))));
        Assert.Equal(3, TextTable.Open(folder.Path("b.csv")).Single().Line);
        Assert.Equal(["a;b", "1"], Values(TextTable.Open(folder.Write("c.csv", "text,label;x\na;b,1\n"))));
        Assert.Equal(["a", "1"], Values(TextTable.Open(folder.Write("d.csv", "text|label\na|1\n"), new TextTableOptions { Separator = '|' })));
    }

    [Fact]
    public void Tsv_has_tabs_and_quotes_are_letters_where_that_is_said()
    {
        string path = folder.Write("a.tsv", "text\tlabel\na \"quoted\" word\t1\n\"one\ttab\"\t2\n");
        Assert.Equal(["a \"quoted\" word", "1", "one\ttab", "2"], Values(TextTable.Open(path)));
        path = folder.Write("b.tsv", "text\tlabel\n\"open\t1\n\"Up\" is good\t2\n");
        Assert.Equal(["\"open", "1", "\"Up\" is good", "2"], Values(TextTable.Open(path, new TextTableOptions { Quotes = false })));
    }

    [Fact]
    public void Json_lines_have_members_by_name()
    {
        string path = folder.Write("a.jsonl", "{\"text\": \"l\\u00e4\\n\", \"label\": 3, \"more\": [1]}\r\n\r\n{\"label\": true, \"text\": null}\n{\"text\":\"x\",\"label\":1.50,\"id\":7}");
        var table = TextTable.Open(path);
        Assert.Equal(["text", "label", "more"], table.Columns);
        var rows = table.ToList();
        Assert.Equal(["lä\n", "", "x"], rows.Select(row => row["text"]));
        Assert.Equal(["3", "true", "1.50"], rows.Select(row => row["label"]));
        Assert.Equal([1, 3, 4], rows.Select(row => row.Line));
        Assert.Equal("7", rows[2].Find("id"));
        Assert.Null(rows[2].Find("more"));
        Assert.Contains("line 1, column more: holds a list or an object", Assert.Throws<TextFileException>(() => rows[0]["more"]).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_plain_file_has_a_text_a_line()
    {
        var rows = TextTable.Open(folder.Write("a.txt", "one\r\n\r\n two, \"three\n")).ToList();
        Assert.Equal(["one", "", " two, \"three"], rows.Select(row => row[TextTable.TextColumn]));
        Assert.Equal([1, 2, 3], rows.Select(row => row.Line));
    }

    [Fact]
    public void Encodings_are_told_by_their_mark_or_by_name()
    {
        const string Text = "text,label\nbéart 😀,1\n";
        foreach (var encoding in new Encoding[] { new UTF8Encoding(true), new UnicodeEncoding(false, true), new UnicodeEncoding(true, true) })
            Assert.Equal(["béart 😀", "1"], Values(TextTable.Open(folder.Write("a.csv", Text, encoding))));
        string latin = folder.Write("b.csv", "text,label\nbéart,1\n", Encoding.Latin1);
        Assert.Equal(["béart", "1"], Values(TextTable.Open(latin, new TextTableOptions { Encoding = Encoding.Latin1 })));
    }

    [Fact]
    public void Letters_that_fall_on_the_edge_of_a_block_are_whole()
    {
        var builder = new StringBuilder("text\n");
        for (int i = 0; i < 40_000; i++) builder.Append('x', i % 7).Append("é😀").Append(i).Append(i % 2 == 0 ? "\r\n" : "\n");
        foreach (var encoding in new Encoding[] { new UTF8Encoding(false), new UnicodeEncoding(false, true) })
        {
            int number = 0;
            foreach (var row in TextTable.Open(folder.Write("a.tsv", builder.ToString(), encoding)))
            {
                Assert.Equal($"{new string('x', number % 7)}é😀{number}", row["text"]);
                Assert.Equal(number + 2, row.Line);
                number++;
            }
            Assert.Equal(40_000, number);
        }
    }

    [Theory]
    [InlineData("a.csv", "text,label\na,1\nb\n", "line 3: expected 2 columns (text, label), found 1")]
    [InlineData("a.csv", "text,label\na,1,2\n", "line 2: expected 2 columns (text, label), found 3; columns are separated by commas: put a text")]
    [InlineData("a.csv", "", "a.csv: is empty")]
    [InlineData("a.csv", "\n\n", "holds no header")]
    [InlineData("a.csv", "text,label\n", "holds no row below its header")]
    [InlineData("a.csv", "text,label,text\na,1,b\n", "line 1: the column 'text' is there twice")]
    [InlineData("a.csv", "text,label\n\"a\nb\",\"open\nc,2\n", "line 3, column label: a quote opens a text here and nothing closes it")]
    [InlineData("a.csv", "text,label\n5\" disk,\"open\nc,2\n", "line 2, column label: a quote opens a text here and nothing closes it")]
    [InlineData("a.csv", "text,label\n\"Up\" is good,2\n", "line 2, column text: text follows the quote that closes this column")]
    [InlineData("a.csv", "text,label\na,1\nb\0,1\n", "line 3: holds a zero byte")]
    [InlineData("a.jsonl", "{\"text\": 1}\n{\"text\": \n", "line 2: is no JSON from its byte")]
    [InlineData("a.jsonl", "[1]\n", "line 1: holds a list where an object belongs")]
    [InlineData("a.jsonl", "{\"a\":1,\"a\":2}\n", "line 1: the column 'a' is there twice")]
    [InlineData("a.jsonl", "\n", "holds no object")]
    [InlineData("a.jsonl", "{\"text\": \"\\ud800\"}\n", "line 1: holds half of a surrogate pair")]
    [InlineData("a.txt", "", "is empty")]
    [InlineData("a.doc", "x", "its ending does not say how it is laid out: call it .csv, .tsv, .jsonl, .ndjson or .txt")]
    public void What_is_wrong_is_said_with_its_place(string name, string text, string message)
    {
        string path = folder.Write(name, text);
        var problem = Assert.Throws<TextFileException>(() => TextTable.Open(path).Count());
        Assert.StartsWith(path, problem.Message, StringComparison.Ordinal);
        Assert.Contains(message, problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_that_are_no_text_are_named_with_their_line_and_what_is_before_is_read()
    {
        string path = folder.Write("a.tsv", [.. "text\tlabel\nà\t1\nb"u8, 0xE9, .. "\t2\n"u8]);
        var problem = Assert.Throws<TextFileException>(() => TextTable.Open(path).Count());
        Assert.Contains("line 3: holds the byte 0xE9, which is no UTF-8", problem.Message, StringComparison.Ordinal);
        Assert.Equal(3, problem.Line);

        path = folder.Write("a.txt", [.. "à\nb"u8, 0xE9, .. "\n"u8]);
        using (var rows = TextTable.Open(path).GetEnumerator())
        {
            Assert.True(rows.MoveNext());
            Assert.Equal(2, Assert.Throws<TextFileException>(() => rows.MoveNext()).Line);
        }
        path = folder.Write("cut.txt", [.. "a\r\nb"u8, 0xC3]);
        Assert.Contains("line 2: holds the byte 0xC3", Assert.Throws<TextFileException>(() => TextTable.Open(path).Count()).Message, StringComparison.Ordinal);
        path = folder.Write("half.txt", [0xFF, 0xFE, (byte)'a', 0, (byte)'\n', 0, 0, 0xD8, (byte)'b', 0]);
        Assert.Contains("line 2: holds bytes that are no text", Assert.Throws<TextFileException>(() => TextTable.Open(path).Count()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_column_is_named_with_those_that_there_are()
    {
        var table = TextTable.Open(folder.Write("a.csv", "sentence,label\na,1\n"));
        string message = Assert.Throws<TextFileException>(() => table.Require("sentences")).Message;
        Assert.EndsWith("line 1: there is no column 'sentences'; there are sentence, label (nearest: sentence)", message, StringComparison.Ordinal);
        message = Assert.Throws<TextFileException>(() => TextTable.Open(folder.Write("b.csv", "text\tlabel\na\t1\n")).Require("text")).Message;
        Assert.Contains("separated by commas, which the header does not have", message, StringComparison.Ordinal);
        Assert.Contains("there is no such file", Assert.Throws<TextFileException>(() => TextTable.Open(folder.Path("c.csv"))).Message, StringComparison.Ordinal);
        Assert.Contains("is a folder", Assert.Throws<TextFileException>(() =>
            TextTable.Open(folder.Root, new TextTableOptions { Format = TextTableFormat.Csv })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_stream_is_read_once()
    {
        var table = TextTable.Read(new MemoryStream("text,label\na,1\nb,2\n"u8.ToArray()), "standard input", TextTableFormat.Csv);
        Assert.Equal(["a", "b"], table.Select(row => row["text"]));
        Assert.Throws<InvalidOperationException>(() => table.Count());
    }

    private static IEnumerable<string> Values(TextTable table) => table.SelectMany(row => table.Columns.Select(column => row[column]));
}
