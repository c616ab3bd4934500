namespace Graft.Text.Tests;

public sealed class LabelledTextsTests : IDisposable
{
    private static readonly TextColumns Columns = new() { Text = "text", Label = "label" };

    private readonly TextFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Classes_are_those_of_the_file_in_ordinal_order()
    {
        var texts = LabelledTexts.Open(folder.Write("a.csv", "text,label\nc,zebra\nb,apple \na,Zoo\n,apple\n"), Columns);
        Assert.Equal(["Zoo", "apple", "zebra"], texts.ClassNames);
        Assert.Equal([2, 1, 0, 1], Enumerable.Range(0, texts.Count).Select(texts.Class));
        Assert.Equal([1, 2, 1], texts.ClassCounts());
        Assert.Equal(new TextExample("", null, 5), texts[3]);
    }

    [Fact]
    public void A_pair_has_two_columns()
    {
        var texts = LabelledTexts.Open(folder.Write("a.tsv", "q\ta\tlabel\nwhy\tso\t1\n"), new TextColumns { Text = "q", Pair = "a", Label = "label" });
        Assert.Equal(new TextExample("why", "so", 2), texts[0]);
    }

    [Fact]
    public void A_text_may_have_several_classes_or_none()
    {
        var texts = LabelledTexts.Open(folder.Write("a.csv", "text,label\na,news; sport;news\nb,\nc,art\n"), Columns with { Kind = TextLabelKind.MultiLabel });
        Assert.Equal(["art", "news", "sport"], texts.ClassNames);
        Assert.Equal([[1, 2], [], [0]], Enumerable.Range(0, 3).Select(texts.Classes));
        Assert.Throws<InvalidOperationException>(() => texts.Class(0));
    }

    [Fact]
    public void A_text_may_have_a_number()
    {
        var texts = LabelledTexts.Open(folder.Write("a.csv", "text,label\na,3.5\nb,-1e-3\n"), Columns with { Kind = TextLabelKind.Regression });
        Assert.Equal([3.5f, -1e-3f], Enumerable.Range(0, 2).Select(texts.Value));
        string path = folder.Write("b.csv", "text,label\na,\"3,5\"\n");
        var problem = Assert.Throws<TextFileException>(() => LabelledTexts.Open(path, Columns with { Kind = TextLabelKind.Regression }));
        Assert.EndsWith("line 2, column label: '3,5' is no finite number: write it with a point, as 3.5", problem.Message, StringComparison.Ordinal);
        path = folder.Write("c.csv", "text,label\na,NaN\n");
        Assert.Throws<TextFileException>(() => LabelledTexts.Open(path, Columns with { Kind = TextLabelKind.Regression }));
    }

    [Fact]
    public void An_empty_label_and_a_missing_column_are_refused_with_their_place()
    {
        string path = folder.Write("a.csv", "text,label\na,x\nb, \n");
        Assert.EndsWith("line 3, column label: is empty: give each row a label, or leave the row out",
            Assert.Throws<TextFileException>(() => LabelledTexts.Open(path, Columns)).Message, StringComparison.Ordinal);
        Assert.Contains("there is no column 'labels'; there are text, label (nearest: label)",
            Assert.Throws<TextFileException>(() => LabelledTexts.Open(path, Columns with { Label = "labels" })).Message, StringComparison.Ordinal);
        string lines = folder.Write("a.jsonl", "{\"text\":\"a\",\"label\":\"x\"}\n{\"text\":\"a\"}\n");
        Assert.Contains("line 2: there is no column 'label'", Assert.Throws<TextFileException>(() => LabelledTexts.Open(lines, Columns)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_split_takes_its_share_of_each_class_and_repeats_by_its_seed()
    {
        var texts = Drawn();
        var (training, validation) = texts.Split(0.25, seed: 3);
        Assert.Equal([60, 30, 1], training.ClassCounts());
        Assert.Equal([20, 10, 0], validation.ClassCounts());
        Assert.Equal(texts.ClassNames, validation.ClassNames);
        Assert.Equal(Texts(validation), Texts(texts.Split(0.25, seed: 3).Validation));
        Assert.NotEqual(Texts(validation), Texts(texts.Split(0.25, seed: 4).Validation));
        Assert.Equal(Texts(texts).Order(), Texts(training).Concat(Texts(validation)).Order());
        Assert.Equal([5, 5, 1], texts.OfEachClass(5, seed: 1).ClassCounts());
        Assert.Throws<ArgumentOutOfRangeException>(() => texts.Split(1, seed: 3));
    }

    [Fact]
    public void Labels_take_a_models_numbers_by_name()
    {
        var texts = LabelledTexts.Open(folder.Write("a.csv", "text,label\na,negative\nb,positive\n"), Columns);
        var matched = texts.Match(["positive", "neutral", "negative"], out string? note);
        Assert.Null(note);
        Assert.Equal([2, 0], [matched.Class(0), matched.Class(1)]);
        var problem = Assert.Throws<TextFileException>(() => texts.Match(["negative", "positiv"], out _));
        Assert.EndsWith("line 3, column label: the model does not know the label 'positive' (nearest: positiv); it knows negative, positiv", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Classes_without_names_are_matched_by_number_or_by_order()
    {
        string[] unnamed = ["LABEL_0", "LABEL_1", "LABEL_2"];
        var numbers = LabelledTexts.Open(folder.Write("a.csv", "text,label\na,2\nb,0\n"), Columns).Match(unnamed, out string? note);
        Assert.Equal([2, 0], [numbers.Class(0), numbers.Class(1)]);
        Assert.Contains("numbers", note, StringComparison.Ordinal);
        var names = LabelledTexts.Open(folder.Write("b.csv", "text,label\na,z\nb,x\nc,y\n"), Columns).Match(unnamed, out note);
        Assert.Equal([2, 0, 1], [names.Class(0), names.Class(1), names.Class(2)]);
        Assert.Contains("x is class 0", note, StringComparison.Ordinal);
        var two = LabelledTexts.Open(folder.Write("c.csv", "text,label\na,z\nb,x\n"), Columns);
        Assert.Contains("has 2 classes and the model 3", Assert.Throws<TextFileException>(() => two.Match(unnamed, out _)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_programs_own_texts_are_checked()
    {
        Assert.Throws<ArgumentException>(() => new LabelledTexts("mine", ["a"], [new TextExample("x")], [1]));
        Assert.Throws<ArgumentException>(() => new LabelledTexts("mine", ["a"], [new TextExample("x")], Array.Empty<int>()));
        Assert.Equal(2f, new LabelledTexts("mine", [new TextExample("x")], [2f]).Value(0));
    }

    private static LabelledTexts Drawn()
    {
        int[] classes = [.. Enumerable.Range(0, 121).Select(static index => index == 120 ? 2 : index % 3 == 0 ? 1 : 0)];
        return new LabelledTexts("drawn", ["a", "b", "c"], [.. classes.Select(static (_, index) => new TextExample($"t{index}"))], classes);
    }

    private static IEnumerable<string> Texts(LabelledTexts texts) => Enumerable.Range(0, texts.Count).Select(index => texts[index].Text);
}
