using Graft.Autograd;
using Graft.Tensors;
using Graft.Testing;
using Graft.Text;

namespace Graft.Tasks.Tests;

/// <summary>Ranking of documents from a hub's folder to a saved one.</summary>
public sealed class TextRankerTests : TextTaskTests
{
    private static readonly string[] People = ["ada", "bob", "carol", "dora"], Places = ["london", "paris", "rome", "oslo"];
    private static readonly string[] Queries =
    [
        "{0} ?", "{0} works", "the {0}", "where is {0}", "who is {0}", "the cat of {0}", "{0} and the dog", "is {0} red",
        "where works {0}", "in the book of {0}", "not {0}", "where lives {0}",
    ];

    [Fact]
    public void A_ranker_learns_is_saved_as_a_cross_encoders_folder_and_ranks_the_same_again()
    {
        // which of four places goes with which of four persons is no sum of what each says: an encoder whose first layers do nothing learns it slowly
        using var ranker = TextRanker.FromPretrained(Written("\"hidden_size\"", "\"initializer_range\": 0.25, \"hidden_size\""));
        Assert.False(ranker.CanPredict);
        var report = ranker.FineTune(Pairs(Queries[..^1]), Pairs(Queries[^1..]), Quick with { Recipe = Quick.Recipe with { Epochs = 25, LearningRate = 2e-3 } });
        var scores = report.Epochs[^1].Validation!.Metrics;
        // by chance one of four documents is first in 1, 1/2, 1/3, 1/4 of the cases: 0.52
        Assert.True(scores["mrr@10"] >= 0.87 && scores["ndcg@10"] >= 0.9 && scores["map@10"] >= 0.87 && scores["average_precision"] >= 0.8, scores.ToString());
        string[] documents = ["oslo .", "rome .", "london .", "paris ."];
        var ranking = ranker.Rank("where is carol ?", documents);
        Assert.Equal((1, documents[1]), (ranking[0].Index, ranking[0].Text));
        Assert.Equal([0, 1, 2, 3], ranking.Select(static found => found.Index).Order());
        Assert.Equal(ranking.OrderByDescending(static found => found.Score), ranking);
        Assert.All(ranking, found => Assert.Equal(ranker.Score("where is carol ?", found.Text), found.Score, 1e-6));
        Assert.InRange(ranking[0].Score, 0.5, 1);
        Assert.InRange(ranking[1].Score, 0, 0.5);
        Assert.Equal(ranking.Take(2), ranker.Rank("where is carol ?", documents, 2));
        Assert.Empty(ranker.Rank("where is carol ?", []));

        string saved = In("saved");
        ranker.Save(saved);
        Assert.True(TextRanker.IsOne(saved));
        var config = JsonFile.Read(Path.Combine(saved, "config.json"));
        Assert.Equal((1, "multi_label_classification"), (config.Integer("num_labels"), config.Text("problem_type")));
        Assert.Equal("torch.nn.modules.activation.Sigmoid", config.Object("sentence_transformers")!.Value.Text("activation_fn"));
        Assert.Equal(["BertForSequenceClassification"], config.Texts("architectures"));
        using var again = TextRanker.Load(saved);
        Assert.Equal(ranking, again.Rank("where is carol ?", documents));
        Assert.Equal(ranker.Evaluate(Pairs(Queries)).Metrics.All, again.Evaluate(Pairs(Queries)).Metrics.All);
        // what it has learnt is where a further fine-tuning begins
        using var further = TextRanker.FromPretrained(saved);
        var first = further.FineTune(Pairs(Queries[..1]), null, Quick with { Recipe = Quick.Recipe with { Epochs = 1, LearningRate = 1e-6 } });
        Assert.True(first.Epochs[0].Loss < 0.2, $"{first.Epochs[0].Loss}");
    }

    [Fact]
    public void The_loss_is_the_binary_cross_entropy_of_each_pair()
    {
        var source = TextModelSource.FromFolder(Encoder, TextHead.SequenceClassification);
        var model = source.State.Model.Remake(labels: 1, seed: 3);
        model.ProblemType = ProblemTypes.MultiLabel;
        float[] labels = [1, 0, 0.25f];
        var pairs = new LabelledTexts("pairs", [new("good film", "fine book"), new("cat", "the red dog is in rome"), new("sun", "moon")], labels);
        var examples = new LabelledTextExamples(source.State.Inputs, pairs, new TextFineTuneOptions());
        var logits = new float[3];
        double expected = 0;
        for (int pair = 0; pair < 3; pair++)
        {
            using var alone = Pass.Infer(Device.Cpu);
            logits[pair] = model.Forward(alone, source.State.Inputs.Batch(model, [examples[pair]]))["logits"].Value.ToArray()[0];
            double probability = 1 / (1 + Math.Exp(-logits[pair]));
            expected -= (labels[pair] * Math.Log(probability) + (1 - labels[pair]) * Math.Log(1 - probability)) / 3;
        }
        using var pass = Pass.Infer(Device.Cpu);
        Assert.Equal(expected, examples.Loss(model, pass, [2, 0, 1], epoch: 0).Value.ToArray()[0], 1e-6);
        Assert.Equal(expected, TextRankerMetrics.Of(pairs, logits).Loss, 1e-12);
    }

    [Fact]
    public void Figures_are_those_of_the_rules()
    {
        var pairs = new LabelledTexts("pairs", [new("a", "1"), new("a", "2"), new("a", "3"), new("a", "4"), new("b", "1"), new("b", "2"), new("c", "1"), new("c", "2")],
            [0, 1, 0.25f, 1, 1, 0, 1, 1]);
        // a is ranked 1 2 3 4, b is ranked 1 2, and c has nothing to tell apart
        var evaluation = TextRankerMetrics.Of(pairs, [3, 2, 1, -1, 1.5f, -2, 0.5f, 0.25f]);
        Assert.Equal((8, 5), (evaluation.Examples, evaluation.Correct));
        Assert.Equal((0.5 + 1) / 2, evaluation.Metrics["mrr@10"], 1e-12);
        Assert.Equal(((1 / 2d + 2 / 4d) / 2 + 1) / 2, evaluation.Metrics["map@10"], 1e-12);
        double gained = 1 / Math.Log2(3) + 0.25 / Math.Log2(4) + 1 / Math.Log2(5), best = 1 + 1 / Math.Log2(3) + 0.25 / Math.Log2(4);
        Assert.Equal((gained / best + 1) / 2, evaluation.Metrics["ndcg@10"], 1e-12);
        // all pairs together: 0 1 1 .25 1 1 1 0 by their logits 3 2 1.5 1 .5 .25 -1 -2
        Assert.Equal((1 / 2d + 2 / 3d + 3 / 5d + 4 / 6d + 5 / 7d) / 5, evaluation.Metrics["average_precision"], 1e-12);
        var alike = TextRankerMetrics.Of(new LabelledTexts("none", [new("a", "1")], [0f]), [-1]);
        Assert.Equal(["loss", "accuracy"], alike.Metrics.All.Select(static figure => figure.Name));
    }

    [Fact]
    public void A_share_of_the_queries_is_held_out_with_all_of_their_documents()
    {
        using var ranker = TextRanker.FromPretrained(Encoder);
        var report = ranker.FineTune(Pairs(Queries), null, Quick with { HeldOut = 0.25, Recipe = Quick.Recipe with { Epochs = 1 } });
        Assert.Equal((144, 48), (report.Epochs[0].Examples, report.Epochs[0].Validation!.Examples));
        Assert.NotNull(report.Epochs[0].Validation!.Metrics.Find("mrr@10"));
    }

    [Fact]
    public void Published_cross_encoders_are_known_by_their_config()
    {
        string saved = Rescored(null, null);
        Assert.True(TextRanker.IsOne(saved));
        using var sigmoid = TextRanker.Load(saved);
        double logit = Math.Log(sigmoid.Score("ada", "rome") / (1 - sigmoid.Score("ada", "rome")));
        foreach (string key in (string[])["\"sbert_ce_default_activation_function\": \"torch.nn.modules.linear.Identity\"",
            "\"sentence_transformers\": {\"activation_fn\": \"torch.nn.modules.linear.Identity\", \"version\": \"5.0.0\"}"])
        {
            using var plain = TextRanker.Load(Rescored("multi_label_classification", key));
            Assert.Equal(logit, plain.Score("ada", "rome"), 1e-5);
            plain.Save(In("kept"));
            using var again = TextRanker.Load(In("kept"));
            Assert.Equal(plain.Score("ada", "rome"), again.Score("ada", "rome"));
        }
        string odd = Rescored(null, "\"sentence_transformers\": {\"activation_fn\": \"torch.nn.modules.activation.Tanh\"}");
        Assert.Contains("Tanh", Assert.Throws<CheckpointException>(() => TextRanker.Load(odd)).Message, StringComparison.Ordinal);
        Assert.False(TextRanker.IsOne(Rescored("regression", "\"sentence_transformers\": {}")));
        Assert.False(TextRanker.IsOne(Rescored("multi_label_classification", null)));
        Assert.False(TextRanker.IsOne(Encoder));
        Assert.False(TextRanker.IsOne(In("nowhere")));
    }

    [Fact]
    public void What_is_no_ranking_is_refused()
    {
        using var ranker = TextRanker.FromPretrained(Encoder);
        string path = In("odd.tsv");
        File.WriteAllLines(path, ["query\tdocument\tgrade", "a\tb\t1", "a\tc\t3"]);
        var columns = new TextColumns { Text = "query", Pair = "document", Label = "grade" };
        string message = Assert.Throws<TextFileException>(() => ranker.FineTune(path, columns)).Message;
        Assert.Contains("line 3", message, StringComparison.Ordinal);
        Assert.Contains("the label 3", message, StringComparison.Ordinal);
        Assert.Contains("without a document", Assert.Throws<TextFileException>(() => ranker.FineTune(path, columns with { Pair = null })).Message, StringComparison.Ordinal);
        Assert.Contains("classes", Assert.Throws<TextFileException>(
            () => ranker.FineTune(new LabelledTexts("classes", ["no", "yes"], [new("a", "b")], [1]))).Message, StringComparison.Ordinal);
        Assert.Throws<CheckpointException>(() => ranker.Rank("a", ["b"]));
        Assert.Throws<ArgumentException>(() => ranker.FineTune(new LabelledTexts("none", [], Array.Empty<float>())));

        using var classifier = TextClassifier.FromPretrained(Encoder);
        classifier.FineTune(new LabelledTexts("moods", ["bad", "good"], [new("awful"), new("fine")], [0, 1]), null, Quick with { Recipe = Quick.Recipe with { Epochs = 1 } });
        classifier.Save(In("classifier"));
        Assert.False(TextRanker.IsOne(In("classifier")));
        Assert.Contains("2 labels", Assert.Throws<CheckpointException>(() => TextRanker.Load(In("classifier"))).Message, StringComparison.Ordinal);
    }

    /// <summary>A folder with a head of one output, under a config that says of it what is given.</summary>
    private string Rescored(string? problem, string? member) => Written("{\"architectures\": [\"BertModel\"]",
        $"{{{(problem is null ? "" : $"\"problem_type\": \"{problem}\", ")}{(member is null ? "" : member + ", ")}"
        + "\"id2label\": {\"0\": \"LABEL_0\"}, \"label2id\": {\"LABEL_0\": 0}, \"architectures\": [\"BertForSequenceClassification\"]");

    /// <summary>The tiny encoder's folder with another part of its config, and weights for that.</summary>
    private string Written(string part, string instead)
    {
        string folder = TinyEncoder.Write(In($"written{Directory.GetDirectories(In(".")).Length}"), withWeights: false), file = Path.Combine(folder, "config.json");
        Assert.Contains(part, File.ReadAllText(file), StringComparison.Ordinal);
        File.WriteAllText(file, File.ReadAllText(file).Replace(part, instead, StringComparison.Ordinal));
        using var model = PretrainedModel.Create(JsonFile.Read(file), seed: 5);
        model.Save(Path.Combine(folder, "model.safetensors"));
        return folder;
    }

    /// <summary>Each query with a document about each place; that of the person's place is relevant.</summary>
    private static LabelledTexts Pairs(IEnumerable<string> queries)
    {
        var examples = new List<TextExample>();
        var labels = new List<float>();
        foreach (string query in queries)
        {
            for (int person = 0; person < People.Length; person++)
            {
                for (int place = 0; place < Places.Length; place++)
                {
                    examples.Add(new TextExample(string.Format(System.Globalization.CultureInfo.InvariantCulture, query, People[person]), $"{Places[place]} ."));
                    labels.Add(person == place ? 1 : 0);
                }
            }
        }
        return new LabelledTexts("pairs", examples, labels);
    }
}
