using Graft.Testing;
using Graft.Text;

namespace Graft.Tasks.Tests;

/// <summary>Tags of words, answers in a text, embeddings and masked words.</summary>
public sealed class ReadingTests : TextTaskTests
{
    private static readonly string[] People = ["ada", "bob", "carol", "dora"], Places = ["london", "paris", "rome", "oslo"];

    [Fact]
    public void Names_are_found_in_texts_of_any_length()
    {
        using var tagger = TokenClassifier.FromPretrained(Encoder);
        var sentences = new TaggedTexts("names", People.SelectMany(person => Places.Select(place => new TaggedSentence(
            [person, "lives", "in", place, "and", "works", "."], ["B-PER", "O", "O", "B-LOC", "O", "O", "O"]))));
        tagger.FineTune(sentences, null, Quick);
        Assert.Equal(1, tagger.Evaluate(sentences).Metrics["f1"]);

        string text = string.Concat(Enumerable.Repeat("The cat is red. ", 30)) + "Ada lives in Rome.";
        var entities = tagger.Predict(text).Entities;
        Assert.Contains(entities, entity => entity is { Type: "LOC", Text: "Rome" } && text[entity.Start..entity.End] == "Rome");
        tagger.Save(In("tagger"));
        using var again = TokenClassifier.Load(In("tagger"));
        Assert.Equal(entities, again.Predict(text).Entities);
        Assert.Empty(tagger.Predict("").Words);

        // a sentence that takes several pieces has a tag for every word
        var longer = new TaggedTexts("longer", [new TaggedSentence([.. Enumerable.Repeat("sun", 100)], [.. Enumerable.Repeat("O", 100)])]);
        Assert.InRange(tagger.Evaluate(longer).Metrics["accuracy"], 0, 1);
        var odd = Assert.Throws<TextFileException>(() => tagger.Evaluate(new TaggedTexts("odd", [new TaggedSentence(["ada"], ["B-PERS"], 3)])));
        Assert.Contains("B-PER", odd.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Questions_are_answered_in_contexts_of_any_length()
    {
        using var reader = QuestionAnswerer.FromPretrained(Encoder);
        var examples = Questions().ToList();
        reader.FineTune(examples, null, Quick with { Recipe = Quick.Recipe with { Epochs = 40 } });
        var scores = reader.Evaluate(examples).Metrics;
        Assert.True(scores["exact_match"] >= 0.9, scores.ToString());

        string context = string.Concat(Enumerable.Repeat("The cat is red. ", 20)) + "Ada lives in Rome.";
        var answer = reader.Answer("Where is Ada?", context);
        Assert.Equal(context[answer.Start..answer.End], answer.Text);
        Assert.InRange(answer.Probability, 0, 1);
        reader.Save(In("reader"));
        using var again = QuestionAnswerer.Load(In("reader"));
        Assert.Equal(answer, again.Answer("Where is Ada?", context));
        Assert.Equal("", reader.Answer("Where is Ada?", "").Text);
        Assert.NotNull(reader.Answer(string.Concat(Enumerable.Repeat("where ", 500)), context).Text);
        Assert.Equal("", reader.Answer("Where is Ada?", context, new AnswerOptions { NoAnswerThreshold = -1000 }).Text);
    }

    [Fact]
    public void An_answer_at_the_edge_of_windows_is_in_one_of_them()
    {
        var preparation = TextModelSource.FromFolder(Encoder, TextHead.QuestionAnswering).State.Inputs;
        string context = string.Join(' ', Enumerable.Range(0, 200).Select(static number => number % 2 == 0 ? "cat" : "dog"));
        foreach (int word in (int[])[0, 17, 40, 99, 198])
        {
            var answer = new AnswerSpan(word * 4, context.Substring(word * 4, Math.Min(7, context.Length - word * 4)));
            var windows = QuestionWindows.Of(preparation, "where is the cat ?", context, stride: 8);
            Assert.All(windows, window => Assert.InRange(window.Length, 1, preparation.MaximumLength));
            var found = windows.Select(window => (window, Place: QuestionWindows.Find(window, answer))).Where(static one => one.Place is not null).ToList();
            Assert.NotEmpty(found);
            Assert.All(found, one => Assert.Equal(
                answer.Text, context[one.window.Offsets[one.Place!.Value.First].Start..one.window.Offsets[one.Place.Value.Last].End]));
        }
    }

    [Fact]
    public async Task An_embedder_is_one_of_Microsofts_generators_and_learns_from_pairs()
    {
        using var embedder = TextEmbedder.FromPretrained(Encoder);
        Microsoft.Extensions.AI.IEmbeddingGenerator<string, Microsoft.Extensions.AI.Embedding<float>> generator = embedder;
        var generated = await generator.GenerateAsync(["good film", "the sun"], cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(embedder.Embed("the sun"), generated[1].Vector.ToArray());
        Assert.Equal(32, embedder.Dimensions);
        var metadata = (Microsoft.Extensions.AI.EmbeddingGeneratorMetadata)generator.GetService(typeof(Microsoft.Extensions.AI.EmbeddingGeneratorMetadata))!;
        Assert.Equal(32, metadata.DefaultModelDimensions);

        TextExample[] pairs = [new("good", "fine"), new("bad", "awful"), new("sun", "moon"), new("cat", "dog"), new("ada", "bob"), new("rome", "oslo"), new("red", "blue"), new("film", "book")];
        double before = Cosine(embedder, "good", "fine") - Cosine(embedder, "good", "awful");
        embedder.FineTune(pairs, Quick with { Recipe = Quick.Recipe with { Epochs = 20, LearningRate = 2e-3 } });
        double after = Cosine(embedder, "good", "fine") - Cosine(embedder, "good", "awful");
        Assert.True(after > before + 0.2, $"{before} became {after}");
        embedder.Save(In("embedder"));
        using var again = TextEmbedder.Load(In("embedder"));
        Assert.Equal(embedder.Embed("red dog"), again.Embed("red dog"));
        Assert.Throws<ArgumentException>(() => embedder.FineTune([new TextExample("alone")]));
    }

    [Fact]
    public void An_encoder_may_lie_in_a_folder_of_its_own_within_that_of_the_sentence_encoder()
    {
        string outer = In("sentences");
        TinyEncoder.Write(In("sentences/0_Transformer"));
        File.WriteAllText(In("sentences/1_Pooling/config.json"), """{"word_embedding_dimension": 32, "pooling_mode_mean_tokens": true}""");
        File.WriteAllText(In("sentences/modules.json"), """
            [{"idx": 0, "name": "0", "path": "0_Transformer", "type": "sentence_transformers.models.Transformer"},
             {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
             {"idx": 2, "name": "2", "path": "2_Normalize", "type": "sentence_transformers.models.Normalize"}]
            """);
        using var inner = TextEmbedder.FromPretrained(outer);
        using var plain = TextEmbedder.FromPretrained(In("sentences/0_Transformer"));
        Assert.Equal(plain.Embed("the red cat"), inner.Embed("the red cat"));
    }

    [Fact]
    public void A_share_is_held_out_by_every_task_that_can_evaluate_it()
    {
        var options = Quick with { HeldOut = 0.25, Recipe = Quick.Recipe with { Epochs = 1 } };
        using var reader = QuestionAnswerer.FromPretrained(Encoder);
        Assert.Equal(12, reader.FineTune([.. Questions()], null, options).Epochs[0].Validation!.Examples);
        using var language = LanguageModelPretraining.FromPretrained(Encoder);
        Assert.NotNull(language.Train([.. Questions().Select(static question => question.Context)], null, options).Epochs[0].Validation);
        using var embedder = TextEmbedder.FromPretrained(Encoder);
        Assert.Throws<ArgumentException>(() => embedder.FineTune([new TextExample("good", "fine"), new TextExample("bad", "awful")], options));
    }

    [Fact]
    public void A_published_encoder_gives_the_published_embeddings()
    {
        string[] lines = File.ReadAllLines(RealData.Require("published/lines.txt"));
        using var reference = Checkpoint.Open(RealData.Require("published/minilm-l6/reference.safetensors"));
        using var embedder = TextEmbedder.FromPretrained(RealData.RequirePublished("minilm-l6"));
        float[] states = reference["output.last_hidden_state"].ToSingleArray();
        var mask = reference["input.attention_mask"].ToSingleArray();
        int length = reference["input.attention_mask"].Shape[1], width = embedder.Dimensions;
        foreach (var (row, vector) in embedder.Embed(lines).Index())
        {
            var expected = new double[width];
            for (int token = 0; token < length; token++)
                if (mask[row * length + token] == 1)
                    for (int i = 0; i < width; i++) expected[i] += states[(row * length + token) * width + i];
            double norm = Math.Sqrt(expected.Sum(static number => number * number));
            for (int i = 0; i < width; i++) Assert.Equal(expected[i] / norm, vector[i], 1e-5);
        }
    }

    [Fact]
    public void Masked_words_are_learnt_and_help_nobody_who_has_no_mask()
    {
        using var model = LanguageModelPretraining.FromPretrained(Encoder);
        string[] texts = [.. Enumerable.Range(0, 16).SelectMany(_ => People.Select(person => $"{person} lives in {Places[Array.IndexOf(People, person)]} and works ."))];
        var report = model.Train(texts, texts, Quick with { Recipe = Quick.Recipe with { Epochs = 15 } });
        double first = report.Epochs[0].Validation!.Metrics["perplexity"], last = report.Epochs[^1].Validation!.Metrics["perplexity"];
        Assert.True(last < first / 2, $"{first} became {last}");
        model.Save(In("language"));
        // the encoder of the saved folder is what a classifier begins with
        using var classifier = TextClassifier.FromPretrained(In("language"));
        Assert.False(classifier.CanPredict);
        using var again = LanguageModelPretraining.FromPretrained(In("language"));
        Assert.Equal(model.Evaluate(texts).Loss, again.Evaluate(texts).Loss, 1e-9);
        Assert.Throws<ArgumentException>(() => model.Train([]));
    }

    private static double Cosine(TextEmbedder embedder, string first, string second)
    {
        float[] a = embedder.Embed(first), b = embedder.Embed(second);
        double dot = 0, left = 0, right = 0;
        for (int i = 0; i < a.Length; i++)
        {
            dot += a[i] * b[i];
            left += a[i] * a[i];
            right += b[i] * b[i];
        }
        return dot / Math.Sqrt(left * right);
    }

    /// <summary>The place in a sentence among others: one that reads by position alone misses it.</summary>
    private static IEnumerable<QuestionExample> Questions()
    {
        string[] others = ["the cat is red .", "the moon was blue .", "a dog works ."];
        for (int i = 0; i < 48; i++)
        {
            string person = People[i % 4], place = Places[i / 4 % 4], sentence = $"{person} lives in {place} .";
            string context = string.Join(' ', Enumerable.Range(0, 3).Select(at => at == i / 16 ? sentence : others[(i + at) % 3]));
            yield return new QuestionExample($"q{i}", $"where is {person} ?", context, [new AnswerSpan(context.IndexOf(place, StringComparison.Ordinal), place)]);
        }
    }
}
