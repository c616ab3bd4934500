using Graft.Models;
using Graft.Tensors;

namespace Graft.Transfer.Tests;

/// <summary>What is kept, what is removed, and what is refused.</summary>
public sealed class CheckpointFolderTests : IDisposable
{
    private readonly CpuDevice device = new(1);
    private readonly string folder = Path.Combine(Directory.CreateTempSubdirectory("graft-tests-").FullName, "checkpoints");

    public void Dispose()
    {
        device.Dispose();
        Directory.Delete(Path.GetDirectoryName(folder)!, recursive: true);
    }

    [Fact]
    public void The_last_ones_and_the_best_are_kept()
    {
        double[] losses = [0.5, 0.2, 0.4, 0.3, 0.6];
        Train(new TrainingCheckpoints(folder) { EveryEpoch = true, Keep = 2 }, epochs: 5, loss: epoch => losses[epoch]);
        Assert.Equal(["step-00000006.safetensors", "step-00000012.safetensors", "step-00000015.safetensors"], Files());
        Train(new TrainingCheckpoints(folder) { EveryEpoch = true, Keep = 1, LargerIsBetter = true }, epochs: 5, loss: epoch => losses[epoch]);
        Assert.Equal(["step-00000015.safetensors"], Files());
    }

    [Fact]
    public void One_is_written_after_so_many_steps_or_so_much_time()
    {
        Train(new TrainingCheckpoints(folder) { EverySteps = 2, Keep = 10 });
        Assert.Equal(["step-00000002.safetensors", "step-00000004.safetensors", "step-00000006.safetensors"], Files());
        Train(new TrainingCheckpoints(folder) { Every = TimeSpan.Zero, Keep = 10 });
        Assert.Equal(6, Files().Count(static file => file.EndsWith(".safetensors", StringComparison.Ordinal)));
        new TrainingCheckpoints(folder).Clear();
        Assert.False(Directory.Exists(folder));
        Train(new TrainingCheckpoints(folder));
        Assert.False(Directory.Exists(folder));
    }

    /// <summary>Cut at any place or with any byte changed it is not taken, and the one before is.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(20)]
    [InlineData(-1)]
    [InlineData(-40)]
    public void Of_a_damaged_one_the_one_before_is_taken(int at)
    {
        var settings = new TrainingCheckpoints(folder) { EverySteps = 1, Keep = 3 };
        Train(settings);
        string newest = Path.Combine(folder, "step-00000006.safetensors");
        byte[] whole = File.ReadAllBytes(newest), damaged = [.. whole];
        damaged[at < 0 ? damaged.Length + at : at] ^= 1;
        foreach (byte[] bytes in (byte[][])[damaged, whole[..^1], whole[..(whole.Length / 2)], []])
        {
            File.WriteAllBytes(newest, bytes);
            var notes = new List<string>();
            Assert.Equal(5, Train(settings with { Resume = true, Note = notes.Add }).ResumedFrom);
            Assert.Contains("step-00000006", notes[0], StringComparison.Ordinal);
            Assert.Contains("goes on from step 5", notes[1], StringComparison.Ordinal);
        }
        foreach (string file in Directory.GetFiles(folder)) File.WriteAllBytes(file, [1, 2, 3]);
        var exception = Assert.Throws<CheckpointException>(() => Train(settings with { Resume = true }));
        Assert.Contains("no checkpoint in it is whole", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_full_disk_is_said_and_leaves_the_one_before()
    {
        int written = 0;
        var settings = new TrainingCheckpoints(folder) { EverySteps = 1, Through = stream => ++written == 4 ? new FullDisk(stream, 1500) : stream };
        var exception = Assert.Throws<IOException>(() => Train(settings));
        Assert.Contains("the checkpoint of step 4 cannot be written (no space left); the one of step 3 is as it was", exception.Message, StringComparison.Ordinal);
        Assert.Equal(["step-00000002.safetensors", "step-00000003.safetensors"], Files());
        Assert.Equal(3, Train(settings with { Resume = true, Through = null }).ResumedFrom);
    }

    [Fact]
    public void A_folder_that_cannot_be_written_to_is_said()
    {
        File.WriteAllText(folder, "a file");
        var exception = Assert.Throws<IOException>(() => Train(new TrainingCheckpoints(folder) { EverySteps = 1 }));
        Assert.Contains("the checkpoint of step 1 cannot be written", exception.Message, StringComparison.Ordinal);
        Assert.Contains("there is none before it", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_training_is_refused_with_what_differs()
    {
        var settings = new TrainingCheckpoints(folder) { EverySteps = 1, Identity = [new("--epochs", "2"), new("data", "abc")] };
        Train(settings);
        var exception = Assert.Throws<CheckpointException>(() => Train(settings with { Resume = true, Identity = [new("--epochs", "3"), new("data", "abc")] }));
        Assert.Contains("is of another training: --epochs was 2 and is 3;", exception.Message, StringComparison.Ordinal);
        exception = Assert.Throws<CheckpointException>(() => Train(settings with { Resume = true }, observers: [new WeightAveraging()]));
        Assert.Contains("is of a training with no observer that remembers anything, and this one has WeightAveraging", exception.Message, StringComparison.Ordinal);
        exception = Assert.Throws<CheckpointException>(() => Train(settings with { Resume = true }, batches: 4));
        Assert.Contains("it is of another training", exception.Message, StringComparison.Ordinal);
    }

    /// <summary>Weights that are not finite are worth nothing: the good ones before them stay.</summary>
    [Fact]
    public void Weights_that_are_not_finite_are_not_kept()
    {
        var exception = Assert.Throws<NonFiniteException>(() => Train(new TrainingCheckpoints(folder) { EverySteps = 1 }, observers: [new Breaking(3)]));
        Assert.Contains("'conv1.weight' is not finite after step 3, so no checkpoint was written; the one of step 2 is kept", exception.Message, StringComparison.Ordinal);
        Assert.Equal(["step-00000001.safetensors", "step-00000002.safetensors"], Files());
    }

    /// <summary>What an interrupted writing left goes with the next checkpoint.</summary>
    [Fact]
    public void Remains_are_cleared()
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, ".step-00000003.safetensors.0123.partial"), "half");
        Train(new TrainingCheckpoints(folder) { EverySteps = 6, Resume = true });
        Assert.Equal(["step-00000006.safetensors"], Files());
    }

    private FitReport Train(
        TrainingCheckpoints settings, int epochs = 2, int batches = 3, Func<int, double>? loss = null, SmallModel? model = null, Action<int>? before = null,
        IReadOnlyList<TrainingObserver>? observers = null)
    {
        model ??= new SmallModel();
        var groups = new ParameterGroups(model);
        groups.Rates(0.05);
        using var optimiser = Optimiser.Sgd(groups);
        var trainer = new Trainer(optimiser, device) { Checkpoints = settings, Observers = observers ?? [] };
        int epoch = 0;
        return trainer.Fit(new Noise(model, device, batches) { Before = before }, epochs, validate: loss is null ? null : _ => new Evaluation(1, 1, loss(epoch++)));
    }

    private string[] Files() => [.. Directory.GetFiles(folder).Select(static file => Path.GetFileName(file)).Order(StringComparer.Ordinal)];

    /// <summary>Breaks a weight when a step is made.</summary>
    private sealed class Breaking(int step) : TrainingObserver
    {
        public override void StepDone(TrainingContext context)
        {
            if (context.Step == step) context.Models[0].Parameters().First().Fill(static numbers => numbers.Fill(float.NaN));
        }
    }

    private sealed class FullDisk(Stream inner, long room) : Stream
    {
        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => inner.Length;

        public override long Position { get => inner.Position; set => throw new NotSupportedException(); }

        public override void Flush() => inner.Flush();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            if (Position + buffer.Length > room) throw new IOException("no space left");
            inner.Write(buffer);
        }
    }
}
