namespace Graft.Transfer;

/// <summary>Rows of floats by their number.</summary>
internal abstract class RowStore : IDisposable
{
    /// <summary>Whether rows are known by their contents too, from earlier runs.</summary>
    public virtual bool UsesContents => false;

    /// <summary>Whether a row is there.</summary>
    public abstract bool Has(int number);

    /// <summary>Copies a row.</summary>
    public abstract void Read(int number, Span<float> row);

    /// <summary>Takes a row that was computed; it may be read after <see cref="Complete"/>.</summary>
    public abstract void Add(int number, byte[]? content, ReadOnlySpan<float> row);

    /// <summary>Takes a row that an earlier run computed.</summary>
    /// <returns>Whether there is one of that content.</returns>
    public virtual bool Find(int number, byte[] content) => false;

    /// <summary>Forgets what earlier runs left: it was found wrong.</summary>
    public virtual void Distrust()
    {
    }

    /// <summary>Ends the taking of rows.</summary>
    public virtual void Complete()
    {
    }

    /// <summary>Drops what was added since the last <see cref="Complete"/>.</summary>
    public virtual void Abandon()
    {
    }

    public virtual void Dispose()
    {
    }
}

/// <summary>Rows in memory.</summary>
internal sealed class MemoryRows(int count) : RowStore
{
    private readonly float[]?[] rows = new float[]?[count];

    public override bool Has(int number) => rows[number] is not null;

    public override void Read(int number, Span<float> row) => rows[number]!.CopyTo(row);

    public override void Add(int number, byte[]? content, ReadOnlySpan<float> row) => rows[number] = row.ToArray();
}

/// <summary>Rows in the files of a folder, which any number of runs read and add to at the same time: a run adds a file of its own.</summary>
internal sealed class DiskRows : RowStore
{
    private readonly TrunkCacheSetting setting;
    private readonly string folder;
    private readonly int rowLength;
    private readonly List<RowFile> files = [];
    private readonly Dictionary<string, (RowFile File, int Index)> known = new(StringComparer.Ordinal);
    private readonly (RowFile File, int Index)?[] places;
    private readonly List<(int Number, byte[] Content)> added = [];
    private RowFileWriter? writer;

    /// <exception cref="IOException">The folder cannot be used.</exception>
    public DiskRows(TrunkCacheSetting setting, string key, int rowLength, int count)
    {
        (this.setting, folder, this.rowLength) = (setting, Path.Combine(setting.Folder, key), rowLength);
        places = new (RowFile, int)?[count];
        Directory.CreateDirectory(folder);
        RowFileWriter.RemoveLeftovers(folder);
        foreach (string path in Directory.EnumerateFiles(folder, "*" + RowFile.Extension).Order(StringComparer.Ordinal))
            if (RowFile.TryOpen(path, rowLength) is { } file) Know(file);
    }

    public override bool UsesContents => true;

    public override bool Has(int number) => places[number] is not null;

    public override void Read(int number, Span<float> row)
    {
        var (file, index) = places[number]!.Value;
        file.Read(index, row);
    }

    public override bool Find(int number, byte[] content)
    {
        if (!known.TryGetValue(Convert.ToHexString(content), out var place)) return false;
        places[number] = place;
        return true;
    }

    public override void Add(int number, byte[]? content, ReadOnlySpan<float> row)
    {
        writer ??= new RowFileWriter(folder, rowLength);
        writer.Add(content!, row);
        added.Add((number, content!));
    }

    public override void Distrust()
    {
        known.Clear();
        Array.Clear(places);
        foreach (var file in files)
        {
            file.Dispose();
            File.Delete(file.Path);
        }
        files.Clear();
    }

    public override void Complete()
    {
        if (writer is null) return;
        string path = writer.Commit();
        writer = null;
        Know(RowFile.TryOpen(path, rowLength) ?? throw new IOException($"{path} was written and is not what was written: is the disk sound?"));
        foreach (var (number, content) in added) Find(number, content);
        added.Clear();
        setting.Trim(files.Select(static file => Path.GetFullPath(file.Path)).ToHashSet(StringComparer.Ordinal));
    }

    public override void Abandon()
    {
        writer?.Dispose();
        writer = null;
        added.Clear();
    }

    public override void Dispose()
    {
        base.Dispose();
        Abandon();
        foreach (var file in files) file.Dispose();
    }

    private void Know(RowFile file)
    {
        files.Add(file);
        for (int index = 0; index < file.Count; index++) known.TryAdd(Convert.ToHexString(file.Content(index)), (file, index));
    }
}
