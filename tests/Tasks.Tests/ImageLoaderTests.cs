using Graft.Tensors;
using Graft.Testing;

namespace Graft.Tasks.Tests;

public sealed class ImageLoaderTests
{
    private static readonly ImagePreprocessing Small = ImagePreprocessing.Cifar with
    {
        ResizeShorterSide = 12,
        CropSize = new ImageSize(12, 12),
        Augmentation = TrainingAugmentation.Cifar with { CropPadding = 2 },
    };

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Batches_do_not_depend_on_threads_prefetch_or_cache(bool training)
    {
        var source = Pictures(37);
        var options = new ImageLoaderOptions { BatchSize = 8, Training = training, Seed = 5, Workers = 1, CacheBytes = 0 };
        var expected = Collect(source, Small, options, epochs: 2);
        foreach (var (workers, prefetch, cache) in new[] { (2, 1, 1L << 30), (7, 3, 5000L), (3, 50, 0L) })
            Assert.Equal(expected, Collect(source, Small, options with { Workers = workers, Prefetch = prefetch, CacheBytes = cache }, epochs: 2));
    }

    [Fact]
    public void Training_shuffles_anew_each_epoch_and_sees_every_picture()
    {
        using var device = new CpuDevice(1);
        var batches = new ImageLoader(Pictures(37), Small, device, new ImageLoaderOptions { BatchSize = 8, Training = true, Seed = 5 });
        Assert.Equal((5, 37), (batches.Count, batches.Plan.Examples));
        int[] first = Indices(batches, 0), second = Indices(batches, 1);
        Assert.Equal(Enumerable.Range(0, 37), first.Order());
        Assert.NotEqual(first, second);
        Assert.NotEqual(first, first.Order());
        Assert.Equal(first, Indices(batches, 0));
    }

    [Fact]
    public void Otherwise_every_picture_comes_once_in_order_as_prediction_sees_it()
    {
        var source = Pictures(11);
        using var device = new CpuDevice(1);
        var batches = new ImageLoader(source, Small, device, new ImageLoaderOptions { BatchSize = 4 });
        Assert.Equal((3, 11), (batches.Count, batches.Plan.Examples));
        Assert.Equal(Enumerable.Range(0, 11), Indices(batches, 0));
        var transforms = new ImageTransforms(Small);
        var expected = new float[12 * 12 * 3];
        foreach (var batch in batches.Epoch(0, Token))
        {
            Assert.Equal([batch.Count, 3, 12, 12], batch.Images.Shape.ToArray());
            Assert.True(batch.Images.IsChannelsLast);
            for (int i = 0; i < batch.Count; i++)
            {
                int example = batch.Indices[i];
                transforms.Write(transforms.Prepare(source.Load(example), ""), example, 0, expected);
                Assert.Equal(expected, ImageTransforms.Place(batch.Images, i).ToArray());
            }
            batch.Dispose();
        }
    }

    [Fact]
    public void An_only_batch_is_not_dropped()
    {
        using var device = new CpuDevice(1);
        var batches = new ImageLoader(Pictures(3), Small, device, new ImageLoaderOptions { BatchSize = 8, Training = true });
        Assert.Equal((1, 3), (batches.Count, batches.Plan.Examples));
        Assert.Equal([0, 1, 2], Indices(batches, 0).Order());
    }

    [Fact]
    public void Later_epochs_load_nothing_again_and_reuse_the_memory()
    {
        var source = new Watched(Pictures(40));
        using var device = new CpuDevice(1);
        var batches = new ImageLoader(source, Small, device, new ImageLoaderOptions { BatchSize = 8, Training = true, Workers = 3 });
        Indices(batches, 0);
        Assert.Equal(40, source.Loads);
        Indices(batches, 1);
        for (int epoch = 2; epoch < 12; epoch++) Indices(batches, epoch);
        Assert.Equal(40, source.Loads);
        // the batch in hand and two ahead, each of a block of pictures and one of labels; a block is at most an eighth too large
        Assert.InRange(device.BytesTaken, 1, 3 * (8 * 3 * 12 * 12 * 4 * 9 / 8 + 256));
    }

    [Fact]
    public void No_more_is_decoded_than_the_prefetch_allows()
    {
        var source = new Watched(Pictures(64));
        using var device = new CpuDevice(1);
        var batches = new ImageLoader(source, Small, device, new ImageLoaderOptions { BatchSize = 4, Workers = 4, Prefetch = 2, CacheBytes = 0 });
        using var epoch = batches.Epoch(0, Token).GetEnumerator();
        Assert.True(epoch.MoveNext());
        SpinWait.SpinUntil(() => source.Loads >= 12, TimeSpan.FromSeconds(30));
        Thread.Sleep(50);
        Assert.Equal(12, source.Loads); // the batch in hand and two ahead
        epoch.Current.Dispose();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    public void A_bad_picture_is_reported_in_place_of_its_batch(int workers)
    {
        var source = new Watched(Pictures(40)) { Broken = [30, 21, 22] };
        using var device = new CpuDevice(1);
        var batches = new ImageLoader(source, Small, device, new ImageLoaderOptions { BatchSize = 8, Workers = workers });
        int good = 0;
        var thrown = Assert.Throws<ImageException>(() =>
        {
            foreach (var batch in batches.Epoch(0, Token))
            {
                good++;
                batch.Dispose();
            }
        });
        Assert.Equal(2, good);
        Assert.Equal("watched[21]: broken", thrown.Message);
        RequireAllGivenBack(device);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    public void A_bad_picture_costs_itself_alone_where_somebody_is_told(int workers)
    {
        int[] broken = [30, 21, 22, 0, 1, 2, 3];
        var source = new Watched(Pictures(40)) { Broken = broken };
        using var device = new CpuDevice(1);
        var told = new List<int>();
        var options = new ImageLoaderOptions { BatchSize = 4, Workers = workers, Unreadable = (index, problem) => told.Add(problem.Message.Length > 0 ? index : -1) };
        var batches = new ImageLoader(source, Small, device, options);
        Assert.Equal(Enumerable.Range(0, 40).Except(broken), Indices(batches, 0));
        Assert.Equal(broken.Order(), told);

        // what stands around it does not change the others
        var whole = Collect(Pictures(40), Small, options with { Unreadable = null }, 1);
        var rest = Collect(source, Small, options, 1);
        Assert.Equal(whole.Count - broken.Length * (12 * 12 * 3 + 1), rest.Count);
        Assert.Equal(whole[^(12 * 12 * 3 * 4)..], rest[^(12 * 12 * 3 * 4)..]);
        // what is left out gives its memory back: those that are ahead, the one in use and its rest, however the threads come by turns
        for (int epoch = 1; epoch < 6; epoch++) Indices(batches, epoch);
        Assert.InRange(device.BytesTaken, 1, (options.Prefetch + 3) * (4 * 12 * 12 * 3 * 4 * 9 / 8 + 256));
    }

    [Fact]
    public void Leaving_early_stops_the_threads_and_gives_the_memory_back()
    {
        var source = new Watched(Pictures(400));
        using var device = new CpuDevice(1);
        var batches = new ImageLoader(source, Small, device, new ImageLoaderOptions { BatchSize = 4, Workers = 3, CacheBytes = 0 });
        foreach (var batch in batches.Epoch(0, Token))
        {
            batch.Dispose();
            break;
        }
        int loads = source.Loads;
        Thread.Sleep(30);
        Assert.Equal(loads, source.Loads);
        Assert.Equal(0, source.Running);
        RequireAllGivenBack(device);
    }

    [Fact]
    public async Task Cancelling_ends_a_wait_for_a_slow_picture()
    {
        using var hold = new ManualResetEventSlim();
        using var cancel = new CancellationTokenSource();
        var source = new Watched(Pictures(40)) { Hold = hold };
        using var device = new CpuDevice(1);
        var batches = new ImageLoader(source, Small, device, new ImageLoaderOptions { BatchSize = 4, Workers = 2 });
        var consumer = Task.Run(() => Assert.ThrowsAny<OperationCanceledException>(() =>
        {
            foreach (var batch in batches.Epoch(0, cancel.Token)) batch.Dispose();
        }), TestContext.Current.CancellationToken);
        Assert.True(SpinWait.SpinUntil(() => source.Running == 2, TimeSpan.FromSeconds(30)));
        await cancel.CancelAsync();
        hold.Set();
        await consumer.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        Assert.Equal(2, source.Loads);
        RequireAllGivenBack(device);
        Assert.ThrowsAny<OperationCanceledException>(() => batches.Epoch(0, cancel.Token).Count());
    }

    [Fact]
    public void Pictures_of_several_sizes_need_a_size()
    {
        var images = new InMemoryImages("mixed", [new RgbImage(4, 5), new RgbImage(4, 5), new RgbImage(5, 4)]);
        using var device = new CpuDevice(1);
        var batches = new ImageLoader(images, new ImagePreprocessing(), device, new ImageLoaderOptions { BatchSize = 2 });
        var thrown = Assert.Throws<ImageException>(() =>
        {
            foreach (var batch in batches.Epoch(0, Token)) batch.Dispose();
        });
        Assert.Equal("mixed[2]: is 4x5 pixels where mixed[0] is 5x4; set a crop size so that all agree", thrown.Message);
    }

    [Fact]
    public void Impossible_options_are_refused()
    {
        using var device = new CpuDevice(1);
        var good = new ImageLoaderOptions { BatchSize = 1 };
        Assert.Throws<ArgumentException>(() => new ImageLoader(Pictures(0), Small, device, good));
        foreach (var bad in new[] { good with { BatchSize = 0 }, good with { Workers = -1 }, good with { Prefetch = 0 }, good with { CacheBytes = -1 } })
            Assert.Throws<ArgumentOutOfRangeException>(() => new ImageLoader(Pictures(2), Small, device, bad));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ImageLoader(Pictures(2), Small, device, good).Epoch(-1, Token));
    }

    [Fact]
    public void Real_files_make_the_same_batches_with_any_number_of_threads()
    {
        var images = ImageFolder.Open(RealData.Require("cifar10-jpeg/test")).Split(0.1, 1).Validation;
        var options = new ImageLoaderOptions { BatchSize = 64, Training = true, Seed = 9, Workers = 1 };
        Assert.Equal(Collect(images, ImagePreprocessing.Cifar, options, 1), Collect(images, ImagePreprocessing.Cifar, options with { Workers = 4 }, 1));
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static int[] Indices(ImageLoader batches, int epoch)
    {
        var indices = new List<int>();
        foreach (var batch in batches.Epoch(epoch, Token))
        {
            indices.AddRange(batch.Indices);
            batch.Dispose();
        }
        return [.. indices];
    }

    private static List<float> Collect(IImageDataset source, ImagePreprocessing preprocessing, ImageLoaderOptions options, int epochs)
    {
        using var device = new CpuDevice(1);
        var batches = new ImageLoader(source, preprocessing, device, options);
        var all = new List<float>();
        for (int epoch = 0; epoch < epochs; epoch++)
        {
            foreach (var batch in batches.Epoch(epoch, Token))
            {
                all.AddRange(batch.Indices.Select(index => (float)index));
                for (int i = 0; i < batch.Count; i++) all.AddRange(ImageTransforms.Place(batch.Images, i));
                batch.Dispose();
            }
        }
        return all;
    }

    /// <summary>Renting as much as the pool has ever taken takes nothing new, if all of it is back.</summary>
    private static void RequireAllGivenBack(CpuDevice device)
    {
        long taken = device.BytesTaken;
        var rented = new List<DeviceMemory>();
        foreach (long bytes in new[] { 8L * 3 * 12 * 12 * 4, 4L * 3 * 12 * 12 * 4 })
        {
            while (true)
            {
                long before = device.BytesTaken;
                var memory = device.Rent(bytes);
                if (device.BytesTaken != before) break; // that class is used up
                rented.Add(memory);
            }
        }
        Assert.Equal(taken, rented.Sum(memory => memory.Bytes));
    }

    private static InMemoryImages Pictures(int count) => new(
        "noise", [.. Enumerable.Range(0, count).Select(i => GoldenFile.Noise(14 + i % 3, 13 + i % 5, i))]);

    /// <summary>Counts what is loaded, breaks some pictures, holds them back.</summary>
    private sealed class Watched(IImageDataset inner) : IImageDataset
    {
        private int loads;
        private int running;

        public int[] Broken { get; init; } = [];

        public ManualResetEventSlim? Hold { get; init; }

        public int Loads => Volatile.Read(ref loads);

        public int Running => Volatile.Read(ref running);

        public int Count => inner.Count;

        public string Name(int index) => $"watched[{index}]";

        public RgbImage Load(int index)
        {
            Interlocked.Increment(ref loads);
            Interlocked.Increment(ref running);
            try
            {
                Hold?.Wait();
                return Broken.Contains(index) ? throw new ImageException(Name(index), "broken") : inner.Load(index);
            }
            finally
            {
                Interlocked.Decrement(ref running);
            }
        }
    }
}
