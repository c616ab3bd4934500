using Graft.Testing;

namespace Graft.Tasks.Tests;

public sealed class ImageFolderTests
{
    [Fact]
    public void Lists_classes_and_files_in_torchvisions_order()
    {
        using var folder = new TemporaryFolder();
        // upper case before lower, '-' before '/', a code point above U+FFFF after U+FF21
        string[] files =
        [
            "Zebra/b.PNG", "Zebra/a.jpg", "ant/2.jpeg", "ant/x-y/0.bmp", "ant/x/z/1.webp", "ant/x/9.gif",
            "\uFF21/1.jpg", "\U0001F408/1.jpg", "ant/.hidden.jpg", ".git/config.jpg", "ant/notes.txt", "ant/.cache/1.jpg",
        ];
        foreach (string file in files) folder.Write(file, [1]);
        var images = ImageFolder.Open(folder.Path);
        Assert.Equal(["Zebra", "ant", "\uFF21", "\U0001F408"], images.ClassNames);
        Assert.Equal(
            [
                ("Zebra/a.jpg", 0), ("Zebra/b.PNG", 0), ("ant/2.jpeg", 1), ("ant/x/9.gif", 1), ("ant/x-y/0.bmp", 1), ("ant/x/z/1.webp", 1),
                ("\uFF21/1.jpg", 2), ("\U0001F408/1.jpg", 3),
            ],
            images.Items.Select(item => (Path.GetRelativePath(folder.Path, item.Path).Replace('\\', '/'), item.Label)));
    }

    [Fact]
    public void What_is_wrong_with_a_folder_is_said()
    {
        using var folder = new TemporaryFolder();
        Assert.Contains("there is no such folder", Problem(folder["none/x"]), StringComparison.Ordinal);
        Assert.Contains("is a file", Problem(folder.Write("file.txt", [1])), StringComparison.Ordinal);
        folder.Write("flat/1.jpg", [1]);
        Assert.Contains("sub-folder for each class", Problem(folder["flat/"]), StringComparison.Ordinal);
        Directory.CreateDirectory(folder["bare/x"]);
        Assert.Contains("has no sub-folders", Problem(folder["bare/x"]), StringComparison.Ordinal);
        Assert.Contains("no pictures in its 1 class folder (", Problem(folder["bare/"]), StringComparison.Ordinal);
        folder.Write("some/cat/1.jpg", [1]);
        folder.Write("some/dog/1.txt", [1]);
        Assert.Contains("no pictures of the class dog", Problem(folder["some/"]), StringComparison.Ordinal);

        static string Problem(string path) => Assert.Throws<ImageException>(() => ImageFolder.Open(path)).Message;
    }

    [Fact]
    public void What_systems_leave_is_never_a_class_and_what_is_passed_over_is_said()
    {
        using var folder = new TemporaryFolder();
        string[] foreign = ["__MACOSX", ".ipynb_checkpoints", ".git", "@eaDir", "#recycle", "$RECYCLE.BIN", "System Volume Information", "lost+found"];
        foreach (string name in foreign) folder.Write($"{name}/0.png", [1]);
        foreach (string name in new[] { "a/0.png", "a/._0.png", "a/Thumbs.db", "a/desktop.ini", "a/__MACOSX/1.png", "a/@eaDir/2.png", "a/1.GIF", "b/0.jfif" }) folder.Write(name, [1]);
        Assert.Equal(["a", "b"], ImageFolder.Open(folder.Path).ClassNames);
        Assert.Equal(3, ImageFolder.Open(folder.Path).Count);
        Assert.Empty(ImageFolder.Open(folder.Path).Notes.Lines());

        foreach (string name in new[] { "a/2.tif", "a/3.TIFF", "b/4.heic", "b/notes.txt", "b/README", "loose.png" }) folder.Write(name, [1]);
        Directory.CreateDirectory(folder["empty/x"][..^2]);
        Assert.Contains("no pictures of the class empty", Assert.Throws<ImageException>(() => ImageFolder.Open(folder.Path)).Message, StringComparison.Ordinal);
        var images = ImageFolder.Open(folder.Path, emptyClasses: true);
        Assert.Equal(["a", "b", "empty"], images.ClassNames);
        Assert.Equal(["empty"], images.Notes.EmptyClasses);
        Assert.Equal(
            [
                "no pictures of the class empty",
                "passed over: 3 pictures of kinds that are not read (1 .heic, 1 .tif, 1 .tiff): convert them to JPEG or PNG",
                "passed over: 2 other files (1 without an ending, 1 .txt)",
                "passed over: 1 picture beside the class folders",
            ],
            images.Notes.Lines());
        Assert.Equal(1, images.Notes.Skipped[".tiff"]);
    }

    [Fact]
    public void The_parts_of_a_data_set_are_no_classes()
    {
        using var folder = new TemporaryFolder();
        foreach (string name in new[] { "train/cat/0.png", "train/dog/0.png", "val/cat/0.png", "__MACOSX/0.png" }) folder.Write(name, [1]);
        string message = Assert.Throws<ImageException>(() => ImageFolder.Open(folder.Path)).Message;
        Assert.Contains("the parts of a data set (train, val)", message, StringComparison.Ordinal);
        Assert.EndsWith(Path.Combine(folder.Path, "train"), message, StringComparison.Ordinal);
        Assert.Equal(2, ImageFolder.Open(folder["train/x"][..^2]).Count);
    }

    [Fact]
    public void A_models_classes_number_a_folder_that_lacks_some()
    {
        using var folder = new TemporaryFolder();
        folder.Write("dog/1.jpg", [1]);
        folder.Write("cat/1.jpg", [1]);
        var images = ImageFolder.Open(folder.Path).WithClasses(["dog", "emu", "cat"]);
        Assert.Equal([2, 0], images.Items.Select(item => item.Label));
        Assert.Equal(["dog", "emu", "cat"], images.ClassNames);
        string message = Assert.Throws<ImageException>(() => images.WithClasses(["dog", "goat"])).Message;
        Assert.Contains("does not know the class 'cat'; it knows dog, goat", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Files_of_no_known_class_have_a_negative_label()
    {
        using var folder = new TemporaryFolder();
        string path = folder.Write("a.ppm", "P6 1 1 255\nabc"u8);
        var files = new ImageFiles([path]);
        Assert.Equal((1, path), (files.Count, files.Name(0)));
        Assert.Equal("abc"u8.ToArray(), files.Load(0).Pixels);
    }

    [Fact]
    public void A_link_to_an_ancestor_is_not_followed_for_ever()
    {
        if (OperatingSystem.IsWindows()) Assert.Skip("links need a privilege there");
        using var folder = new TemporaryFolder();
        folder.Write("cat/deep/1.jpg", [1]);
        Directory.CreateSymbolicLink(folder["cat/deep/again"], folder["cat"]);
        Assert.Equal(1, ImageFolder.Open(folder.Path).Count);
    }

    [Theory]
    [InlineData(0.2)]
    [InlineData(0.5)]
    [InlineData(0.001)]
    [InlineData(0.999)]
    public void A_split_is_stratified_and_loses_nothing(double fraction)
    {
        using var folder = new TemporaryFolder();
        int[] counts = [10, 1, 25, 2];
        for (int label = 0; label < counts.Length; label++)
            for (int i = 0; i < counts[label]; i++) folder.Write($"class{label}/{i:D2}.jpg", [1]);
        var images = ImageFolder.Open(folder.Path);
        var (train, validation) = images.Split(fraction, seed: 7);
        Assert.Equal(images.Items.Order(), train.Items.Concat(validation.Items).Order());
        Assert.Equal(images.ClassNames, validation.ClassNames);
        for (int label = 0; label < counts.Length; label++)
        {
            int held = validation.Items.Count(item => item.Label == label);
            Assert.Equal(counts[label] == 1 ? 0 : Math.Clamp((int)Math.Round(counts[label] * fraction), 1, counts[label] - 1), held);
        }
        Assert.Equal(validation.Items, images.Split(fraction, seed: 7).Validation.Items);
        if (fraction == 0.5) Assert.NotEqual(validation.Items, images.Split(fraction, seed: 8).Validation.Items);
        Assert.Throws<ArgumentOutOfRangeException>(() => images.Split(0, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => images.Split(1, 1));
        var few = images.OfEachClass(2, seed: 7);
        Assert.Equal([2, 1, 2, 2], Enumerable.Range(0, counts.Length).Select(label => few.Items.Count(item => item.Label == label)));
        Assert.Equal(few.Items, images.OfEachClass(2, seed: 7).Items);
    }

    [Fact]
    public void The_published_folder_is_read_whole()
    {
        var images = ImageFolder.Open(RealData.Require("cifar10-jpeg/test"));
        Assert.Equal(2000, images.Count);
        Assert.Equal(["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"], images.ClassNames);
    }
}
