using System.Diagnostics;
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
    public void A_classifier_is_adapted_to_texts_of_another_kind()
    {
        string data = Reviews("reviews.tsv"), lines = In("others.txt"), saved = In("adapted");
        File.WriteAllLines(lines, ["good kettle", "awful kettle", "very good kettle", "bad kettle"]);
        string[] line = [
            "fine-tune", "--task", "text-classification", "--model", Encoder, "--data", data, "--text-column", "review", "--label-column", "mood", "--out", saved, "--epochs", "2", .. Quick];
        GraftLine.Run([.. line, "--adapt", "dann"]).AssertFailed(2, "adapts to examples of a target");
        GraftLine.Run([.. line, "--adapt", "fixmatch", "--target", lines]).AssertFailed(2, "is for pictures");
        GraftLine.Run([.. line, "--adapt", "dann", "--target", data + "x"]).AssertFailed(2, "there is no such file");
        var adapted = GraftLine.Run([.. line, "--adapt", "dann", "--target", lines, "--adapt-strength", "0.1", "--held-out", "0.25", "--json"]).AssertDone();
        Assert.Equal("dann", adapted.GetProperty("method").GetString());
        var known = adapted.GetProperty("target");
        Assert.InRange(known.GetProperty("information").GetDouble(), 0, Math.Log(2));
        Assert.True(known.TryGetProperty("expectedError", out _));
        Assert.Contains("dann on ", GraftLine.Run([.. line, "--adapt", "dann", "--target", lines]).Output, StringComparison.Ordinal);
        Assert.Contains("\"adaptation\": \"dann\"", File.ReadAllText(Path.Combine(saved, "graft.json")), StringComparison.Ordinal);
    }

    [Fact]
    public void Adapters_are_trained_put_on_their_base_and_merged()
    {
        string data = Reviews("reviews.tsv"), saved = In("adapted"), merged = In("merged"), lines = In("lines.txt");
        string[] columns = ["--text-column", "review", "--label-column", "mood"];
        var tuned = GraftLine.Run([
            "fine-tune", "--task", "text-classification", "--model", Encoder, "--data", data, .. columns, "--out", saved, "--epochs", "20", "--learning-rate", "0.02",
            "--batch-size", "8", "--adapter", "lora", "--rank", "4", "--target-modules", "query,value", "--json"]).AssertDone();
        Assert.Equal(2 * 2 * 4 * (32 + 32) + 2 * 32 + 2, tuned.GetProperty("trainableParameters").GetInt64());
        Assert.True(File.Exists(Path.Combine(saved, "adapter", "adapter_config.json")));
        File.WriteAllLines(lines, ["the film is good", "the book was awful"]);
        var own = GraftLine.Run("predict", lines, "--model", saved);
        var onBase = GraftLine.Run("predict", lines, "--model", Encoder, "--adapter", saved);
        Assert.Equal((0, own.Output), (onBase.ExitCode, onBase.Output));
        var evaluated = GraftLine.Run(["evaluate", "--model", Encoder, "--adapter", Path.Combine(saved, "adapter"), "--data", data, .. columns, "--json"]).AssertDone();
        Assert.Equal(1, evaluated.GetProperty("accuracy").GetDouble());

        GraftLine.Run("merge", "--model", Encoder, "--adapter", saved, "--out", merged, "--json").AssertDone();
        Assert.False(Directory.Exists(Path.Combine(merged, "adapter")));
        Assert.Equal(own.Output, GraftLine.Run("predict", lines, "--model", merged).Output);
        GraftLine.Run("merge", "--model", merged, "--out", In("twice")).AssertFailed(2, "--adapter");
        GraftLine.Run("predict", lines, "--model", Encoder, "--adapter", In("nowhere")).AssertFailed(2, "nowhere");
        string[] start = ["fine-tune", "--task", "text-classification", "--model", Encoder, "--data", data, .. columns, "--out", In("out")];
        GraftLine.Run([.. start, "--rank", "4"]).AssertFailed(2, "--rank goes with --adapter");
        GraftLine.Run([.. start, "--adapter", "loar"]).AssertFailed(2, "lora");
        GraftLine.Run([.. start, "--adapter", "lora", "--target-modules", "qeury"]).AssertFailed(2, "qeury");
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

    [Fact]
    public void Documents_are_ranked_for_their_queries()
    {
        string data = In("pairs.tsv"), saved = In("ranker");
        string[] queries = ["ada", "bob", "carol", "dora", "the film", "the book", "london", "rome"];
        File.WriteAllLines(data, ["query\tpair\tlabel", .. queries.SelectMany(static query => (string[])
            [$"{query}\tthe cat is bad\t0", $"{query}\tthe cat is good\t1", $"{query}\tan awful dog\t0", $"{query}\ta fine dog\t1"])]);
        var tuned = GraftLine.Run([
            "fine-tune", "--task", "ranking", "--model", Encoder, "--data", data, "--text-column", "query", "--out", saved, "--epochs", "20", "--held-out", "0.25", .. Quick, "--json",
        ]).AssertDone();
        Assert.Equal(1, tuned.GetProperty("validation").GetProperty("mrr@10").GetDouble());
        Assert.Equal(8, tuned.GetProperty("validation").GetProperty("examples").GetInt32());

        var evaluated = GraftLine.Run("evaluate", "--model", saved, "--data", data, "--text-column", "query", "--json").AssertDone();
        Assert.Equal((32, 32), (evaluated.GetProperty("examples").GetInt32(), evaluated.GetProperty("correct").GetInt32()));
        foreach (string figure in (string[])["accuracy", "mrr@10", "map@10", "ndcg@10", "average_precision"]) Assert.Equal(1, evaluated.GetProperty(figure).GetDouble(), 1e-9);
        Assert.True(evaluated.GetProperty("loss").GetDouble() < 0.3);

        string asked = In("asked.tsv");
        File.WriteAllLines(asked, ["query\tanswer", "bob\tbad .", "bob\tgood .", "bob\tthe cat is awful", "ada\tfine"]);
        string[] predict = ["predict", asked, "--model", saved, "--text-column", "query", "--pair-column", "answer"];
        var ranked = GraftLine.Run([.. predict, "--top", "2"]);
        Assert.Equal(0, ranked.ExitCode);
        Assert.StartsWith("bob: 0.9", ranked.Output, StringComparison.Ordinal);
        Assert.EndsWith("good .", ranked.Output.Split('\n')[0], StringComparison.Ordinal);
        Assert.StartsWith("ada: 0.9", ranked.Output.Split('\n')[2], StringComparison.Ordinal);
        var lines = GraftLine.Run([.. predict, "--json"]);
        var first = System.Text.Json.JsonDocument.Parse(lines.Output.Split('\n')[0]).RootElement;
        Assert.Equal(("bob", 1), (first.GetProperty("query").GetString(), first.GetProperty("documents")[0].GetProperty("index").GetInt32()));
        Assert.Equal(3, first.GetProperty("documents").GetArrayLength());

        File.AppendAllText(data, "ada\tfine\t2\n");
        GraftLine.Run("evaluate", "--model", saved, "--data", data, "--text-column", "query").AssertFailed(2, "line 34", "from 0 to 1");
        GraftLine.Run(predict[..^2]).AssertFailed(2, "pair", "answer");
        GraftLine.Run("fine-tune", "--task", "ranking", "--model", Encoder, "--data", data, "--text-column", "query", "--out", In("out")).AssertFailed(2, "line 34");
        Assert.False(Directory.Exists(In("out")));
    }

    [Fact]
    public void One_of_several_choices_is_taken()
    {
        string data = In("choices.csv"), saved = In("answerer");
        File.WriteAllLines(data, ["sent1,sent2,ending0,ending1,ending2,label", .. Enumerable.Range(0, 8).SelectMany(static _ => (string[])
            ["the cat is,red,good,bad,awful,0", "the dog was,blue,awful,good,,1", "a film,is,bad,awful,fine,2", "the book,is,bad,fine,awful,B"])]);
        var tuned = GraftLine.Run([
            "fine-tune", "--task", "multiple-choice", "--model", Encoder, "--data", data, "--validation", data, "--out", saved, "--epochs", "20", .. Quick, "--json"]).AssertDone();
        Assert.Equal(1, tuned.GetProperty("validation").GetProperty("accuracy").GetDouble());
        var evaluated = GraftLine.Run("evaluate", "--model", saved, "--data", data, "--json").AssertDone();
        Assert.Equal((32, 32), (evaluated.GetProperty("examples").GetInt32(), evaluated.GetProperty("correct").GetInt32()));
        Assert.True(evaluated.GetProperty("loss").GetDouble() < 0.3);

        string asked = In("asked.jsonl");
        File.WriteAllText(asked, "{\"story\": \"the sun is\", \"options\": [\"awful\", \"good\"]}\n");
        string[] predict = ["predict", asked, "--model", saved, "--text-column", "story", "--choices-column", "options"];
        var chosen = GraftLine.Run([.. predict, "--json"]).AssertDone();
        Assert.Equal(("the sun is", 1, "good"), (chosen.GetProperty("context").GetString(), chosen.GetProperty("choice").GetInt32(), chosen.GetProperty("text").GetString()));
        Assert.Equal(1, chosen.GetProperty("probabilities").EnumerateArray().Sum(static number => number.GetDouble()), 1e-6);
        Assert.StartsWith("the sun is: good  (", GraftLine.Run(predict).Output, StringComparison.Ordinal);

        File.AppendAllText(data, "a,b,c,d,e,3\n");
        GraftLine.Run("evaluate", "--model", saved, "--data", data).AssertFailed(2, "line 34", "label", "0 to 2");
        GraftLine.Run(predict[..^2]).AssertFailed(2, "hold the choices", "options");
        GraftLine.Run("fine-tune", "--task", "multiple-choise", "--model", Encoder, "--data", data, "--out", In("out")).AssertFailed(2, "multiple-choice");
    }

    [Fact]
    public void Ctrl_C_saves_what_was_learnt_and_before_the_first_step_nothing()
    {
        string data = Reviews("reviews.tsv"), stopped = In("stopped");
        string[] learn = ["fine-tune", "--task", "text-classification", "--model", Encoder, "--data", data, "--text-column", "review", "--label-column", "mood", "--epochs", "30", .. Quick];
        var run = GraftLine.RunUntil("epoch 1/", [.. learn, "--out", stopped, "--json"]);
        var report = run.AssertDone(exitCode: 130);
        Assert.True(report.GetProperty("interrupted").GetBoolean());
        Assert.Equal(4, report.GetProperty("steps").GetInt32());
        Assert.Equal(stopped, report.GetProperty("out").GetString());
        Assert.Contains($"graft: interrupted; what was learnt in 4 steps is saved in {stopped}", run.Error, StringComparison.Ordinal);
        string[] evaluate = ["evaluate", "--model", stopped, "--data", data, "--text-column", "review", "--label-column", "mood", "--json"];
        Assert.Equal(32, GraftLine.Run(evaluate).AssertDone().GetProperty("examples").GetInt32());

        GraftLine.Run(new CancellationToken(canceled: true), [.. learn, "--out", In("never")]).AssertFailed(130, "interrupted");
        Assert.False(Directory.Exists(In("never")));
    }

    [Fact]
    public void A_saved_recipe_is_taken_and_what_is_given_beside_it_counts_before_it()
    {
        string data = Reviews("reviews.tsv");
        string[] learn = ["fine-tune", "--task", "text-classification", "--model", Encoder, "--data", data, "--text-column", "review", "--label-column", "mood", "--json"];
        var first = GraftLine.Run([.. learn, "--out", In("first"), "--epochs", "2", "--held-out", "0.25", "--seed", "3", .. Quick]).AssertDone();
        var second = GraftLine.Run([.. learn, "--out", In("second"), "--recipe", In("first")]).AssertDone();
        Assert.Equal(first.GetProperty("trainingLoss").GetDouble(), second.GetProperty("trainingLoss").GetDouble());
        Assert.Equal(3u, second.GetProperty("seed").GetUInt64());
        Assert.Equal(File.ReadAllBytes(In("first/model.safetensors")), File.ReadAllBytes(In("second/model.safetensors")));

        var third = GraftLine.Run([.. learn, "--out", In("third"), "--recipe", In("first/graft.json"), "--epochs", "1", "--validation", data]).AssertDone();
        Assert.Equal(1, third.GetProperty("epochs").GetArrayLength());
        Assert.Equal(32, third.GetProperty("validation").GetProperty("examples").GetInt32());
        GraftLine.Run([.. learn[..^1], "--out", In("out"), "--recipe", Encoder]).AssertFailed(2, "graft.json");
    }

    [Fact]
    public async Task A_repository_of_the_hub_is_evaluated_and_predicts_by_its_name()
    {
        string data = Reviews("reviews.tsv"), cache = In("cache"), commit = new('a', 40), repository = Path.Combine(cache, "models--somebody--moods");
        string snapshot = Path.Combine(repository, "snapshots", commit);
        GraftLine.Run([
            "fine-tune", "--task", "text-classification", "--model", Encoder, "--data", data, "--text-column", "review", "--label-column", "mood", "--out", snapshot,
            "--epochs", "10", .. Quick]).AssertDoneQuietly();
        Directory.CreateDirectory(Path.Combine(repository, "refs"));
        await File.WriteAllTextAsync(Path.Combine(repository, "refs", "main"), commit, TestContext.Current.CancellationToken);
        string lines = In("lines.txt");
        await File.WriteAllTextAsync(lines, "the book was awful\n", TestContext.Current.CancellationToken);

        var evaluated = await Alone(cache, "evaluate", "--model", "somebody/moods", "--data", data, "--text-column", "review", "--label-column", "mood", "--json");
        Assert.True(evaluated.ExitCode == 0, evaluated.Error);
        Assert.Equal(32, evaluated.Json.GetProperty("examples").GetInt32());
        Assert.StartsWith("the book was awful: bad", (await Alone(cache, "predict", lines, "--model", "somebody/moods")).Output, StringComparison.Ordinal);
        var missing = await Alone(cache, "evaluate", "--model", "somebody/nothing", "--data", data);
        Assert.Equal(1, missing.ExitCode);
        Assert.Contains("somebody/nothing", missing.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pairs_are_classified_from_a_file_and_from_standard_input()
    {
        string data = In("pairs.csv"), saved = In("pairs"), asked = In("asked.csv");
        File.WriteAllLines(data, ["text,pair,label", .. Enumerable.Range(0, 8).SelectMany(static _ => (string[])
            ["the film,is good,yes", "the film,is bad,no", "the book,was fine,yes", "the book,was awful,no"])]);
        GraftLine.Run([
            "fine-tune", "--task", "text-classification", "--model", Encoder, "--data", data, "--pair-column", "pair", "--out", saved, "--epochs", "15", .. Quick]).AssertDoneQuietly();
        File.WriteAllLines(asked, ["text,pair", "the cat,is awful"]);
        string[] predict = ["predict", asked, "--model", saved, "--pair-column", "pair", "--top", "1"];
        string expected = GraftLine.Run(predict).Output;
        Assert.StartsWith("the cat: no ", expected, StringComparison.Ordinal);
        predict[1] = "-";
        var piped = await Alone(folder, "{\"text\": \"the cat\", \"pair\": \"is awful\"}\n", predict);
        Assert.Equal((0, expected), (piped.ExitCode, piped.Output));
    }

    private static Task<GraftLine> Alone(string cache, params string[] args) => Alone(cache, "", args);

    /// <summary>One run in a process of its own, which has the hub's cache in a folder and fetches nothing.</summary>
    private static async Task<GraftLine> Alone(string cache, string input, string[] args)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardError = true, RedirectStandardOutput = true, RedirectStandardInput = true };
        (start.Environment["HF_HUB_CACHE"], start.Environment["HF_HUB_OFFLINE"]) = (cache, "1");
        foreach (string argument in (string[])["exec", Path.Combine(AppContext.BaseDirectory, "graft.dll"), .. args]) start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        string output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return new GraftLine(process.ExitCode, output, await error);
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
