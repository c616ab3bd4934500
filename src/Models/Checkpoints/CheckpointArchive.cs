namespace Graft.Models;

/// <summary>A zip archive whose members are parts of a checkpoint, for readers of further formats: a member that is stored is read in place,
/// one that is packed is unpacked when it is read, into memory that the archive's length justifies.</summary>
public sealed class CheckpointArchive
{
    private readonly Dictionary<string, ZipRecord> records = new(StringComparer.Ordinal);
    private readonly ZipRecordReader reader;

    private CheckpointArchive(CheckpointFile file) => reader = new ZipRecordReader(file);

    /// <summary>The members' names, in the order of the archive's directory.</summary>
    public IReadOnlyList<string> Names { get; private init; } = [];

    /// <summary>Reads an archive's directory.</summary>
    /// <param name="file">The archive.</param>
    /// <exception cref="CheckpointException">It is no zip archive, damaged, or two members have one name.</exception>
    public static CheckpointArchive Open(CheckpointFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        var directory = ZipArchiveRecords.Read(file);
        var archive = new CheckpointArchive(file) { Names = [.. directory.Select(static record => record.Name)] };
        foreach (var record in directory)
            if (!archive.records.TryAdd(record.Name, record))
                throw file.Fail($"damaged: two of its members are called '{Printable.Text(record.Name)}'; fetch it again");
        return archive;
    }

    /// <summary>Where a member's bytes are.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <returns>The file that holds them, the first of them and their number.</returns>
    /// <exception cref="KeyNotFoundException">There is no such member.</exception>
    /// <exception cref="CheckpointException">The member reaches beyond the archive, or claims more than Deflate would justify.</exception>
    public (CheckpointFile File, long Position, long Length) Find(string name)
    {
        var record = records[name];
        var (file, position) = reader.Open(record);
        return (file, position, record.Length);
    }
}
