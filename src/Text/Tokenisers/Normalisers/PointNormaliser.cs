namespace Graft.Text.Tokenisers;

/// <summary>A step that makes something of each code point alone.</summary>
internal abstract class PointNormaliser : Normaliser
{
    public override void Apply(Workspace work)
    {
        var text = work.Text;
        for (int at = 0; at < text.Length;)
        {
            int point = text.PointAt(at, out int length);
            Map(point, work.Spare, text.StartOf(at), text.EndOf(at + length - 1));
            at += length;
        }
        work.TakeText();
    }

    protected abstract void Map(int point, MappedText target, int start, int end);
}

/// <summary>Letters become small.</summary>
internal sealed class LowercaseNormaliser : PointNormaliser
{
    protected override void Map(int point, MappedText target, int start, int end)
    {
        target.Append(CharacterKind.Lower(point), start, end);
        if (point == CharacterKind.DottedI) target.Append(CharacterKind.DotAbove, start, end);
    }
}

/// <summary>Marks go; letters that hold one stay as they are.</summary>
internal sealed class StripAccentsNormaliser : PointNormaliser
{
    protected override void Map(int point, MappedText target, int start, int end)
    {
        if (!OlderUnicode.IsMark(point)) target.Append(point, start, end);
    }
}

/// <summary>Controls go, and what looks like white space becomes a space.</summary>
internal sealed class NmtNormaliser : PointNormaliser
{
    protected override void Map(int point, MappedText target, int start, int end)
    {
        if (point is (>= 1 and <= 8) or 0x0B or (>= 0x0E and <= 0x1F) or 0x7F or 0x8F or 0x9F) return;
        bool space = point is 9 or 10 or 12 or 13 or 0x1680 or (>= 0x200B and <= 0x200F) or 0x2028 or 0x2029 or 0x2581 or 0xFEFF or 0xFFFD;
        target.Append(space ? ' ' : point, start, end);
    }
}

/// <summary>Each byte of the text in UTF-8 becomes a sign that can be seen.</summary>
internal sealed class ByteNormaliser : PointNormaliser
{
    protected override void Map(int point, MappedText target, int start, int end) => ByteSigns.Append(point, target, start, end);
}
