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
    public void Features_are_the_same_from_a_file_from_bytes_and_from_a_stream()
    {
        using var classifier = ImageClassifier.FromPretrained(Pictures.Model, Pictures.Weights(folder), device);
        byte[] bytes = Pictures.Ppm(1, 99);
        float[] expected = classifier.Features([folder.Write("one.ppm", bytes)]).Single();
        Assert.Equal(expected, classifier.Features(bytes));
        using var stream = new MemoryStream([0, .. bytes]);
        stream.ReadByte();
        Assert.Equal(expected, classifier.Features(stream, "upload"));
        Assert.StartsWith("upload: ", Assert.Throws<ImageException>(() => classifier.Features("no picture"u8.ToArray(), "upload")).Message, StringComparison.Ordinal);
        Assert.Throws<ImageException>(() => classifier.Features(Stream.Null));
    }

    [Fact]
    public void What_is_cancelled_beforehand_is_not_answered()
    {
        using var classifier = ImageClassifier.FromPretrained(Pictures.Model, Pictures.Weights(folder), device);
        byte[] bytes = Pictures.Ppm(1, 99);
        var cancelled = new CancellationToken(canceled: true);
        Assert.ThrowsAny<OperationCanceledException>(() => classifier.Predict(bytes, cancellation: cancelled));
        Assert.ThrowsAny<OperationCanceledException>(() => classifier.Features(bytes, cancellation: cancelled));
        using var stream = new MemoryStream(bytes);
        Assert.ThrowsAny<OperationCanceledException>(() => classifier.Predict(stream, cancellation: cancelled));
        Assert.ThrowsAny<OperationCanceledException>(() => classifier.Features(stream, cancellation: cancelled));
        Assert.Equal(0, stream.Position);
    }

    [Fact]
    public async Task Several_streams_are_answered_together_and_one_without_waiting_for_its_bytes()
    {
        using var classifier = ImageClassifier.FromPretrained(Pictures.Model, Pictures.Weights(folder), device);
        byte[][] files = [.. Enumerable.Range(0, 3).Select(i => Pictures.Ppm(i, i))];
        var together = classifier.Predict([.. files.Select(file => new MemoryStream(file))], TestContext.Current.CancellationToken);
        Assert.Equal(["picture 1", "picture 2", "picture 3"], together.Select(prediction => prediction.Path));
        Assert.Equal(files.SelectMany(file => classifier.Predict(file).Classes), together.SelectMany(prediction => prediction.Classes));
        using var upload = new MemoryStream(files[1]);
        var answer = await classifier.PredictAsync(upload, "upload", TestContext.Current.CancellationToken);
        Assert.Equal(("upload", together[1].Label), (answer.Path, answer.Label));
        var error = await Assert.ThrowsAsync<ImageException>(() => classifier.PredictAsync(Stream.Null, "nothing", TestContext.Current.CancellationToken));
        Assert.StartsWith("nothing: ", error.Message, StringComparison.Ordinal);
    }

    /// <summary>Pictures of a program's own: a table of a database, an archive, whatever can be decoded.</summary>
    [Fact]
    public void A_dataset_of_ones_own_is_learnt_from_and_evaluated_on()
    {
        using var classifier = ImageClassifier.FromPretrained(Pictures.Model, Pictures.Weights(folder), device);
        var table = new Table([.. Enumerable.Range(0, 12).Select(i => Pictures.Ppm(i % 2, i))]);
        var pictures = new LabelledImages("table", ["blue", "green"], table, [.. Enumerable.Range(0, 12).Select(i => i % 2)]);
        var report = classifier.FineTune(pictures, pictures, new ImageFineTuneOptions { Recipe = new FineTuneOptions { Epochs = 2, LearningRate = 0.05 } });
        Assert.Equal(report.Epochs[^1].Validation, classifier.Evaluate(pictures));
        Assert.Equal(table.Name(3), classifier.Predict(table).ElementAt(3).Prediction.Path);
        Assert.Throws<ArgumentException>(() => new LabelledImages("table", ["blue"], table, [.. Enumerable.Range(0, 12).Select(i => i % 2)]));
        Assert.Throws<ArgumentException>(() => new LabelledImages("table", ["blue"], table, [0]));
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

    private sealed class Table(byte[][] rows) : IImageDataset
    {
        public int Count => rows.Length;

        public string Name(int index) => $"row {index}";

        public RgbImage Load(int index) => RgbImage.Decode(rows[index], Name(index));
    }
}
