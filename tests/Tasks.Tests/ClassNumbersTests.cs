namespace Graft.Tasks.Tests;

public sealed class ClassNumbersTests
{
    private static readonly string[] Cifar = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];

    [Theory]
    [InlineData("Truck", "truck")]
    [InlineData("TRUCK", "truck")]
    [InlineData("trucks", "truck")]
    [InlineData("truck ", "truck")]
    [InlineData("plane", "airplane")]
    [InlineData("air plane", "airplane")]
    [InlineData("air_plane", "airplane")]
    [InlineData("09_truck", "truck")]
    [InlineData("9-truck", "truck")]
    [InlineData("auto", "automobile")]
    [InlineData("hrose", "horse")]
    [InlineData("birds", "bird")]
    public void A_class_under_another_name_is_refused_with_the_nearest(string folderName, string nearest)
    {
        string message = Refusal(["bird ", "cat", folderName], Cifar);
        Assert.Contains($"'{folderName}' (the nearest is '{nearest}'", message, StringComparison.Ordinal);
        Assert.Contains("it knows airplane, automobile", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("car", "cat")]
    [InlineData("0", null)]
    [InlineData("zebra", null)]
    public void What_is_nothing_like_any_class_has_no_nearest_one(string folderName, string? nearest)
    {
        string message = Refusal([folderName], Cifar);
        Assert.Equal(nearest is null, !message.Contains("nearest", StringComparison.Ordinal));
        Assert.Contains($"'{folderName}'", message, StringComparison.Ordinal);
    }

    /// <summary>A Mac writes the accent as a sign of its own; on a screen nobody sees it.</summary>
    [Fact]
    public void Two_forms_of_the_same_letters_are_told_apart_in_words()
    {
        Assert.Contains("in another form of Unicode", Refusal(["cafe\u0301"], ["caf\u00e9", "bar"]), StringComparison.Ordinal);
        Assert.Contains("with other spaces", Refusal(["bar\u00a0"], ["caf\u00e9", "bar"]), StringComparison.Ordinal);
    }

    [Fact]
    public void Names_are_matched_whatever_their_order_and_an_empty_class_may_be_called_anything()
    {
        var pictures = Set([1, 0, 1], "dog", "cat", "nothing in it");
        var known = ClassNumbers.Match(pictures, Cifar, out string? note);
        Assert.Null(note);
        Assert.Equal([3, 5, 3], known.Items.Select(item => item.Label));
        Assert.Equal(Cifar, known.ClassNames);
    }

    [Fact]
    public void Only_classes_without_names_are_matched_by_order_and_it_is_said()
    {
        string[] unnamed = ["LABEL_0", "LABEL_1"];
        var known = ClassNumbers.Match(Set([1, 0], "cat", "dog"), unnamed, out string? note);
        Assert.Equal([1, 0], known.Items.Select(item => item.Label));
        Assert.Contains("in order: cat is class 0, dog is class 1", note, StringComparison.Ordinal);
        Assert.Equal([1, 1], ClassNumbers.Match(Set([0, 0], "LABEL_1"), unnamed, out note).Items.Select(item => item.Label));
        Assert.Null(note);
        Assert.Equal([0, 1], ClassNumbers.Match(Set([0, 2], "a", "empty", "b"), unnamed, out _).Items.Select(item => item.Label));
        string message = Assert.Throws<ImageException>(() => ClassNumbers.Match(Set([0, 1, 2], "a", "b", "c"), unnamed, out _)).Message;
        Assert.Contains("has 3 classes and the model 2", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Folders_by_the_ids_of_WordNet_are_ImageNets_classes_in_order()
    {
        var names = ModelRegistry.Pretrained("resnet50").ClassNames!;
        Assert.Equal((1000, 1000, "tench", "golden retriever", "toilet tissue"), (names.Count, names.Distinct().Count(), names[0], names[207], names[999]));
        string[] ids = [.. Enumerable.Range(0, 1000).Select(number => $"n{1440764 + 17 * number:00000000}")];
        var known = ClassNumbers.Match(Set([207, 0], ids), names, out string? note);
        Assert.Equal([207, 0], known.Items.Select(item => item.Label));
        Assert.Contains("WordNet", note, StringComparison.Ordinal);
        Assert.Contains("does not know the class n01440764", Refusal(["n01440764"], [.. names]).Replace("'", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ResNet18", "resnet18")]
    [InlineData("resnet-18", "resnet18")]
    [InlineData("resnet_50", "resnet50")]
    [InlineData("cifar_resnet20", "cifar-resnet20")]
    [InlineData("wide-resnet50-2", "wide_resnet50_2")]
    [InlineData("alex-net", "alexnet")]
    [InlineData("yolov8n", null)]
    public void Names_of_models_are_found(string wanted, string? nearest) => Assert.Equal(nearest, NearName.Find(wanted, ModelRegistry.Names));

    private static string Refusal(string[] folder, string[] known) =>
        Assert.Throws<ImageException>(() => ClassNumbers.Match(Set([.. Enumerable.Range(0, folder.Length)], folder), known, out _)).Message;

    private static LabelledImages Set(int[] labels, params string[] names) =>
        new("pictures", names, new ImageFiles([.. labels.Select(label => $"{label}.png")]), labels);
}
