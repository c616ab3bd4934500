namespace Graft.Text.Tests;

public sealed class ChoiceFileTests : IDisposable
{
    private readonly TextFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Swags_columns_are_known()
    {
        var examples = ChoiceFile.Read(folder.Write("a.csv",
            ",video-id,fold-ind,startphrase,sent1,sent2,gold-source,ending0,ending1,ending2,ending3,label\n"
            + "0,v,1,x,\"She waits, alone.\",She,gold,opens a door.,sings.,eats.,runs.,2\n1,v,2,x,He sits.,He,gold,a,b,,,0\n"));
        Assert.Equal(("She waits, alone.", "She", 2, 2L), (examples[0].Context, examples[0].Question, examples[0].Answer, examples[0].Line));
        Assert.Equal(["opens a door.", "sings.", "eats.", "runs."], examples[0].Choices);
        Assert.Equal(["a", "b"], examples[1].Choices);
    }

    [Fact]
    public void Json_lines_have_a_list()
    {
        var examples = ChoiceFile.Read(folder.Write("a.jsonl",
            "{\"context\": \"c\", \"choices\": [\"x\", \"\\u00e9\"], \"label\": 1}\n{\"label\": \"C\", \"context\": \"d\", \"choices\": [\"x\", \"y\", \"z\"]}\n"));
        Assert.Equal(["x", "é"], examples[0].Choices);
        Assert.Equal([1, 2], examples.Select(static example => example.Answer!.Value));
        Assert.Equal("", examples[0].Question);
    }

    [Fact]
    public void Columns_of_other_names_are_said()
    {
        var columns = new ChoiceColumns { Context = "premise", Question = "ask", Choices = "option", Label = null };
        var example = ChoiceFile.Read(folder.Write("a.tsv", "premise\task\toption1\toption2\nIt rains.\twhy\tso\tthus\n"), columns)[0];
        Assert.Equal(("It rains.", "why", (int?)null), (example.Context, example.Question, example.Answer));
        Assert.Equal(["so", "thus"], example.Choices);
    }

    [Theory]
    [InlineData("context,choice0,choice1,label\na,b,c,2\n", "line 2, column label: '2' is none of the 2 choices: they are counted from 0 to 1, or by letters from A to B")]
    [InlineData("context,choice0,choice1,label\na,b,c,-1\n", "'-1' is none of the 2 choices")]
    [InlineData("context,choice0,choice1,label\na,b,c,\n", "line 2, column label: is empty")]
    [InlineData("context,choice0,choice1,label\na,b,,0\n", "line 2, column choice: has 1 of the two choices")]
    [InlineData("context,choice0,choice1,choice2,label\na,b,,c,0\n", "choice 1 of 3 is empty")]
    [InlineData("context,choices,label\na,b,0\n", "line 2, column choices: is no list of texts")]
    [InlineData("context,answer,label\na,b,0\n", "line 1: no column is known to hold the choices; there are context, answer, label")]
    [InlineData("story,choice0,choice1,label\na,b,c,0\n", "no column is known to hold the contexts")]
    [InlineData("context,choice0,choice1\na,b,c\n", "there is no column 'label'")]
    public void What_cannot_be_used_is_refused_with_its_place(string text, string problem)
    {
        string path = folder.Write("a.csv", text);
        Assert.Contains(problem, Assert.Throws<TextFileException>(() => ChoiceFile.Read(path)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[\"x\", 1]")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("\"x\"")]
    public void A_list_of_something_else_is_no_list_of_texts(string list)
    {
        string path = folder.Write("a.jsonl", $"{{\"context\": \"c\", \"choices\": {list}, \"label\": 0}}\n");
        Assert.Contains("is no list of texts", Assert.Throws<TextFileException>(() => ChoiceFile.Read(path)).Message, StringComparison.Ordinal);
        Assert.Contains("there is neither 'x' nor 'x0'",
            Assert.Throws<TextFileException>(() => ChoiceFile.Read(path, new ChoiceColumns { Choices = "x" })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Rows_are_read_as_they_are_needed()
    {
        using var table = ChoiceFile.Read(TextTable.Open(folder.Write("a.csv", "context,choice0,choice1,label\na,b,c,1\na,b,c,9\n"))).GetEnumerator();
        Assert.True(table.MoveNext());
        Assert.Throws<TextFileException>(() => table.MoveNext());
    }
}
