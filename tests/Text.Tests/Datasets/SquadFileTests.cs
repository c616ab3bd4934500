namespace Graft.Text.Tests;

public sealed class SquadFileTests : IDisposable
{
    private readonly TextFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Places_are_counted_in_code_points_and_become_those_of_strings()
    {
        const string Context = "a 😀 smiles 😀😀 twice";
        var read = SquadFile.Read(Json($$"""{"context":"{{Context}}","qas":[{{Question("1", "smiles", 4)}},{{Question("2", "twice", 14)}},{{Question("3", "😀", 12)}}]}"""));
        Assert.Equal(["smiles", "twice", "😀"], read.Select(example => Context.Substring(example.Answers[0].Start, example.Answers[0].Text.Length)));
        Assert.Equal([5, 17, 14], read.Select(example => example.Answers[0].Start));
        Assert.False(read[0].IsImpossible);
        Assert.Equal("T", read[0].Title);
    }

    [Fact]
    public void Questions_may_have_several_answers_or_none()
    {
        var read = SquadFile.Read(Json("""
            {"context":"one two","qas":[
            {"id":"1","question":"?","answers":[{"text":"one","answer_start":0},{"text":"two","answer_start":4}],"is_impossible":false},
            {"id":"2","question":"?","answers":[],"is_impossible":true,"plausible_answers":[{"text":"one","answer_start":0}]},
            {"id":"3","question":"?","answers":[]},
            {"id":"4","question":"?"}]}
            """));
        Assert.Equal([2, 0, 0, 0], read.Select(example => example.Answers.Count));
        Assert.Equal([false, true, true, false], read.Select(example => example.IsImpossible));
    }

    [Theory]
    [InlineData("two", 3, "the question '1': its answer 'two' is not at 3 of its context, where ' tw' stands; it is at 4")]
    [InlineData("three", 0, "the question '1': its answer 'three' is not at 0 of its context, where 'one t' stands; the context does not hold it")]
    [InlineData("two", 40, "is not at 40 of its context, where nothing is; it is at 4")]
    [InlineData("two", -1, "is not at -1 of its context")]
    [InlineData("", 0, "has an empty answer")]
    public void An_answer_that_is_elsewhere_is_reported_with_its_question(string text, int start, string message)
    {
        string path = Json($$"""{"context":"one two","qas":[{{Question("1", text, start)}}]}""");
        Assert.Contains(message, Assert.Throws<TextFileException>(() => SquadFile.Read(path)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\"data\":[]}", "holds no question")]
    [InlineData("{}", "the file has no list 'data'")]
    [InlineData("[1]", "the file has no list 'data'")]
    [InlineData("{\"data\":[{\"paragraphs\":[{\"qas\":[]}]}]}", "a paragraph has no text 'context'")]
    [InlineData("{\"data\":\n[", "line 2: is no JSON")]
    [InlineData("", "is no JSON")]
    public void What_is_no_SQuAD_is_refused(string json, string message)
    {
        string path = folder.Write("a.json", json);
        Assert.Contains(message, Assert.Throws<TextFileException>(() => SquadFile.Read(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_id_is_there_once_and_no_answer_is_no_answer()
    {
        string twice = Json($$"""{"context":"one","qas":[{{Question("1", "one", 0)}},{{Question("1", "one", 0)}}]}""");
        Assert.Contains("'1' is there twice", Assert.Throws<TextFileException>(() => SquadFile.Read(twice)).Message, StringComparison.Ordinal);
        string both = Json("""{"context":"one","qas":[{"id":"1","question":"?","answers":[{"text":"one","answer_start":0}],"is_impossible":true}]}""");
        Assert.Contains("is said to have no answer and has 1", Assert.Throws<TextFileException>(() => SquadFile.Read(both)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_written_is_read()
    {
        QuestionExample[] examples =
        [
            new("1", "Who \"so\"?", "é 😀 one", [new AnswerSpan(5, "one")], Title: "A"), new("2", "?", "é 😀 one", [], IsImpossible: true, "A"),
            new("3", "?", "two", [new AnswerSpan(0, "two"), new AnswerSpan(1, "w")], Title: "A"), new("4", "?", "two", [], IsImpossible: true, "B"),
        ];
        string path = folder.Path("out.json");
        SquadFile.Write(path, examples);
        var read = SquadFile.Read(path);
        Assert.Equal(examples.Select(Flat), read.Select(Flat));
        SquadFile.Write(path, []);
        Assert.Contains("holds no question", Assert.Throws<TextFileException>(() => SquadFile.Read(path)).Message, StringComparison.Ordinal);
    }

    private static string Flat(QuestionExample example) =>
        $"{example.Id}|{example.Question}|{example.Context}|{string.Join(",", example.Answers)}|{example.IsImpossible}|{example.Title}";

    private static string Question(string id, string text, int start) =>
        $$"""{"id":"{{id}}","question":"?","answers":[{"text":"{{text}}","answer_start":{{start}}}]}""";

    private string Json(string paragraph) => folder.Write("a.json", $$"""{"version":"1.1","data":[{"title":"T","paragraphs":[{{paragraph}}]}]}""");
}
