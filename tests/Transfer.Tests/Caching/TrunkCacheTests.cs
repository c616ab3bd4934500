using Graft.Models;
using Graft.Tensors;

namespace Graft.Transfer.Tests;

public sealed class TrunkCacheTests : IDisposable
{
    private const int Examples = 10, Epochs = 4;

    /// <summary>What is computed to see whether anything may be kept: all of so few examples, and one alone.</summary>
    private const int Probed = Examples + 1;

    private readonly CpuDevice device = new(2);
    private readonly string folder = Directory.CreateTempSubdirectory("graft-rows-").FullName;

    public void Dispose()
    {
        device.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    [Theory]
    [InlineData("middle", TrunkCacheMode.Memory)]
    [InlineData("head", TrunkCacheMode.Memory)]
    [InlineData("head", TrunkCacheMode.Auto)]
    [InlineData("middle", TrunkCacheMode.Disk)]
    [InlineData("head", TrunkCacheMode.Disk)]
    public void Training_above_kept_rows_makes_the_same_bits(string stage, TrunkCacheMode mode)
    {
        var (expected, whole) = Train(new SmallModel(), TrunkCacheMode.Off, stage);
        var (actual, kept) = Train(new SmallModel(), mode, stage);
        Assert.Equal(expected, actual);
        Assert.Equal((Epochs * Examples, 0), (whole.Whole, whole.RowsBelow));
        Assert.Equal((0, Examples + Probed), (kept.Whole, kept.RowsBelow));
    }

    [Fact]
    public void Frozen_epochs_come_from_kept_rows_and_the_others_do_not()
    {
        var (expected, _) = Train(new SmallModel(), TrunkCacheMode.Off, null, static options => options with { FrozenEpochs = 3, Epochs = 2 });
        var (actual, data) = Train(new SmallModel(), TrunkCacheMode.Auto, null, static options => options with { FrozenEpochs = 3, Epochs = 2 });
        Assert.Equal(expected, actual);
        Assert.Equal((2 * Examples, Examples + Probed), (data.Whole, data.RowsBelow));
    }

    [Fact]
    public void A_few_views_are_kept_and_ever_new_ones_are_not()
    {
        var (expected, _) = Train(new SmallModel(), TrunkCacheMode.Off, "head", views: 2);
        var (actual, kept) = Train(new SmallModel(), TrunkCacheMode.Memory, "head", views: 2);
        Assert.Equal(expected, actual);
        Assert.Equal((0, 2 * Examples + Probed), (kept.Whole, kept.RowsBelow));
        var (_, each) = Train(new SmallModel(), TrunkCacheMode.Memory, "head", views: null);
        Assert.Equal((Epochs * Examples, 0), (each.Whole, each.RowsBelow));
    }

    [Theory]
    [InlineData("drops")]
    [InlineData("draws")]
    [InlineData("statistics")]
    [InlineData("batch")]
    [InlineData("learns")]
    public void A_trunk_that_is_not_the_same_each_time_is_run_each_time(string why)
    {
        var (expected, _) = Train(new OddModel(why), TrunkCacheMode.Off, "head", Statistics);
        var (actual, data) = Train(new OddModel(why), TrunkCacheMode.Memory, "head", Statistics);
        Assert.Equal(expected, actual);
        Assert.Equal(Epochs * Examples, data.Whole);

        FineTuneOptions Statistics(FineTuneOptions options) => options with { BatchNorm = why == "statistics" ? BatchNormPolicy.AlwaysBatchStatistics : null };
    }

    [Fact]
    public void Examples_that_cannot_be_read_are_left_out_of_both()
    {
        var (expected, _) = Train(new SmallModel(), TrunkCacheMode.Off, "head", prepare: static data => data.Unreadable.UnionWith([2, 9]));
        var (actual, data) = Train(new SmallModel(), TrunkCacheMode.Memory, "head", prepare: static data => data.Unreadable.UnionWith([2, 9]));
        Assert.Equal(expected, actual);
        Assert.Equal(0, data.Whole);
    }

    [Fact]
    public void Another_run_computes_what_is_new_alone()
    {
        var (expected, _) = Train(new SmallModel(), TrunkCacheMode.Disk, "head");
        string[] files = Files();
        Assert.Single(files);
        var (again, known) = Train(new SmallModel(), TrunkCacheMode.Disk, "head");
        Assert.Equal(expected, again);
        Assert.Equal(Probed, known.RowsBelow);
        Assert.Equal(files, Files());
        // an example is another one now: it is computed again, and the others are not
        Change change = static data => data.Added[4] = 1;
        var (other, changed) = Train(new SmallModel(), TrunkCacheMode.Disk, "head", prepare: change);
        Assert.Equal(Train(new SmallModel(), TrunkCacheMode.Off, "head", prepare: change).Weights, other);
        Assert.Equal(Probed + 1, changed.RowsBelow);
        Assert.Equal(2, Files().Length);
    }

    [Theory]
    [InlineData("conv1.weight")]
    [InlineData("conv2.weight")]
    [InlineData("bn.weight")]
    [InlineData("bn.running_mean")]
    [InlineData("bn.running_var")]
    public void Another_number_below_makes_rows_of_its_own(string name)
    {
        Train(new SmallModel(), TrunkCacheMode.Disk, "head");
        var (expected, _) = Train(Changed(), TrunkCacheMode.Off, "head");
        var (actual, data) = Train(Changed(), TrunkCacheMode.Disk, "head");
        Assert.Equal(expected, actual);
        Assert.Equal(Examples + Probed, data.RowsBelow);
        Assert.Equal(2, Directory.GetDirectories(folder).Length);

        SmallModel Changed()
        {
            var model = new SmallModel();
            var tensor = model.Parameters().Concat(model.Buffers()).Single(one => one.Name == name);
            float[] values = tensor.Value.ToArray();
            values[^1] += 0.25f;
            tensor.Value.CopyFrom(values);
            return model;
        }
    }

    [Fact]
    public void Another_number_above_makes_none()
    {
        Train(new SmallModel(), TrunkCacheMode.Disk, "head");
        var model = new SmallModel();
        model.Parameters().Single(static one => one.Name == "fc.bias").Value.CopyFrom([1f, 2f]);
        Assert.Equal(Probed, Train(model, TrunkCacheMode.Disk, "head").Data.RowsBelow);
        Assert.Single(Directory.GetDirectories(folder));
    }

    [Theory]
    [InlineData(0, 1)]      // the word at its beginning
    [InlineData(40, 1)]     // a row
    [InlineData(-1, 1)]     // the digest
    [InlineData(0, -7)]     // cut off
    public void A_damaged_file_is_no_file(int at, int change)
    {
        var (expected, _) = Train(new SmallModel(), TrunkCacheMode.Disk, "head");
        string file = Assert.Single(Files());
        byte[] bytes = File.ReadAllBytes(file);
        if (change > 0) bytes[at < 0 ? bytes.Length + at : at] ^= (byte)change;
        File.WriteAllBytes(file, bytes[..^Math.Max(0, -change)]);
        var (actual, data) = Train(new SmallModel(), TrunkCacheMode.Disk, "head");
        Assert.Equal(expected, actual);
        Assert.Equal(Examples + Probed, data.RowsBelow);
    }

    [Fact]
    public void Rows_of_something_else_are_found_out()
    {
        var (expected, _) = Train(new SmallModel(), TrunkCacheMode.Disk, "head");
        string file = Assert.Single(Files());
        using (var rows = RowFile.TryOpen(file, 4)!)
        using (var writer = new RowFileWriter(Path.GetDirectoryName(file)!, 4))
        {
            for (int index = 0; index < rows.Count; index++) writer.Add(rows.Content(index), [1f, 2f, 3f, 4f]);
            writer.Commit();
        }
        File.Delete(file);
        var (actual, data) = Train(new SmallModel(), TrunkCacheMode.Disk, "head");
        Assert.Equal(expected, actual);
        Assert.Equal(Examples + Probed, data.RowsBelow);
        Assert.Single(Files());
    }

    [Fact]
    public void What_is_cancelled_leaves_no_half_of_a_file()
    {
        using var source = new CancellationTokenSource();
        var model = new SmallModel();
        var data = new StagedNoise(model, Examples);
        int batches = 0;
        // after the probe (five batches) and a few of the rows
        data.Before = () =>
        {
            if (++batches == 12) source.Cancel();
        };
        var report = new FineTuner(model, device, Options(TrunkCacheMode.Disk, "head")).FineTune(data, cancellation: source.Token);
        Assert.True(report.Interrupted);
        Assert.Equal(0, report.Steps);
        Assert.True(batches >= 12);
        Assert.Empty(Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories));
        Assert.Equal(Train(new SmallModel(), TrunkCacheMode.Off, "head").Weights, Train(new SmallModel(), TrunkCacheMode.Disk, "head").Weights);
    }

    [Fact]
    public void What_was_not_used_for_the_longest_time_goes_where_the_folder_is_full()
    {
        List<string> runs = [];
        foreach (float number in (float[])[1, 2, 3])
        {
            TrainFrom(number, limit: null);
            string file = Assert.Single(Files().Except(runs));
            File.SetLastWriteTimeUtc(file, DateTime.UtcNow.AddDays(number - 9));
            runs.Add(file);
        }
        long size = new FileInfo(runs[0]).Length;
        // the first is used again, so that the second is the oldest
        TrainFrom(1, limit: null);
        double three = (3 * size + size / 2) / (double)(1L << 30);
        TrainFrom(4, three);
        Assert.Equal(3, Files().Length);
        Assert.Equal([true, false, true], runs.Select(File.Exists));
        Assert.Equal(3, Directory.GetDirectories(folder).Length);
        // what a run made itself stays, whatever it takes
        TrainFrom(5, limit: 0);
        Assert.Single(Files());
        Assert.Equal(Probed, TrainFrom(5, limit: 0).RowsBelow);

        StagedNoise TrainFrom(float number, double? limit)
        {
            var model = new SmallModel();
            model.Parameters().Single(static one => one.Name == "conv1.bias").Value.CopyFrom([number, 0, 0, 0]);
            return Train(model, TrunkCacheMode.Disk, "head", options => options with { CacheLimit = limit }).Data;
        }
    }

    private delegate void Change(StagedNoise data);

    private string[] Files() => Directory.GetFiles(folder, "*", SearchOption.AllDirectories);

    private FineTuneOptions Options(TrunkCacheMode mode, string? stage) =>
        new() { Epochs = Epochs, FrozenEpochs = 0, FreezeBelow = stage, LearningRate = 0.1, Cache = mode, CacheFolder = folder };

    private (float[] Weights, StagedNoise Data) Train(
        ImageModel model, TrunkCacheMode mode, string? stage, Func<FineTuneOptions, FineTuneOptions>? with = null, int? views = 1, Change? prepare = null)
    {
        var data = new StagedNoise(model, Examples) { Views = views };
        prepare?.Invoke(data);
        var options = Options(mode, stage);
        new FineTuner(model, device, with?.Invoke(options) ?? options).FineTune(data);
        return ([.. model.Parameters().Concat(model.Buffers()).SelectMany(static tensor => tensor.Value.ToArray())], data);
    }

    /// <summary>A trunk with something in it that forbids to keep what it makes.</summary>
    private sealed class OddModel : ImageModel
    {
        public OddModel(string why) : base("odd")
        {
            Conv2d conv = Add("conv", new Conv2d(3, 4, 3, padding: 1));
            BatchNorm2d norm = Add("norm", new BatchNorm2d(4));
            Dropout dropout = Add("dropout", new Dropout(0.3f));
            Conv2d own = Add("own", new Conv2d(4, 4, 1));
            AddStage("trunk", x =>
            {
                x = norm.Forward(conv.Forward(x));
                if (why == "drops") x = dropout.Forward(x);
                if (why == "draws") x = x.Dropout(0.2f, "own");
                // what an example becomes depends on the others
                if (why == "batch") x = x - x.Mean(0).Reshape([1, 4, 4, 4]);
                if (why == "learns") x = own.Forward(x);
                return x;
            }, conv, norm, dropout);
            Linear fc = Add("fc", new Linear(4, 2));
            AddStage("head", fc.Forward, fc, own);
        }
    }
}
