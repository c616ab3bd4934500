namespace Graft.Text.Tests;

public class TextFileExceptionTests
{
    [Fact]
    public void The_message_names_the_file_the_line_and_the_column()
    {
        var problem = new TextFileException("reviews.tsv", "is empty: give each row a label", line: 7, column: "label");
        Assert.Equal("reviews.tsv, line 7, column label: is empty: give each row a label", problem.Message);
        Assert.Equal("reviews.tsv: holds no row", new TextFileException("reviews.tsv", "holds no row").Message);
    }
}
