using System.IO.Compression;
using Graft.Samples.QuestionAnswering;
using Graft.Testing;
using Graft.Text;

namespace Graft.Samples.Tests;

public class QuestionGeneratorTests
{
    private static readonly QuestionOptions Options = new() { Training = 3000, Test = 500, Sentences = 5, Impossible = 0.2, Seed = 4 };

    [Fact]
    public void Answers_are_where_they_are_said_to_be_and_all_parts_are_asked_for()
    {
        var (training, test) = new QuestionGenerator(Captions(), Options).Generate();
        Assert.Equal((3000, 500), (training.Count, test.Count));
        string path = Path.GetTempFileName();
        try
        {
            SquadFile.Write(path, [.. training, .. test]);
            Assert.Equal(3500, SquadFile.Read(path).Count);
        }
        finally
        {
            File.Delete(path);
        }
        Assert.InRange(training.Count(example => example.IsImpossible), 500, 700);
        // the answer stands in each of the sentences about as often
        var places = training.Where(example => !example.IsImpossible).CountBy(example => example.Context[..example.Answers[0].Start].Count(letter => letter == '.')).ToList();
        Assert.All(Enumerable.Range(0, 5), place => Assert.InRange(places.Where(count => count.Key == place).Sum(count => count.Value), 350, 650));
    }

    [Fact]
    public void Tests_have_sentences_wordings_and_entities_of_their_own()
    {
        var generator = new QuestionGenerator(Captions(), Options with { Impossible = 0 });
        var (training, test) = generator.Generate();
        Assert.Empty(Sentences(training).Intersect(Sentences(test)));
        HashSet<string> learnt = [.. training.Select(Wording)], tested = [.. test.Select(Wording)];
        Assert.Equal((17, 10), (learnt.Count, tested.Count));
        Assert.Empty(learnt.Intersect(tested));
        Assert.Empty(training.Select(Entity).Intersect(test.Select(Entity)));

        // the same seed draws the same questions
        var again = new QuestionGenerator(Captions(), Options with { Impossible = 0 }).Generate();
        Assert.Equal(test.Select(example => example.Question + example.Context), again.Test.Select(example => example.Question + example.Context));
    }

    [Fact]
    public void Sentences_of_another_form_are_left_out()
    {
        Assert.Null(Caption.Parse("You know i am looking like Justin Bieber."));
        var caption = Caption.Parse("A man in a blue shirt is cleaning a window in front of a large house.")!;
        Assert.Equal(("man", "is", "cleaning", "a window", "in front of a large house", "a blue shirt"),
            (caption.Head, caption.Copula, caption.Verb, caption.Thing, caption.Place, caption.Clothes));
        Assert.Throws<ArgumentException>(() => new QuestionGenerator(["A man is eating bread."], Options));
    }

    [Fact]
    public void Parts_of_sentences_are_entities()
    {
        var tagged = CaptionTags.Of(Caption.Parse("A man in a blue shirt is cleaning a window in front of a large house.")!);
        Assert.Equal("B-WHO I-WHO O B-CLOTHES I-CLOTHES I-CLOTHES O O B-THING I-THING B-PLACE I-PLACE I-PLACE I-PLACE I-PLACE I-PLACE", string.Join(' ', tagged.Tags));
        string path = Path.GetTempFileName();
        try
        {
            CaptionTags.Write(path, [tagged, tagged]);
            Assert.All(ConllFile.Read(path), sentence => Assert.Equal(tagged.Words.Zip(tagged.Tags), sentence.Words.Zip(sentence.Tags)));
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static List<string> Captions()
    {
        using var stream = new GZipStream(File.OpenRead(RealData.Require("multi30k/train.en.gz")), CompressionMode.Decompress);
        using var reader = new StreamReader(stream);
        var lines = new List<string>();
        while (reader.ReadLine() is { } line) lines.Add(line);
        return lines;
    }

    private static IEnumerable<string> Sentences(IEnumerable<QuestionExample> examples) =>
        examples.SelectMany(example => example.Context.Split(". ")).Select(sentence => sentence.TrimEnd('.'));

    private static Caption Asked(QuestionExample example)
    {
        string[] sentences = example.Context.Split(". ");
        int place = example.Context[..example.Answers[0].Start].Count(letter => letter == '.');
        return Caption.Parse(sentences[place])!;
    }

    private static QuestionTemplate Template(QuestionExample example) =>
        QuestionTemplate.All.Single(template => template.Ask(Asked(example)) == example.Question && template.Answer(Asked(example)) == example.Answers[0].Text);

    private static string Wording(QuestionExample example) => Template(example).Wording;

    private static string Entity(QuestionExample example) => $"{Template(example).Part} {Template(example).Entity(Asked(example))}";
}
