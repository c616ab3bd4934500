using System.IO.Compression;
using System.Text;
using Graft.Testing;

namespace Graft.Tasks.Tests;

public sealed class NumpyTests
{
    [Theory]
    [InlineData("|u1", 1, new byte[] { 1, 2, 250 }, new[] { 1, 2, 250 })]
    [InlineData("|i1", 1, new byte[] { 1, 2, 250 }, new[] { 1, 2, -6 })]
    [InlineData("|b1", 1, new byte[] { 0, 1, 1 }, new[] { 0, 1, 1 })]
    [InlineData("<i2", 2, new byte[] { 1, 0, 2, 1, 255, 255 }, new[] { 1, 258, -1 })]
    [InlineData(">u2", 3, new byte[] { 0, 1, 1, 2, 255, 255 }, new[] { 1, 258, 65535 })]
    [InlineData("<i8", 1, new byte[] { 255, 255, 255, 255, 255, 255, 255, 255 }, new[] { -1 })]
    public void Whole_numbers_of_every_width_are_read(string type, int version, byte[] data, int[] expected)
    {
        using var folder = new TemporaryFolder();
        var array = NumpyArchive.ReadArrayFile(folder.Write("a.npy", Npy(type, $"({expected.Length},)", data, version: version)));
        Assert.Equal(expected, array.ToInt32());
        Assert.Equal(expected.Select(value => (float)value), array.ToSingle());
    }

    [Fact]
    public void Columns_first_is_turned_to_rows_first()
    {
        using var folder = new TemporaryFolder();
        // element [i, j, k] of shape (2, 3, 2) lies at i + 2 j + 6 k
        byte[] data = [.. Enumerable.Range(0, 12).Select(value => (byte)value)];
        var array = NumpyArchive.ReadArrayFile(folder.Write("a.npy", Npy("|u1", "(2, 3, 2)", data, columnMajor: true)));
        Assert.Equal([0, 6, 2, 8, 4, 10, 1, 7, 3, 9, 5, 11], array.Bytes);
    }

    [Theory]
    [InlineData("|O", "(2,)", "pickled Python objects, which are never loaded")]
    [InlineData("<f16", "(2,)", "elements of type '<f16' are not read")]
    [InlineData("<c8", "(2,)", "'<c8'")]
    [InlineData("|u1", "(-2,)", "header is damaged")]
    [InlineData("|u1", "(99999999999,)", "an axis of 99999999999")]
    [InlineData("<f8", "(2000000, 2000000)", "larger than the 2 GB")]
    [InlineData("|u1", "(2000000000,)", "do not fill its shape")]
    [InlineData("|u1", "(7,)", "8 bytes of data do not fill its shape (7), which takes 7")]
    public void What_is_not_plain_numbers_is_refused_without_memory(string type, string shape, string problem)
    {
        using var folder = new TemporaryFolder();
        string path = folder.Write("a.npy", Npy(type, shape, new byte[8]));
        long before = GC.GetAllocatedBytesForCurrentThread();
        string message = Assert.Throws<NumpyException>(() => NumpyArchive.ReadArrayFile(path)).Message;
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4 << 20);
        Assert.Contains(problem, message, StringComparison.Ordinal);
        Assert.StartsWith(path, message, StringComparison.Ordinal);
    }

    [Fact]
    public void Records_are_refused()
    {
        using var folder = new TemporaryFolder();
        byte[] file = [.. Npy("|u1", "(2,)", [1, 2])];
        string header = Encoding.Latin1.GetString(file).Replace("'|u1'", "[('a', '<f4')]", StringComparison.Ordinal)[..^12] + "\n\u0001\u0002";
        string message = Assert.Throws<NumpyException>(() => NumpyArchive.ReadArrayFile(folder.Write("a.npy", Encoding.Latin1.GetBytes(header)))).Message;
        Assert.Contains("records of several fields", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_cut_anywhere_is_refused()
    {
        using var folder = new TemporaryFolder();
        byte[] npy = Npy("<f4", "(3,)", new byte[12]);
        for (int length = 0; length < npy.Length; length++)
            Assert.Throws<NumpyException>(() => NumpyArchive.ReadArrayFile(folder.Write("a.npy", npy.AsSpan(0, length))));
        byte[] npz = File.ReadAllBytes(Npz(folder, ("a", npy)));
        for (int length = 0; length < npz.Length; length += 3)
        {
            string path = folder.Write("cut.npz", npz.AsSpan(0, length));
            Assert.Throws<NumpyException>(() =>
            {
                using var archive = NumpyArchive.Open(path);
                archive.Read("a");
            });
        }
    }

    [Fact]
    public void A_changed_byte_is_noticed_by_the_checksum()
    {
        using var folder = new TemporaryFolder();
        string path = Npz(folder, ("a", Npy("|u1", "(4,)", [201, 202, 203, 204])));
        byte[] bytes = File.ReadAllBytes(path);
        bytes[bytes.AsSpan().IndexOf<byte>([201, 202, 203, 204]) + 1] ^= 1;
        File.WriteAllBytes(path, bytes);
        using var archive = NumpyArchive.Open(path);
        Assert.Contains("checksum is wrong", Assert.Throws<NumpyException>(() => archive.Read("a")).Message, StringComparison.Ordinal);
        Assert.Contains("has no array 'b'; it has a", Assert.Throws<NumpyException>(() => archive.Read("b")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_no_archive_is_named()
    {
        using var folder = new TemporaryFolder();
        Assert.Throws<NumpyException>(() => NumpyArchive.Open(folder["none.npz"]));
        Assert.Contains("is not a NumPy archive", Assert.Throws<NumpyException>(() => NumpyArchive.Open(folder.Write("x.npz", "hello"u8))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Digits_and_X_rays_are_read_as_pictures()
    {
        using var digits = NumpyArchive.Open(RealData.Require("mnist/mnist-test-3000.npz"));
        var images = From("mnist", digits.Read("images"), digits.Read("labels"));
        Assert.Equal(3000, images.Count);
        Assert.Equal(new ImageSize(28, 28), images.Load(2999).Size);
        Assert.Equal(10, Enumerable.Range(0, 3000).Select(images.Label).Distinct().Count());
        using var rays = NumpyArchive.Open(RealData.Require("pneumonia-mnist/pneumoniamnist.npz"));
        var validation = From("pneumonia", rays.Read("val_images"), rays.Read("val_labels"));
        Assert.Equal(270, validation.Count);
        Assert.Equal([0, 1], Enumerable.Range(0, 270).Select(validation.Label).Distinct().Order());
    }

    [Fact]
    public void Arrays_that_are_no_pictures_are_refused()
    {
        var labels = new NumpyArray("labels", NumpyType.UInt8, [2], [0, 1]);
        var colour = new NumpyArray("images", NumpyType.UInt8, [2, 1, 2, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
        Assert.Equal([7, 8, 9, 10, 11, 12], From("x", colour, labels).Load(1).Pixels);
        var grey = new NumpyArray("images", NumpyType.UInt8, [2, 1, 2], [1, 2, 3, 4]);
        Assert.Equal([3, 3, 3, 4, 4, 4], From("x", grey, labels).Load(1).Pixels);
        foreach (var bad in new[] { new NumpyArray("images", NumpyType.Float32, [2, 1, 1], [0, 0, 0, 0, 0, 0, 0xC0, 0x7F]), new NumpyArray("images", NumpyType.UInt8, [2, 2], new byte[4]) })
            Assert.Throws<NumpyException>(() => From("x", bad, labels));
        Assert.Throws<NumpyException>(() => From("x", grey, new NumpyArray("labels", NumpyType.UInt8, [3], new byte[3])));
        Assert.Throws<NumpyException>(() => new NumpyArray("x", NumpyType.Float32, [1], new byte[4]).ToInt32());
        Assert.Throws<NumpyException>(() => new NumpyArray("x", NumpyType.UInt32, [1], [255, 255, 255, 255]).ToInt32());
    }

    private static LabelledImages From(string name, NumpyArray pictures, NumpyArray labels) =>
        new(name, [.. Enumerable.Range(0, 10).Select(PretrainedInfo.Unnamed)], new NumpyImages(name, pictures), LabelledData.Labels(name, labels, pictures.Shape[0]));

    private static byte[] Npy(string type, string shape, byte[] data, bool columnMajor = false, int version = 1)
    {
        string header = $"{{'descr': '{type}', 'fortran_order': {(columnMajor ? "True" : "False")}, 'shape': {shape}, }}";
        int prefix = version == 1 ? 10 : 12;
        header = header.PadRight((prefix + header.Length + 64) / 64 * 64 - prefix - 1) + "\n";
        byte[] length = version == 1 ? BitConverter.GetBytes((ushort)header.Length) : BitConverter.GetBytes(header.Length);
        return [0x93, .. "NUMPY"u8, (byte)version, 0, .. length, .. Encoding.ASCII.GetBytes(header), .. data];
    }

    private static string Npz(TemporaryFolder folder, params (string Name, byte[] Npy)[] arrays)
    {
        string path = folder["made.npz"];
        using var archive = ZipFile.Open(path, ZipArchiveMode.Create);
        foreach (var (name, npy) in arrays)
        {
            using var entry = archive.CreateEntry(name + ".npy", CompressionLevel.NoCompression).Open();
            entry.Write(npy);
        }
        return path;
    }
}
