using System.Buffers.Binary;
using System.Diagnostics.Metrics;
using System.Text;
using Graft.Tensors;

namespace Graft.Transfer.Tests;

/// <summary>Event files, tables and instruments say what happened.</summary>
public sealed class LogTests : IDisposable
{
    private readonly CpuDevice device = new(1);
    private readonly string folder = Directory.CreateTempSubdirectory("graft-tests-").FullName;

    public void Dispose()
    {
        device.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    /// <summary>The published test vector of CRC-32C (RFC 3720, B.4) and its mask.</summary>
    [Fact]
    public void Checksums_are_those_of_the_format()
    {
        static uint Masked(uint crc) => ((crc >> 15) | (crc << 17)) + 0xa282ead8u;
        Assert.Equal(Masked(0x8a9136aa), EventFileWriter.MaskedCrc(new byte[32]));
        Assert.Equal(Masked(0x62a8ab43), EventFileWriter.MaskedCrc([.. Enumerable.Repeat((byte)0xff, 32)]));
        Assert.Equal(Masked(0xe3069283), EventFileWriter.MaskedCrc("123456789"u8));
    }

    /// <summary>Byte for byte what the protocol buffers of event.proto and summary.proto come to.</summary>
    [Fact]
    public void Bytes_are_those_of_the_published_format()
    {
        using var stream = new MemoryStream();
        using var events = new EventFileWriter(stream, static () => DateTimeOffset.UnixEpoch.AddSeconds(2));
        events.Scalar("a/b", 1.5, 300);
        events.SessionStart(7);
        byte[] time = [0x09, 0, 0, 0, 0, 0, 0, 0, 0x40];
        byte[] version = [.. time, 0x1a, 13, .. "brain.Event:2"u8];
        byte[] scalar = [.. time, 0x10, 0xac, 0x02, 0x2a, 12, 0x0a, 10, 0x0a, 3, .. "a/b"u8, 0x15, 0, 0, 0xc0, 0x3f];
        byte[] session = [.. time, 0x10, 7, 0x3a, 2, 0x08, 1];
        Assert.Equal([.. Framed(version), .. Framed(scalar), .. Framed(session)], stream.ToArray());
    }

    [Fact]
    public void A_training_is_in_its_event_file_and_its_table()
    {
        Train();
        var (tags, steps) = Read(Assert.Single(Directory.GetFiles(Path.Combine(folder, "events"))));
        Assert.Equal(6, tags.Count(static tag => tag == "loss/train"));
        Assert.Equal(6, tags.Count(static tag => tag == "rate/head"));
        Assert.Equal(2, tags.Count(static tag => tag == "validation/accuracy"));
        Assert.Equal(6, steps.Max());
        string[] rows = File.ReadAllLines(Path.Combine(folder, "log.csv"));
        Assert.Equal("kind,epoch,step,loss,rate,seconds,metrics", rows[0]);
        Assert.Equal(["step", "step", "step", "epoch", "step", "step", "step", "epoch"], rows.Skip(1).Select(static row => row.Split(',')[0]));
        Assert.EndsWith(",loss=0.5 accuracy=0.75", rows[^1], StringComparison.Ordinal);
    }

    /// <summary>A training that goes on has each step once.</summary>
    [Fact]
    public void A_table_goes_on()
    {
        var checkpoints = new TrainingCheckpoints(Path.Combine(folder, "checkpoints")) { EverySteps = 2, Resume = true };
        Assert.Throws<InvalidOperationException>(() => Train(checkpoints, breakAt: 5));
        Train(checkpoints);
        string[] rows = File.ReadAllLines(Path.Combine(folder, "log.csv"));
        Assert.Equal(["1", "2", "3", "4", "5", "6"], rows.Where(static row => row.StartsWith("step", StringComparison.Ordinal)).Select(static row => row.Split(',')[2]));
        Assert.Equal(2, Directory.GetFiles(Path.Combine(folder, "events")).Length);
    }

    [Fact]
    public void Instruments_measure_where_somebody_listens()
    {
        var seen = new Dictionary<string, double>();
        string name = new SmallModel().Name;
        using var listener = new MeterListener
        {
            InstrumentPublished = static (instrument, self) =>
            {
                if (instrument.Meter.Name == TrainingTelemetry.MeterName) self.EnableMeasurementEvents(instrument);
            },
        };
        int thread = Environment.CurrentManagedThreadId;
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(instrument, value));
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Add(instrument, 1));
        listener.Start();
        Train();
        Assert.Equal((6d, 24d), (seen["graft.training.steps"], seen["graft.training.examples"]));
        Assert.Equal((6d, 2d, 6d, 6d), (seen["graft.training.step.duration"], seen["graft.training.epoch.duration"], seen["graft.training.loss"], seen["graft.training.learning_rate"]));

        void Add(Instrument instrument, double value)
        {
            // other tests train beside this one
            if (Environment.CurrentManagedThreadId == thread) seen[instrument.Name] = seen.GetValueOrDefault(instrument.Name) + value;
        }
    }

    private void Train(TrainingCheckpoints? checkpoints = null, int? breakAt = null)
    {
        var model = new SmallModel();
        var groups = new ParameterGroups(model);
        groups.Rates(0.05);
        using var optimiser = Optimiser.Sgd(groups);
        using var events = new EventLog(Path.Combine(folder, "events"));
        using var table = new CsvLog(Path.Combine(folder, "log.csv"));
        var data = new Noise(model, device)
        {
            Before = step =>
            {
                if (step == breakAt) throw new InvalidOperationException("broken off");
            },
        };
        new Trainer(optimiser, device) { Observers = [events, table], Checkpoints = checkpoints }.Fit(data, 2, validate: static _ => new Evaluation(4, 3, 0.5));
    }

    private static byte[] Framed(byte[] record)
    {
        var length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, record.Length);
        return [.. length, .. Little(EventFileWriter.MaskedCrc(length)), .. record, .. Little(EventFileWriter.MaskedCrc(record))];
    }

    private static byte[] Little(uint number)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, number);
        return bytes;
    }

    /// <summary>The tags and steps of a file whose every record has its checksums.</summary>
    private static (List<string> Tags, List<int> Steps) Read(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        var (tags, steps) = (new List<string>(), new List<int>());
        for (int at = 0; at < bytes.Length;)
        {
            int length = (int)BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(at));
            byte[] record = bytes[(at + 12)..(at + 12 + length)];
            Assert.Equal(Framed(record), bytes[at..(at + 16 + length)]);
            at += 16 + length;
            if (record[9] != 0x10) continue;
            steps.Add(record[10]);
            if (record[11] == 0x2a) tags.Add(Encoding.UTF8.GetString(record.AsSpan(17, record[16])));
        }
        return (tags, steps);
    }
}
