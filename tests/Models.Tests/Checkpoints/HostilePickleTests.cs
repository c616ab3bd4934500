using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace Graft.Models.Tests;

public sealed class HostilePickleTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_structure_that_contains_itself_is_left_where_it_comes_round()
    {
        // A dictionary, kept, with itself under "a".
        Opened([0x80, 2, .. "}q\0X\x01\0\0\0ah\0s."u8]);
        Opened([0x80, 2, .. "]q\0h\0a."u8]);
        // The attributes of an object that know the object.
        Opened([0x80, 2, .. "cown\nConfig\n)Rq\0}X\x06\0\0\0parenth\0sb."u8]);
    }

    [Fact]
    public void Depth_neither_overflows_the_stack_nor_hangs()
    {
        Opened([0x80, 2, .. Enumerable.Repeat((byte)']', 100_000), .. Enumerable.Repeat((byte)'a', 99_999), (byte)'.']);
        Opened([0x80, 2, .. Enumerable.Repeat((byte)'(', 100_000), .. Enumerable.Repeat((byte)'t', 100_000), (byte)'.']);
        // Calls of calls of calls, of a name that is not known and of one that rebuilds by another.
        Opened([0x80, 2, .. "cown\nmake\nq\0)R"u8, .. Enumerable.Repeat((byte[])[(byte)'q', 1, (byte)'0', (byte)'h', 0, (byte)'h', 1, 0x85, (byte)'R'], 50_000).SelectMany(bytes => bytes), (byte)'.']);
        byte[] rebuild = [.. "ctorch._tensor\n_rebuild_from_type_v2\nq\0ctorch\nTensor\nq\x01)q\x02"u8];
        byte[] deeper = [(byte)'0', (byte)'(', (byte)'h', 0, (byte)'h', 1, (byte)'h', 2, (byte)'N', (byte)'t', (byte)'q', 2];
        Open([0x80, 2, .. rebuild, .. Enumerable.Repeat(deeper, 50_000).SelectMany(bytes => bytes), (byte)'0', (byte)'h', 0, (byte)'h', 2, (byte)'R', (byte)'.']);
        byte[] newObject = [.. "ccopyreg\n__newobj__\nq\0("u8, .. Enumerable.Repeat("h\0"u8.ToArray(), 50_000).SelectMany(bytes => bytes), (byte)'t', (byte)'R', (byte)'.'];
        Opened([0x80, 2, .. newObject]);
    }

    [Fact]
    public void Lists_of_lists_that_repeat_themselves_do_not_explode()
    {
        // Each level holds the one before it thrice: 3^40 leaves from 400 bytes.
        var pickle = new List<byte> { 0x80, 2, (byte)']', (byte)'q', 0 };
        for (byte level = 1; level <= 40; level++)
            pickle.AddRange([(byte)']', (byte)'(', (byte)'h', (byte)(level - 1), (byte)'h', (byte)(level - 1), (byte)'h', (byte)(level - 1), (byte)'e', (byte)'q', level]);
        pickle.Add((byte)'.');
        string exception = Refused([.. pickle], "");
        Assert.True(exception.Contains("left over", StringComparison.Ordinal) || exception.Contains("repeats its contents", StringComparison.Ordinal), exception);

        // The same without what is left on the stack.
        var nested = new List<byte> { 0x80, 2, (byte)']', (byte)'q', 0, (byte)'0' };
        for (byte level = 1; level <= 40; level++)
        {
            nested.AddRange([(byte)']', (byte)'(', (byte)'h', (byte)(level - 1), (byte)'h', (byte)(level - 1), (byte)'h', (byte)(level - 1), (byte)'e', (byte)'q', level]);
            nested.Add(level == 40 ? (byte)'.' : (byte)'0');
        }
        Opened([.. nested]);
        // With a tensor at the bottom they would be as many tensors.
        byte[] tensor = [.. "ctorch._utils\n_rebuild_tensor_v2\n((X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\00X\x03\0\0\0cpuK\x02tQK\0(K\x01t(K\x01tN}tR"u8];
        Refused([0x80, 2, (byte)']', .. tensor, (byte)'a', (byte)'q', 0, (byte)'0', .. nested[6..]], "repeats its contents", new byte[8]);
    }

    [Fact]
    public void A_long_key_used_many_times_is_not_copied_each_time()
    {
        // One text of 4,000 letters names every level and every one of 20,000 values.
        var pickle = new List<byte> { 0x80, 2, (byte)'}', (byte)'X', 0xA0, 0x0F, 0, 0 };
        pickle.AddRange(Enumerable.Repeat((byte)'k', 4000));
        pickle.AddRange([(byte)'q', 0, (byte)'}', (byte)'(']);
        for (int at = 0; at < 20_000; at++) pickle.AddRange([(byte)'K', (byte)at, (byte)'N']);
        pickle.AddRange([(byte)'u', (byte)'s', (byte)'.']);
        Open([.. pickle]);
    }

    [Fact]
    public void Claimed_lengths_are_not_believed()
    {
        Refused([0x80, 2, (byte)'X', 0xFF, 0xFF, 0xFF, 0x7F, (byte)'a'], "more bytes");
        Refused([0x80, 4, 0x8D, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F], "more bytes");
        Refused([0x80, 2, 0x8B, 0xFF, 0xFF, 0xFF, 0x7F], "more bytes");
        Refused([0x80, 2, (byte)'c', .. Enumerable.Repeat((byte)'x', 5000), (byte)'\n'], "name without end");
        Refused([0x80, 2, .. "cbuiltins\nbytearray\nB"u8, 0xFF, 0xFF, 0xFF, 0x7F], "more bytes");
    }

    [Fact]
    public void Operations_without_their_operands_are_refused()
    {
        foreach (string operations in (string[])[".", "a.", "s.", "u.", "e.", "t.", "R.", "b.", "Q.", "0.", "1.", "2.", "q\0.", "h\0.", "N(a.", "(]e.", "NN.", "(N.", "}(Nu.", "NN\x81.", "NQ.", ")Q.", "cx\ny\n", "Pid\n.", "S'x\n.", "Sx\n.", "Ix\n.", "Fx\n.", "Lx\n.", "p0\n.", "g0\n.", "px\n.", "o.", "(o.", "i", "(ix\n", "NNb.", "\x98."])
            Assert.True(Open([0x80, 2, .. Encoding.Latin1.GetBytes(operations)]) is not null, operations);
    }

    [Theory]
    [InlineData("torch.storage", "_load_from_bytes")]
    [InlineData("builtins", "eval")]
    [InlineData("collections.OrderedDict", "__class__")]
    [InlineData("__torch__.torch.nn", "Linear")]
    [InlineData("torch.\x1b[31m", "Red")]
    public void Other_names_are_kept_and_never_called(string module, string name)
    {
        byte[] global = [(byte)'c', .. Encoding.UTF8.GetBytes($"{module}\n{name}\n")];
        // STACK_GLOBAL comes to the same.
        byte[] stacked = [0x8C, (byte)module.Length, .. Encoding.UTF8.GetBytes(module), 0x8C, (byte)name.Length, .. Encoding.UTF8.GetBytes(name), 0x93];
        foreach (byte[] named in (byte[][])[global, stacked])
            foreach (string use in (string[])["", ")R", ")\x81", ")}\x92", ")R}b", ")RNb", ")\x81]a", ")\x81NNs", ")R)R"])
            {
                using var checkpoint = Checkpoint.Open(Zip([0x80, 4, .. named, .. Encoding.Latin1.GetBytes(use), (byte)'.'], []));
                Assert.Equal([$"{module}.{name}"], checkpoint.ForeignNames);
                Assert.Empty(checkpoint.Tensors);
            }
        using var old = Checkpoint.Open(Zip([0x80, 2, .. "(i"u8, .. global.AsSpan(1), (byte)'.'], []));
        Assert.Equal([$"{module}.{name}"], old.ForeignNames);
    }

    [Fact]
    public void A_tensor_made_through_a_name_that_is_not_known_is_refused_where_it_is_wanted()
    {
        byte[] storage = [.. "(X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\00X\x03\0\0\0cpuK\x02tQ"u8];
        using var checkpoint = Checkpoint.Open(Zip([0x80, 2, .. "}X\x0c\0\0\0conv1.weightcown\nrebuild\n("u8, .. storage, .. "tRs."u8], new byte[8]));
        Assert.Empty(checkpoint.Tensors);
        Assert.Equal(["own.rebuild"], checkpoint.UnknownTensors.Select(unknown => unknown.Name));
        Assert.Contains("conv1.weight (the file makes it through own.rebuild",
            Assert.Throws<CheckpointException>(() => ModelRegistry.Create("cifar-resnet20").Load(checkpoint)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, "(1,)", "(1,)", 0, null)]
    [InlineData(2, "(1,)", "(1,)", 0, "beyond the 2 elements")]
    [InlineData(0, "(3,)", "(1,)", 0, "beyond the 2 elements")]
    [InlineData(0, "(2,)", "(2147483647,)", 0, "beyond the 2 elements")]
    [InlineData(-1, "(1,)", "(1,)", 0, "beyond")]
    [InlineData(0, "(2,)", "(-1,)", 0, "stride")]
    [InlineData(0, "(-2,)", "(1,)", 0, "impossible length")]
    [InlineData(0, "(1000000000,1000000000)", "(0,0)", 0, "repeats its elements")]
    [InlineData(0, "(2147483647,2147483647,2147483647)", "(0,0,0)", 0, "more elements than any file")]
    [InlineData(0, "(1,1,1,1,1,1,1,1,2)", "(1,1,1,1,1,1,1,1,1)", 0, "with 9 axes")]
    [InlineData(0, "(2,)", "(1,)", -4, "has 4 bytes")]
    public void A_tensor_stays_inside_its_storage(int offset, string size, string stride, int missing, string? reason)
    {
        byte[] pickle =
        [
            0x80, 2, .. "ctorch._utils\n_rebuild_tensor_v2\n((X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\00X\x03\0\0\0cpuK\x02tQ"u8,
            .. Integer(offset), .. Tuple(size), .. Tuple(stride), 0x89, .. "ccollections\nOrderedDict\n)RtR."u8,
        ];
        string path = Zip(pickle, new byte[8 + missing]);
        if (reason is null) Assert.Null(Hostile.Open(path));
        else Hostile.AssertRefused(path, reason);
    }

    [Fact]
    public void A_view_of_astronomic_size_can_be_inspected_but_not_read()
    {
        byte[] pickle =
        [
            0x80, 2, .. "ctorch._utils\n_rebuild_tensor\n((X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\00X\x03\0\0\0cpuK\x02tQ"u8,
            .. Integer(0), .. Tuple("(2000000000,500000000)"), .. Tuple("(0,0)"), .. "tR."u8,
        ];
        using var checkpoint = Checkpoint.Open(Zip(pickle, new byte[8]));
        Assert.Equal(1_000_000_000_000_000_000, checkpoint.Tensors[0].ElementCount);
        Assert.Throws<CheckpointException>(checkpoint.Tensors[0].ToSingleArray);
        Assert.Throws<CheckpointException>(() => checkpoint.Tensors[0].CopyBytesTo(Stream.Null));
    }

    [Theory]
    [InlineData("]")]
    [InlineData("]q\0")]
    [InlineData("]Na")]
    [InlineData("}NNs")]
    [InlineData("N\x85")]
    [InlineData("C\0")]
    [InlineData("ccollections\nOrderedDict\n)R")]
    public void Many_small_values_take_no_more_than_the_file_justifies(string value)
    {
        var repeated = Enumerable.Repeat(Encoding.Latin1.GetBytes(value), 300_000 / value.Length).SelectMany(bytes => bytes);
        Refused([0x80, 3, .. "N("u8, .. repeated, .. "N."u8], "left over");
    }

    [Fact]
    public void Copies_of_a_long_list_are_counted()
    {
        byte[] copy = [(byte)'h', 0, (byte)'h', 1, 0x85, (byte)'R', (byte)'0'];
        byte[] pickle =
        [
            0x80, 2, .. "cbuiltins\nlist\nq\0]q\x01("u8, .. Enumerable.Repeat((byte)'N', 50_000), (byte)'e',
            .. Enumerable.Repeat(copy, 50_000).SelectMany(bytes => bytes), (byte)'.',
        ];
        Refused(pickle, "more work than its length justifies");
    }

    [Fact]
    public void Elements_of_the_other_byte_order_are_turned()
    {
        byte[] pickle =
        [
            0x80, 2, .. "ctorch._utils\n_rebuild_tensor\n((X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\00X\x03\0\0\0cpuK\x02tQ"u8,
            .. Integer(0), .. Tuple("(2,)"), .. Tuple("(1,)"), .. "tR."u8,
        ];
        using var checkpoint = Checkpoint.Open(Zip(pickle, [0x3F, 0xC0, 0, 0, 0xC0, 0, 0, 0], "big"));
        Assert.Equal([1.5f, -2f], checkpoint["tensor"].ToSingleArray());
        Hostile.AssertRefused(Zip(pickle, new byte[8], "middle"), "neither little nor big");
    }

    [Fact]
    public void The_directory_of_an_archive_beyond_4_GB_is_found()
    {
        byte[] whole = File.ReadAllBytes(GoldenFiles.At("module.pt"));
        byte[] end = whole[^22..];
        Assert.Equal(0x06054b50u, BinaryPrimitives.ReadUInt32LittleEndian(end));
        byte[] wide = new byte[56], locator = new byte[20];
        BinaryPrimitives.WriteUInt32LittleEndian(wide, 0x06064b50);
        BinaryPrimitives.WriteUInt64LittleEndian(wide.AsSpan(40), BinaryPrimitives.ReadUInt32LittleEndian(end.AsSpan(12)));
        BinaryPrimitives.WriteUInt64LittleEndian(wide.AsSpan(48), BinaryPrimitives.ReadUInt32LittleEndian(end.AsSpan(16)));
        BinaryPrimitives.WriteUInt32LittleEndian(locator, 0x07064b50);
        BinaryPrimitives.WriteInt64LittleEndian(locator.AsSpan(8), whole.Length - 22);
        end.AsSpan(12, 8).Fill(0xFF);
        using (var checkpoint = Checkpoint.Open(folder.Write("wide.pt", [.. whole[..^22], .. wide, .. locator, .. end])))
            GoldenFiles.AssertHolds(checkpoint, "expected-module.json");
        locator.AsSpan(8).Fill(0xFF);
        Hostile.AssertRefused(folder.Write("far.pt", [.. whole[..^22], .. wide, .. locator, .. end]), "does not fit the file");
    }

    [Fact]
    public void Compressed_records_are_read_as_far_as_their_length_justifies()
    {
        string path = folder.At("packed.pt");
        using (var source = ZipFile.OpenRead(GoldenFiles.At("zip-protocol4.pt")))
        using (var packed = ZipFile.Open(path, ZipArchiveMode.Create))
            foreach (var entry in source.Entries)
            {
                using Stream from = entry.Open(), to = packed.CreateEntry(entry.FullName, CompressionLevel.SmallestSize).Open();
                from.CopyTo(to);
            }
        using (var checkpoint = Checkpoint.Open(path)) GoldenFiles.AssertHolds(checkpoint, "expected.json");

        foreach (string record in (string[])["archive/data.pkl", "archive/data/0"])
        {
            string bomb = folder.At($"{Guid.NewGuid():N}.pt");
            using (var archive = ZipFile.Open(bomb, ZipArchiveMode.Create))
            {
                if (record != "archive/data.pkl")
                {
                    using var pickle = archive.CreateEntry("archive/data.pkl", CompressionLevel.NoCompression).Open();
                    pickle.Write([0x80, 2, .. "ctorch._utils\n_rebuild_tensor\n((X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\00X\x03\0\0\0cpuJ\0\0\x10\0tQ"u8,
                        .. Integer(0), .. Tuple("(2,)"), .. Tuple("(1,)"), .. "tR."u8]);
                }
                using var stream = archive.CreateEntry(record, CompressionLevel.SmallestSize).Open();
                stream.Write(new byte[4 << 20]);
            }
            Hostile.AssertRefused(bomb, "more than weights are packed to");
        }
    }

    [Fact]
    public void A_view_with_the_opposite_sign_is_listed_and_not_read_as_it_stands()
    {
        byte[] start = [.. "ctorch._utils\n_rebuild_tensor_v2\n((X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\00X\x03\0\0\0cpuK\x02tQK\0(K\x01t(K\x01tN}"u8];
        using var plain = Checkpoint.Open(Zip([0x80, 2, .. start, .. "}tR."u8], new byte[8]));
        Assert.Equal([0f], plain["tensor"].ToSingleArray());
        using var negated = Checkpoint.Open(Zip([0x80, 2, .. start, .. "}X\x03\0\0\0neg"u8, 0x88, .. "stR."u8], new byte[8]));
        Assert.Contains("opposite sign", Assert.Throws<CheckpointException>(() => negated["tensor"].ToSingleArray()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_zip_archive_of_something_else_is_named()
    {
        string path = folder.At("letters.zip");
        using (var archive = ZipFile.Open(path, ZipArchiveMode.Create)) archive.CreateEntry("letters/a.txt");
        Hostile.AssertRefused(path, "letters/a.txt");
        byte[] empty = [(byte)'P', (byte)'K', 5, 6, .. new byte[18]];
        Hostile.AssertRefused(folder.Write("empty.zip", empty), "empty zip");
        Hostile.AssertRefused(folder.Write("half.pt", File.ReadAllBytes(GoldenFiles.At("module.pt")).AsSpan()[..^30]), "truncated");
    }

    private void Opened(byte[] pickle) => Assert.Null(Open(pickle));

    private string Refused(byte[] pickle, string reason, byte[]? storage = null)
    {
        var exception = Hostile.Open(Zip(pickle, storage ?? []));
        Assert.NotNull(exception);
        Assert.Contains(reason, exception.Message, StringComparison.Ordinal);
        return exception.Message;
    }

    private CheckpointException? Open(byte[] pickle) => Hostile.Open(Zip(pickle, []));

    private string Zip(byte[] pickle, byte[] storage, string? byteOrder = null)
    {
        string path = folder.At($"{Guid.NewGuid():N}.pt");
        using var archive = ZipFile.Open(path, ZipArchiveMode.Create);
        Add("archive/data.pkl", pickle);
        Add("archive/data/0", storage);
        if (byteOrder is not null) Add("archive/byteorder", Encoding.UTF8.GetBytes(byteOrder));
        return path;

        void Add(string name, byte[] bytes)
        {
            using var stream = archive.CreateEntry(name, CompressionLevel.NoCompression).Open();
            stream.Write(bytes);
        }
    }

    private static byte[] Integer(int value)
    {
        var bytes = new byte[5];
        bytes[0] = (byte)'J';
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(1), value);
        return bytes;
    }

    private static byte[] Tuple(string text) =>
        [(byte)'(', .. text.Trim('(', ')').Split(',', StringSplitOptions.RemoveEmptyEntries)
            .SelectMany(item => Integer(int.Parse(item, System.Globalization.CultureInfo.InvariantCulture))), (byte)'t'];
}
