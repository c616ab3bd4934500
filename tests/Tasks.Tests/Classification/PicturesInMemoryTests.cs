using Graft.Tensors;
using Graft.Transfer;

namespace Graft.Tasks.Tests;

public sealed class PicturesInMemoryTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly CpuDevice device = new(2);

    public void Dispose()
    {
        device.Dispose();
        folder.Dispose();
    }

    [Fact]
    public void A_picture_is_the_same_from_a_file_from_bytes_and_from_a_stream()
    {
        using var classifier = ImageClassifier.FromPretrained(Pictures.Model, Pictures.Weights(folder), device);
        byte[] bytes = Pictures.Ppm(1, 99);
        var expected = classifier.Predict(folder.Write("one.ppm", bytes)).Classes;
        Assert.Equal(expected, classifier.Predict(bytes).Classes);
        Assert.Equal("the picture", classifier.Predict(bytes).Path);
        using var stream = new MemoryStream([0, .. bytes]);
        stream.ReadByte();
        var prediction = classifier.Predict(stream, "upload");
        Assert.Equal(expected, prediction.Classes);
        Assert.Equal("upload", prediction.Path);
        Assert.StartsWith("upload: ", Assert.Throws<ImageException>(() => classifier.Predict("no picture"u8.ToArray(), "upload")).Message, StringComparison.Ordinal);
        Assert.Throws<ImageException>(() => classifier.Predict(Stream.Null));
    }

    [Fact]
    public void Who_asks_is_told_of_what_cannot_be_read_and_gets_the_rest()
    {
        string train = Pictures.Folder(folder, "train", 6, "blue", "green");
        string bad = folder.Write("train/blue/bad.png", "no picture"u8);
        using var classifier = ImageClassifier.FromPretrained(Pictures.Model, Pictures.Weights(folder), device);
        var before = classifier.Model;
        var options = new ImageFineTuneOptions { Recipe = new FineTuneOptions { Epochs = 1 } };
        Assert.Contains(bad, Assert.Throws<ImageException>(() => classifier.FineTune(train, options)).Message, StringComparison.Ordinal);
        Assert.Same(before, classifier.Model);

        var told = new List<ImageException>();
        var report = classifier.FineTune(train, options with { Unreadable = told.Add });
        Assert.Equal(12, report.Epochs[0].Examples);
        Assert.Single(told);
        Assert.Equal(12, classifier.Evaluate(train, told.Add).Examples);
        Assert.Equal(12, classifier.Predict([.. ImageFolder.Pictures(train, new ListingNotes())], told.Add).Count());
        Assert.Equal(3, told.Count);
        Assert.Throws<ImageException>(() => classifier.Evaluate(train));
    }

    /// <summary>A picture that goes while the training runs costs itself, not what was learnt.</summary>
    [Fact]
    public void A_picture_that_is_lost_on_the_way_is_left_out()
    {
        string train = Pictures.Folder(folder, "train", 300, "blue", "green");
        string lost = Path.Combine(train, "blue", "000.ppm");
        using var classifier = ImageClassifier.FromPretrained(Pictures.Model, Pictures.Weights(folder), device);
        var told = new List<string>();
        var options = new ImageFineTuneOptions
        {
            BatchSize = 300,
            Recipe = new FineTuneOptions { Epochs = 0, FrozenEpochs = 2 },
            Unreadable = problem => told.Add(problem.Message),
        };
        // the listing is made and the check is over; the first epoch begins
        var pictures = ImageFolder.Open(train);
        File.Delete(lost);
        var report = classifier.FineTune(pictures, null, options, null, TestContext.Current.CancellationToken);
        Assert.Equal([599, 599], report.Epochs.Select(epoch => epoch.Examples));
        Assert.Contains(lost, Assert.Single(told), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(-0.1f)]
    [InlineData(1f)]
    [InlineData(2f)]
    [InlineData(float.NaN)]
    public void A_smoothing_outside_its_range_is_refused(float smoothing)
    {
        string train = Pictures.Folder(folder, "train", 1, "blue", "green");
        using var classifier = ImageClassifier.FromPretrained(Pictures.Model, Pictures.Weights(folder), device);
        Assert.Throws<ArgumentOutOfRangeException>(() => classifier.FineTune(train, new ImageFineTuneOptions { LabelSmoothing = smoothing }));
    }
}
