namespace Graft.Text;

/// <summary>A text a line.</summary>
internal sealed class PlainRows : RowSource
{
    private readonly CheckedReader text;

    public PlainRows(CheckedReader text, string path) : base(path, text)
    {
        this.text = text;
        Columns = [TextTable.TextColumn];
    }

    public override TextRow? Read()
    {
        long line = text.Line;
        return text.ReadLine() is { } value ? new TextRow(Path, line, Columns, [value]) : null;
    }
}
