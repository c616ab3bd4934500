using System.Diagnostics;
using System.IO.Compression;
using System.Text;
using Graft.Testing;

namespace Graft.Tasks.Tests;

/// <summary>Data and descriptions that were changed somewhere: each is read, or refused with the exception that says so; none crashes,
/// hangs or takes memory that its length does not justify.</summary>
public sealed class MutatedDataTests : IDisposable
{
    private const long MostBytes = 300 << 20;
    private const double MostSeconds = 20;

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void NumPy_files_are_read_or_refused()
    {
        byte[] whole = Archive(out byte[] array);
        var mutations = new Mutations(seed: 11);
        for (int round = 0; round < 600; round++)
        {
            string path = folder.Write("mutated", mutations.Of(round % 2 == 0 ? whole : array));
            Bounded<NumpyException>($"NumPy file {round}", () =>
            {
                if (round % 2 != 0)
                {
                    Convert(NumpyArchive.ReadArrayFile(path));
                    return;
                }
                using var archive = NumpyArchive.Open(path);
                foreach (string name in archive.Names) Convert(archive.Read(name));
            });
        }

        static void Convert(NumpyArray array)
        {
            _ = array.ToString();
            _ = array.ToSingle();
        }
    }

    [Fact]
    public void Descriptions_are_read_or_refused()
    {
        byte[] own = Encoding.UTF8.GetBytes("""{"model_type": "resnet18", "num_labels": 2, "id2label": {"0": "ant", "1": "bee"}, "label2id": {"ant": 0, "bee": 1}, "image_size": [224, 224], "other": [1, {"a": "\u00e9"}]}""");
        byte[] timm = Encoding.UTF8.GetBytes("""{"architecture": "resnet18", "num_classes": 2, "label_names": ["a", "b"], "pretrained_cfg": {"input_size": [3, 224, 224], "crop_pct": 0.95, "interpolation": "bicubic", "mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5]}}""");
        var mutations = new Mutations(seed: 13);
        for (int round = 0; round < 600; round++)
        {
            byte[] bytes = mutations.Of(round % 2 == 0 ? own : timm);
            folder.Write("config.json", bytes);
            Bounded<CheckpointException>($"description {round}", () =>
            {
                if (round % 2 == 0) ModelConfig.Parse(bytes, "config.json");
                else TimmConfig.Find(folder.Path)?.Preprocessing?.Validate();
            });
        }
    }

    private static byte[] Archive(out byte[] array)
    {
        var header = new StringBuilder("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }");
        header.Append(' ', 117 - header.Length).Append('\n');
        array = [0x93, .. "NUMPY"u8, 1, 0, (byte)header.Length, 0, .. Encoding.ASCII.GetBytes(header.ToString()), .. new byte[24]];
        using var buffer = new MemoryStream();
        using (var archive = new ZipArchive(buffer, ZipArchiveMode.Create, leaveOpen: true))
            foreach (var (name, level) in new[] { ("a.npy", CompressionLevel.Optimal), ("b.npy", CompressionLevel.NoCompression) })
            {
                using var stream = archive.CreateEntry(name, level).Open();
                stream.Write(array);
            }
        return buffer.ToArray();
    }

    private static void Bounded<T>(string name, Action read) where T : Exception
    {
        var clock = Stopwatch.StartNew();
        long before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            read();
        }
        catch (Exception exception) when (exception is T or CheckpointException)
        {
            Assert.DoesNotContain('\n', exception.Message);
        }
        catch (Exception exception)
        {
            Assert.Fail($"{name}: {exception}");
        }
        long taken = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(taken < MostBytes, $"{name} took {taken} bytes");
        Assert.True(clock.Elapsed.TotalSeconds < MostSeconds, $"{name} took {clock.Elapsed.TotalSeconds:0.0} s");
    }
}
