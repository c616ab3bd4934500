using Graft.Testing;

namespace Graft.Tools.Tests;

/// <summary>Texts on the command line: fine-tuned, evaluated, predicted, embedded, searched and asked.</summary>
public sealed class TextTests : IDisposable
{
    private static readonly string[] Quick = ["--batch-size", "8", "--learning-rate", "0.005", "--rate-decay", "1"];

    private readonly string folder = Directory.CreateTempSubdirectory("graft-tests-").FullName;

    private string Encoder => TinyEncoder.Write(In("encoder"));

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void A_classifier_goes_from_a_hubs_folder_to_predictions()
    {
        string data = Reviews("reviews.tsv"), saved = In("classifier");
        var tuned = GraftLine.Run([
            "fine-tune", "--task", "text-classification", "--model", Encoder, "--data", data, "--text-column", "review", "--label-column", "mood", "--out", saved,
            "--epochs", "20", "--held-out", "0.2", .. Quick, "--json"]).AssertDone();
        Assert.Equal(["bad", "good"], tuned.GetProperty("classes").EnumerateArray().Select(name => name.GetString()));
        Assert.Equal(20, tuned.GetProperty("epochs").GetArrayLength());
        Assert.Equal(1, tuned.GetProperty("validation").GetProperty("accuracy").GetDouble());
        Assert.Equal(saved, tuned.GetProperty("out").GetString());

        var evaluated = GraftLine.Run("evaluate", "--model", saved, "--data", data, "--text-column", "review", "--label-column", "mood", "--json").AssertDone();
        Assert.Equal(32, evaluated.GetProperty("examples").GetInt32());
        Assert.Equal(32, evaluated.GetProperty("correct").GetInt32());
        Assert.Equal(1, evaluated.GetProperty("accuracy").GetDouble());
        Assert.True(evaluated.GetProperty("loss").GetDouble() < 0.3);

        string lines = In("lines.txt");
        File.WriteAllLines(lines, ["the film is good", "the book was awful"]);
        var predicted = GraftLine.Run("predict", lines, "--model", saved, "--top", "1");
        Assert.Equal(0, predicted.ExitCode);
        Assert.StartsWith("the film is good: good 0.9", predicted.Output, StringComparison.Ordinal);
        Assert.Contains("\nthe book was awful: bad 0.9", predicted.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_wrong_is_one_line_with_file_line_and_column()
    {
        string data = Reviews("reviews.tsv"), ragged = In("ragged.tsv");
        File.WriteAllLines(ragged, ["review\tmood", "good film\tgood", "one column alone"]);
        string[] start = ["fine-tune", "--task", "text-classification", "--model", Encoder, "--out", In("out")];
        GraftLine.Run([.. start, "--data", ragged, "--text-column", "review", "--label-column", "mood"]).AssertFailed(2, "ragged.tsv", "line 3");
        GraftLine.Run([.. start, "--data", data, "--text-column", "reviews", "--label-column", "mood"]).AssertFailed(2, "reviews", "review");
        GraftLine.Run([.. start, "--data", In("nowhere.tsv")]).AssertFailed(2, "there is no such file");
        GraftLine.Run([.. start, "--data", data, "--augment", "none"]).AssertFailed(2, "--augment is for pictures");
        GraftLine.Run([.. start, "--data", data, "--text-column", "review", "--label-column", "mood", "--max-length", "1000"]).AssertFailed(2, "48");
        GraftLine.Run("fine-tune", "--model", "resnet18", "--from-scratch", "--data", data, "--out", In("out")).AssertFailed(2, "--task");
        GraftLine.Run("evaluate", "--model", Encoder, "--data", data).AssertFailed(2, "fine-tune it first");
        GraftLine.Run("fine-tune", "--task", "text-classification", "--model", In("empty"), "--data", data, "--out", In("out")).AssertFailed(2, "no folder");
        Assert.False(Directory.Exists(In("out")));
    }

    [Fact]
    public void Texts_are_embedded_and_searched()
    {
        string lines = In("lines.txt"), archive = In("vectors.npz"), index = In("index.safetensors");
        File.WriteAllLines(lines, ["the cat is red", "a dog works", "the sun and the moon"]);
        var embedded = GraftLine.Run("embed", "--model", Encoder, "--data", lines, "--out", archive, "--json").AssertDone();
        Assert.Equal(3, embedded.GetProperty("examples").GetInt32());
        using (var checkpoint = Checkpoint.Open(archive))
        {
            Assert.Equal([3, 32], checkpoint["embeddings"].Shape.ToArray());
            float[] vectors = checkpoint["embeddings"].ToSingleArray();
            Assert.Equal(1, vectors.Take(32).Sum(number => (double)number * number), 1e-5);
        }
        GraftLine.Run("embed", "--model", Encoder, "--data", lines, "--out", index).AssertDoneQuietly();
        var found = GraftLine.Run("neighbours", "a dog works", "--model", Encoder, "--index", index, "--top", "2", "--json").AssertDone();
        Assert.Equal("a dog works", found.GetProperty("neighbours")[0].GetProperty("text").GetString());
        Assert.Equal(1, found.GetProperty("neighbours")[0].GetProperty("score").GetDouble(), 1e-5);
        GraftLine.Run("embed", "--model", Encoder, "--data", lines, "--out", In("vectors.csv")).AssertFailed(2, ".npz");
    }

    [Fact]
    public void Tags_and_questions_have_their_own_files()
    {
        string tags = In("tags.conll");
        File.WriteAllText(tags, string.Concat(Enumerable.Repeat("ada B-PER\nlives O\nin O\nrome B-LOC\n\nbob B-PER\nworks O\n\n", 12)));
        GraftLine.Run(["fine-tune", "--task", "token-classification", "--model", Encoder, "--data", tags, "--out", In("tagger"), "--epochs", "15", .. Quick, "--json"]).AssertDone();
        var evaluated = GraftLine.Run("evaluate", "--model", In("tagger"), "--data", tags, "--json").AssertDone();
        Assert.Equal(1, evaluated.GetProperty("f1").GetDouble());
        string lines = In("lines.txt");
        File.WriteAllText(lines, "Ada lives in Rome\n");
        var entities = GraftLine.Run("predict", lines, "--model", In("tagger"), "--json").AssertDone().GetProperty("entities");
        Assert.Equal(["Ada", "Rome"], entities.EnumerateArray().Select(entity => entity.GetProperty("text").GetString()));

        string questions = In("questions.json");
        File.WriteAllText(questions, """
            {"version": "1.1", "data": [{"title": "t", "paragraphs": [{"context": "ada lives in rome .", "qas": [
              {"id": "1", "question": "where is ada ?", "answers": [{"text": "rome", "answer_start": 13}]},
              {"id": "2", "question": "who lives ?", "answers": [{"text": "ada", "answer_start": 0}]}]}]}]}
            """);
        GraftLine.Run(["fine-tune", "--task", "question-answering", "--model", Encoder, "--data", questions, "--out", In("reader"), "--epochs", "60", .. Quick, "--json"]).AssertDone();
        Assert.Equal(1, GraftLine.Run("evaluate", "--model", In("reader"), "--data", questions, "--json").AssertDone().GetProperty("exact_match").GetDouble());
        string context = In("context.txt");
        File.WriteAllText(context, "ada lives in rome .");
        var answer = GraftLine.Run("answer", "where is ada ?", "--model", In("reader"), "--context", context, "--json").AssertDone();
        Assert.Equal(("rome", 13, 17), (answer.GetProperty("answer").GetString(), answer.GetProperty("start").GetInt32(), answer.GetProperty("end").GetInt32()));
        GraftLine.Run("answer", "who?", "--model", In("tagger"), "--context", context).AssertFailed(2, "question-answering");
    }

    private string Reviews(string name)
    {
        string path = In(name);
        File.WriteAllLines(path, ["mood\treview", .. Enumerable.Range(0, 8).SelectMany(_ => (string[])
            ["good\tthe film is good", "good\tthe book was fine", "bad\tthe film is bad", "bad\tthe book was awful"])]);
        return path;
    }

    private string In(string name) => Path.Combine(folder, name);
}
