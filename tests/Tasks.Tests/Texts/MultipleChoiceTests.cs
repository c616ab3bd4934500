using Graft.Autograd;
using Graft.Tensors;
using Graft.Text;

namespace Graft.Tasks.Tests;

/// <summary>Multiple choice from a hub's folder to a saved one.</summary>
public sealed class MultipleChoiceTests : TextTaskTests
{
    private static readonly string[] People = ["ada", "bob", "carol", "dora"], Places = ["london", "paris", "rome", "oslo"];

    [Fact]
    public void An_answerer_learns_is_saved_as_a_folder_of_the_hub_and_chooses_the_same_again()
    {
        using var answerer = MultipleChoiceAnswerer.FromPretrained(Encoder);
        Assert.False(answerer.CanPredict);
        ChoiceExample[] training = [.. Examples(["the cat is red .", "the dog was blue ."])], heldOut = [.. Examples(["the sun is good ."])];
        var report = answerer.FineTune(training, heldOut, Quick);
        Assert.True(report.Epochs[^1].Validation!.Accuracy >= 0.95, $"{report.Epochs[^1].Validation!.Accuracy}");
        string[] choices = ["oslo", "paris", "london"];
        var chosen = answerer.Predict("the moon is red .", choices, "bob lives in");
        Assert.Equal((1, "paris"), (chosen.Index, chosen.Text));
        Assert.Equal(1, chosen.Probabilities.Sum(), 1e-9);
        Assert.Equal(chosen.Probabilities[1], chosen.Probability);

        string saved = In("saved");
        answerer.Save(saved);
        Assert.Equal(TextHead.MultipleChoice, PretrainedModel.HeadOf(saved));
        Assert.Equal(["BertForMultipleChoice"], JsonFile.Read(Path.Combine(saved, "config.json")).Texts("architectures"));
        using var again = MultipleChoiceAnswerer.Load(saved);
        Assert.Equal(chosen.Probabilities, again.Predict("the moon is red .", choices, "bob lives in").Probabilities);
        Assert.Equal(answerer.Evaluate(heldOut).Metrics.All, again.Evaluate(heldOut).Metrics.All);
        Assert.Equal(answerer.Recipe, again.Recipe);
    }

    [Fact]
    public void The_loss_is_the_cross_entropy_among_the_choices_of_each_example()
    {
        var source = TextModelSource.FromFolder(Encoder, TextHead.MultipleChoice, seed: 3);
        var model = source.State.Model;
        ChoiceExample[] examples =
        [
            new("the cat", ["red", "is blue .", "works in rome"], 1), new("ada", ["lives", "works"], 0, "and bob"), new("where ?", ["london", "paris", "rome", "oslo"], 3),
            new("the dog", ["good film", "awful"], 1),
        ];
        double expected = 0, logarithms = 0;
        foreach (var example in examples)
        {
            double[] logits = Array.ConvertAll(ChoiceExamples.Encode(source.State.Inputs, example), choice =>
            {
                using var alone = Pass.Infer(Device.Cpu);
                return (double)model.Forward(alone, source.State.Inputs.Batch(model, [choice]))["logits"].Value.ToArray()[0];
            });
            expected += (Math.Log(logits.Sum(Math.Exp)) - logits[example.Answer!.Value]) / examples.Length;
            logarithms += Math.Log(logits.Length) / examples.Length;
        }
        var learnt = new ChoiceExamples(source.State.Inputs, examples);
        using var pass = Pass.Infer(Device.Cpu);
        Assert.Equal(expected, learnt.Loss(model, pass, [3, 1, 0, 2], epoch: 0).Value.ToArray()[0], 1e-6);
        Assert.NotEqual(logarithms, expected, 1e-6);
    }

    [Fact]
    public void Questions_stand_before_each_choice_and_long_contexts_lose_their_end()
    {
        var preparation = TextModelSource.FromFolder(Encoder, TextHead.MultipleChoice).State.Inputs;
        var tokens = ChoiceExamples.Encode(preparation, new ChoiceExample("the sun", ["red", "blue"], Question: "the moon is"));
        Assert.Equal("[CLS] the sun [SEP] the moon is blue [SEP]", preparation.Tokeniser.Decode(tokens[1].Ids));
        var longer = ChoiceExamples.Encode(preparation, new ChoiceExample(string.Join(' ', Enumerable.Repeat("cat", 200)), ["red", "blue"]));
        Assert.All(longer, choice => Assert.Equal(preparation.MaximumLength, choice.Length));
        Assert.EndsWith("[SEP] blue [SEP]", preparation.Tokeniser.Decode(longer[1].Ids), StringComparison.Ordinal);
    }

    [Fact]
    public void Examples_are_read_as_they_are_needed_and_have_the_same_answer_among_others()
    {
        using var answerer = MultipleChoiceAnswerer.FromPretrained(Encoder);
        answerer.FineTune([.. Examples(["the cat ."])], null, Quick with { Recipe = Quick.Recipe with { Epochs = 1 } });
        int read = 0;
        IEnumerable<ChoiceExample> Endless()
        {
            while (true) yield return new ChoiceExample("ada", [.. Places.Take(2 + read++ % 3)], Question: "lives in");
        }
        var predictions = answerer.Predict(Endless()).Take(5).ToList();
        Assert.InRange(read, 5, 4096);
        Assert.Equal([2, 3, 4, 2, 3], predictions.Select(static one => one.Probabilities.Count));
        foreach (var prediction in predictions)
        {
            var alone = answerer.Predict("ada", [.. Places.Take(prediction.Probabilities.Count)], "lives in");
            for (int choice = 0; choice < alone.Probabilities.Count; choice++) Assert.Equal(alone.Probabilities[choice], prediction.Probabilities[choice], 1e-5);
        }
        Assert.InRange(answerer.Predict("", ["", "\ud83d"]).Probability, 0.5, 1);
    }

    [Fact]
    public void What_is_no_choice_is_refused_and_a_share_is_held_out()
    {
        using var answerer = MultipleChoiceAnswerer.FromPretrained(Encoder);
        Assert.Throws<CheckpointException>(() => answerer.Predict("a", ["b", "c"]));
        Assert.Contains("example 1 does not say", Assert.Throws<ArgumentException>(() => answerer.FineTune([new("a", ["b", "c"])])).Message, StringComparison.Ordinal);
        Assert.Contains("0 to 1", Assert.Throws<ArgumentException>(() => answerer.FineTune([new("a", ["b", "c"], 2)])).Message, StringComparison.Ordinal);
        Assert.Contains("1 choices", Assert.Throws<ArgumentException>(() => answerer.FineTune([new("a", ["b"], 0)])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => answerer.FineTune([]));
        var report = answerer.FineTune([.. Examples(["the cat ."])], null, Quick with { HeldOut = 0.25, Recipe = Quick.Recipe with { Epochs = 1 } });
        Assert.Equal((12, 4), (report.Epochs[0].Examples, report.Epochs[0].Validation!.Examples));
    }

    /// <summary>Where each person lives, of two to four places in changing order.</summary>
    private static IEnumerable<ChoiceExample> Examples(string[] contexts)
    {
        foreach (string context in contexts)
        {
            for (int i = 0; i < 16; i++)
            {
                int person = i % 4, answer = i / 4 % 2;
                string[] others = [.. Places.Where((_, place) => place != person)];
                var choices = others.Skip(i % 2).Take(1 + i % 3).ToList();
                answer = Math.Min(answer, choices.Count);
                choices.Insert(answer, Places[person]);
                yield return new ChoiceExample(context, choices, answer, $"{People[person]} lives in");
            }
        }
    }
}
